package dev.vsocklab.sim.engine;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Finds tasks that block outside the lab. It looks on in real time, and touches a run only to fail
 * it: a run that blocks nowhere else does not depend on it.
 */
public final class Watchdog implements AutoCloseable {
  private static final long LOOK_NANOS = 20_000_000;

  /** Our choice: 0.4 s without any progress, each time standing still. */
  private static final int LOOKS = 20;

  private final Thread thread;
  private volatile @Nullable Baton watched;
  private volatile boolean closed;

  /** Starts looking; there is nothing to see yet. */
  public Watchdog() {
    thread = new Thread(this::look, "vsocklab-watchdog");
    thread.setDaemon(true);
    thread.start();
  }

  /**
   * Watches a run from now on.
   *
   * @param baton the run, or null for none
   */
  public void watch(@Nullable Baton baton) {
    watched = baton;
  }

  private void look() {
    Baton last = null;
    long lastProgress = -1;
    int still = 0;
    while (!closed) {
      LockSupport.parkNanos(LOOK_NANOS);
      Baton baton = watched;
      if (baton == null) {
        continue;
      }
      Task task = baton.runningTask();
      boolean moved = baton != last || baton.progress() != lastProgress;
      last = baton;
      lastProgress = baton.progress();
      if (moved || task == null || !standsStill(task.thread)) {
        still = 0;
      } else if (++still == LOOKS) {
        still = 0;
        baton.blockedOutside(task, task.thread.getStackTrace());
      }
    }
  }

  /** Waits for a lock, sleeps, or is in a system call. */
  private static boolean standsStill(Thread thread) {
    return switch (thread.getState()) {
      case BLOCKED, WAITING, TIMED_WAITING -> true;
      case RUNNABLE -> {
        StackTraceElement[] stack = thread.getStackTrace();
        yield stack.length > 0 && stack[0].isNativeMethod();
      }
      case NEW, TERMINATED -> false;
    };
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
  }
}
