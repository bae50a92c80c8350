package dev.vsocklab.junit;

import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Ends a test whose lab breaks: what it waits for may never come. Its thread is interrupted, as by
 * {@code @Timeout}, and what it then throws is not the news.
 */
final class BrokenLab {
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable Thread testThread;
  private boolean interrupted;
  private @Nullable String what;
  private boolean told;

  /** The failure of a test whose lab broke. */
  static final class LabBrokeError extends AssertionError {
    private static final long serialVersionUID = 1L;

    private LabBrokeError(String what) {
      super(what);
    }
  }

  /** Hears what broke, from any thread. */
  void broke(String happened) {
    lock.lock();
    try {
      what = happened;
      interrupt();
    } finally {
      lock.unlock();
    }
  }

  /** A test, or one of its callbacks, begins in this thread. */
  void enter() {
    lock.lock();
    try {
      testThread = Thread.currentThread();
      if (what != null) {
        interrupt(); // it broke between two callbacks
      }
    } finally {
      lock.unlock();
    }
  }

  private void interrupt() {
    if (testThread != null) {
      testThread.interrupt();
      interrupted = true;
    }
  }

  /**
   * It is over.
   *
   * @param thrown what it threw, or null
   * @return what it has failed with instead, or null if nothing broke
   */
  @Nullable Throwable leave(@Nullable Throwable thrown) {
    lock.lock();
    try {
      testThread = null;
      if (interrupted) {
        interrupted = false;
        Thread.interrupted(); // ours, and no other test's
      }
      if (what == null) {
        return null;
      }
      told = true;
      LabBrokeError error = new LabBrokeError(what);
      if (thrown != null) {
        error.addSuppressed(thrown);
      }
      return error;
    } finally {
      lock.unlock();
    }
  }

  /** Whether this was told as a test's failure already. */
  boolean tells(String message) {
    lock.lock();
    try {
      return told && message.equals(what);
    } finally {
      lock.unlock();
    }
  }
}
