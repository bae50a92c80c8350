package dev.vsocklab.linux;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;

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

  private final int number;
  private volatile String what;
  private final AtomicInteger state = new AtomicInteger();

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
    while (true) {
      int seen = state.get();
      if (seen < 0) {
        throw new IOException("File descriptor " + number + ", " + what + ", is closed.");
      }
      if (state.compareAndSet(seen, seen + 1)) {
        return number;
      }
    }
  }

  /** Ends a use; the last one after {@link #close} closes. */
  void release() {
    if (state.decrementAndGet() == CLOSED) {
      closeNow();
    }
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
