package dev.vsocklab.linux;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A file descriptor and the duty to close it. It is closed exactly once, and never while a call is
 * using its number, because a number that is free is soon somebody else's: {@link #close} during
 * such a call takes effect when the call returns. It does not end the call; what waits in {@link
 * PollSet} is woken with an {@link EventFd}.
 */
public final class Fd implements AutoCloseable {
  private static final AtomicInteger OPEN = new AtomicInteger();

  /** Set in {@link #state} from {@link #close} on; the other bits count calls under way. */
  private static final int CLOSED = Integer.MIN_VALUE;

  /** Between two tries to end the calls under way: a signal can come before its call has begun. */
  private static final long WAKE_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  private final int number;
  private volatile String what;
  private final AtomicInteger state = new AtomicInteger();

  /** Who waits in {@link #closeAndAwait}, and closes itself. */
  private volatile @Nullable Thread closer;

  private Fd(int number, String what) {
    this.number = number;
    this.what = what;
    OPEN.incrementAndGet();
  }

  /**
   * Takes over a descriptor; nobody else may close it from now on.
   *
   * @param number the descriptor's number, 0 or more
   * @param what what it is, for errors: "the kick eventfd of ring 0"
   * @return its owner
   */
  public static Fd adopt(int number, String what) {
    if (number < 0) {
      throw new IllegalArgumentException(number + " is no file descriptor (" + what + ").");
    }
    return new Fd(number, what);
  }

  /**
   * Descriptors that are owned and not closed yet, in this JVM. A test that leaks nothing finds the
   * same number before and after.
   *
   * @return 0 or more
   */
  public static int openCount() {
    return OPEN.get();
  }

  /**
   * Says what it is, once that is known.
   *
   * @param newWhat what it is, for errors
   * @return this
   */
  public Fd named(String newWhat) {
    what = newWhat;
    return this;
  }

  /**
   * What it is, for errors.
   *
   * @return the words given to {@link #adopt} or {@link #named}
   */
  public String what() {
    return what;
  }

  /**
   * Holds the number for one call; {@link #release} must follow.
   *
   * @throws IOException if it is closed
   */
  int acquire() throws IOException {
    if (!tryAcquire()) {
      throw new IOException("File descriptor " + number + ", " + what + ", is closed.");
    }
    return number;
  }

  /**
   * Holds {@link #number} for one call; {@link #release} must follow.
   *
   * @return false if it is closed; then there is nothing to release
   */
  boolean tryAcquire() {
    while (true) {
      int seen = state.get();
      if (seen < 0) {
        return false;
      }
      if (state.compareAndSet(seen, seen + 1)) {
        return true;
      }
    }
  }

  /** The number, for whoever holds it. */
  int number() {
    return number;
  }

  /** Ends a use; the last one after {@link #close} closes. */
  void release() {
    if (state.decrementAndGet() == CLOSED) {
      Thread waiting = closer;
      if (waiting == null) {
        closeNow();
      } else {
        LockSupport.unpark(waiting);
      }
    }
  }

  /**
   * Closes the descriptor in this very thread, once the calls under way have left. Not to be mixed
   * with {@link #close}.
   *
   * @param wake ends those calls that wait; run again and again until all have left
   */
  void closeAndAwait(Runnable wake) {
    closer = Thread.currentThread();
    int seen;
    do {
      seen = state.get();
      if (seen < 0) {
        return;
      }
    } while (!state.compareAndSet(seen, seen | CLOSED));
    while (state.get() != CLOSED) {
      wake.run();
      LockSupport.parkNanos(this, WAKE_AGAIN_NANOS);
    }
    closeNow();
  }

  /** Closes the descriptor, once; after a call that is under way. Further calls do nothing. */
  @Override
  public void close() {
    int seen;
    do {
      seen = state.get();
      if (seen < 0) {
        return;
      }
    } while (!state.compareAndSet(seen, seen | CLOSED));
    if (seen == 0) {
      closeNow();
    }
  }

  private void closeNow() {
    OPEN.decrementAndGet();
    // Linux frees the number whatever close() returns; only EBADF means that it was not ours.
    if (Libc.close(number) != 0 && Libc.errno() == Libc.EBADF) {
      throw new IllegalStateException(
          "File descriptor " + number + ", " + what + ", was closed by somebody else.");
    }
  }

  @Override
  public String toString() {
    return "fd " + number + " (" + what + ")";
  }
}
