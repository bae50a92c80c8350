package dev.vsocklab.sim.engine;

import dev.vsocklab.sim.stack.Surroundings;
import java.util.concurrent.locks.ReentrantLock;

/** Where a socket's callers wait in a deterministic run. */
final class VirtualWaitPoint implements Surroundings.WaitPoint {
  private final VirtualRun run;
  private final ReentrantLock lock;
  private final Waiters waiters;

  VirtualWaitPoint(VirtualRun run, ReentrantLock lock, Waiters waiters) {
    this.run = run;
    this.lock = lock;
    this.waiters = waiters;
  }

  @Override
  public long await(long timeoutNanos) {
    try {
      return run.await(waiters, lock, timeoutNanos, false);
    } catch (InterruptedException e) {
      throw new AssertionError("an interrupt does not end this wait", e);
    }
  }

  @Override
  public void wakeAll() {
    run.wake(waiters);
  }
}
