package dev.vsocklab.sim.engine;

import dev.vsocklab.sim.wire.Packet;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.IntUnaryOperator;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The engine in which the user's own threads carry the packets, in real time. Fast and not
 * replayable. One thread of its own runs timers; it exists only while there are any.
 */
public final class FreeThreads implements Engine {
  private static final long IDLE_TIMER_THREAD_MILLIS = 200;

  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable ScheduledThreadPoolExecutor timers;
  private boolean closed;

  /** Creates the engine. It costs nothing until something is scheduled. */
  public FreeThreads() {}

  /**
   * A clock for what is shown of a lab: captures and packet logs.
   *
   * @return nanoseconds since this call
   */
  public static LongSupplier nanosSinceNow() {
    long start = System.nanoTime();
    return () -> System.nanoTime() - start;
  }

  /**
   * Chance, for what nobody will want to repeat.
   *
   * @return gives a number from 0 to its argument less one
   */
  public static IntUnaryOperator draws() {
    return bound -> ThreadLocalRandom.current().nextInt(bound);
  }

  @Override
  public Alarm schedule(long delayNanos, Runnable task) {
    lock.lock();
    try {
      if (closed) {
        return () -> {}; // the lab is closing: nothing happens in it any more
      }
      if (timers == null) {
        timers = newTimers();
      }
      Future<?> future = timers.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
      return () -> future.cancel(false);
    } catch (RejectedExecutionException e) {
      throw new AssertionError("timers end only under the lock", e);
    } finally {
      lock.unlock();
    }
  }

  private static ScheduledThreadPoolExecutor newTimers() {
    ScheduledThreadPoolExecutor executor =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread thread = new Thread(task, "vsocklab-timers");
              thread.setDaemon(true);
              return thread;
            });
    executor.setRemoveOnCancelPolicy(true);
    executor.setKeepAliveTime(IDLE_TIMER_THREAD_MILLIS, TimeUnit.MILLISECONDS);
    executor.allowCoreThreadTimeOut(true);
    return executor;
  }

  @Override
  public WaitPoint waitPoint(ReentrantLock socketLock, Awaited awaited, Object socket) {
    return new Waiting(socketLock.newCondition());
  }

  @Override
  public void carry(Packet packet, Consumer<Packet> way) {
    way.accept(packet);
  }

  @Override
  public void callBegins() {}

  @Override
  public ReentrantLock newLock() {
    return new ReentrantLock();
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public long firstAutomaticPort() {
    return ThreadLocalRandom.current().nextLong(1024, 0xFFFF_FFFFL);
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      if (timers != null) {
        timers.shutdownNow();
      }
    } finally {
      lock.unlock();
    }
  }

  private static final class Waiting implements WaitPoint {
    private final Condition condition;

    Waiting(Condition condition) {
      this.condition = condition;
    }

    @Override
    @SuppressWarnings("WaitNotInLoop") // the loop, with the condition it checks, is the caller's
    public long await(long timeoutNanos) {
      if (timeoutNanos == Long.MAX_VALUE) {
        condition.awaitUninterruptibly();
        return timeoutNanos;
      }
      return awaitFor(timeoutNanos);
    }

    @SuppressWarnings("WaitNotInLoop") // as above
    private long awaitFor(long timeoutNanos) {
      boolean interrupted = false;
      long deadline = System.nanoTime() + timeoutNanos;
      try {
        while (true) {
          try {
            return condition.awaitNanos(deadline - System.nanoTime());
          } catch (InterruptedException e) {
            interrupted = true; // kept for the caller; only an event or the time ends a wait
          }
        }
      } finally {
        if (interrupted) {
          Thread.currentThread().interrupt();
        }
      }
    }

    @Override
    public void wakeAll() {
      condition.signalAll();
    }
  }
}
