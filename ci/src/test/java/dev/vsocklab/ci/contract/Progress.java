package dev.vsocklab.ci.contract;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** How far one thread has come, for another that waits for it. */
final class Progress {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition advanced = lock.newCondition();
  private long value;

  long get() {
    lock.lock();
    try {
      return value;
    } finally {
      lock.unlock();
    }
  }

  void advance(long by) {
    lock.lock();
    try {
      value += by;
      advanced.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits until the value is at least that much. */
  void await(long atLeast, Duration deadline) throws InterruptedException {
    lock.lock();
    try {
      long leftNanos = deadline.toNanos();
      while (value < atLeast) {
        if (leftNanos <= 0) {
          throw new AssertionError("Still at " + value + " of " + atLeast + " after " + deadline);
        }
        leftNanos = advanced.awaitNanos(leftNanos);
      }
    } finally {
      lock.unlock();
    }
  }
}
