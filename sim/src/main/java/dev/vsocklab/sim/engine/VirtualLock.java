package dev.vsocklab.sim.engine;

import java.util.Date;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A lock whose waits the run knows, and its conditions' too. Fair or not is the schedule's choice.
 */
final class VirtualLock extends ReentrantLock {
  private static final long serialVersionUID = 1L;

  private final transient VirtualRun run;
  private final transient Waiters contenders = new Waiters("a lock", "the lab or the test");

  VirtualLock(VirtualRun run) {
    this.run = run;
  }

  @Override
  public void lock() {
    while (!tryLock()) {
      run.awaitLock(contenders);
    }
  }

  @Override
  public void lockInterruptibly() throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    lock();
  }

  /** Tries without waiting: a lock of a run is free as soon as its holder goes on. */
  @Override
  public boolean tryLock(long timeout, TimeUnit unit) {
    return tryLock();
  }

  @Override
  public void unlock() {
    super.unlock();
    if (!contenders.tasks.isEmpty() && !isLocked()) {
      run.wake(contenders);
    }
  }

  @Override
  public Condition newCondition() {
    return new VirtualCondition();
  }

  private final class VirtualCondition implements Condition {
    private final Waiters waiters = new Waiters("a signal", "a condition or a selector");

    @Override
    public void await() throws InterruptedException {
      run.await(waiters, VirtualLock.this, Long.MAX_VALUE, true);
    }

    @Override
    public void awaitUninterruptibly() {
      try {
        run.await(waiters, VirtualLock.this, Long.MAX_VALUE, false);
      } catch (InterruptedException e) {
        throw new AssertionError("an interrupt does not end this wait", e);
      }
    }

    @Override
    public long awaitNanos(long nanosTimeout) throws InterruptedException {
      return run.await(waiters, VirtualLock.this, nanosTimeout, true);
    }

    @Override
    @SuppressWarnings("WaitNotInLoop") // the loop is the caller's
    public boolean await(long time, TimeUnit unit) throws InterruptedException {
      return awaitNanos(unit.toNanos(time)) > 0;
    }

    @Override
    public boolean awaitUntil(Date deadline) {
      throw new UnsupportedOperationException(
          "A date is real time, which a simulation does not have. Wait for a number of nanoseconds.");
    }

    @Override
    public void signal() {
      run.wakeOne(waiters);
    }

    @Override
    public void signalAll() {
      run.wake(waiters);
    }
  }
}
