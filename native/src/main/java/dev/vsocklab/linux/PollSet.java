package dev.vsocklab.linux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.TimeUnit;

/**
 * Waits until one of several descriptors has something to read, with poll(2). Filled anew before
 * each wait, and used by one thread.
 */
public final class PollSet {
  /** Timeout of a wait that only ends with a descriptor. */
  public static final int FOREVER = -1;

  private static final short POLLIN = 0x1;
  private static final short POLLNVAL = 0x20;

  // struct pollfd: int fd, short events, short revents.
  private static final int ENTRY_BYTES = 8;
  private static final int EVENTS = 4;
  private static final int REVENTS = 6;

  private final Fd[] fds;
  private final ByteBuffer entries;
  private int size;

  /**
   * An empty set.
   *
   * @param capacity descriptors that it can hold
   */
  public PollSet(int capacity) {
    fds = new Fd[capacity];
    entries = ByteBuffer.allocateDirect(capacity * ENTRY_BYTES).order(ByteOrder.nativeOrder());
  }

  /** Forgets all descriptors. */
  public void clear() {
    size = 0;
  }

  /**
   * Adds a descriptor to wait for.
   *
   * @param fd the descriptor
   * @return its slot, for {@link #isReady}
   * @throws IllegalStateException if the set is full
   */
  public int add(Fd fd) {
    if (size == fds.length) {
      throw new IllegalStateException("This poll set holds " + size + " descriptors at most.");
    }
    fds[size] = fd;
    return size++;
  }

  /**
   * Waits for input, end of file or an error on any of the descriptors. An interrupted call goes on
   * with the time that is left.
   *
   * @param timeoutMillis the longest wait; 0 only looks, {@link #FOREVER} has no limit
   * @return true if a descriptor is ready, false if the time ran out
   * @throws IOException if a descriptor is closed, or poll(2) fails
   */
  public boolean await(int timeoutMillis) throws IOException {
    int acquired = 0;
    try {
      for (; acquired < size; acquired++) {
        int entry = acquired * ENTRY_BYTES;
        entries.putInt(entry, fds[acquired].acquire());
        entries.putShort(entry + EVENTS, POLLIN);
        entries.putShort(entry + REVENTS, (short) 0);
      }
      return poll(timeoutMillis);
    } finally {
      for (int i = 0; i < acquired; i++) {
        fds[i].release();
      }
    }
  }

  private boolean poll(int timeoutMillis) throws IOException {
    long startNanos = System.nanoTime();
    int leftMillis = timeoutMillis;
    while (true) {
      int ready = Libc.poll(entries, size, leftMillis);
      if (ready >= 0) {
        refuseStrangers();
        return ready > 0;
      }
      int errno = Libc.errno();
      if (errno != Libc.EINTR) {
        throw new LinuxException("poll", size + " descriptors", errno);
      }
      if (timeoutMillis > 0) {
        long goneMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
        leftMillis = (int) Math.max(0, timeoutMillis - goneMillis);
      }
    }
  }

  private void refuseStrangers() throws IOException {
    for (int i = 0; i < size; i++) {
      if ((entries.getShort(i * ENTRY_BYTES + REVENTS) & POLLNVAL) != 0) {
        throw new LinuxException("poll", fds[i].what(), Libc.EBADF);
      }
    }
  }

  /**
   * Whether the last wait found something for a descriptor: input, end of file or an error, which
   * the next read tells apart.
   *
   * @param slot what {@link #add} gave
   * @return true if a read will not wait
   */
  public boolean isReady(int slot) {
    return slot < size && entries.getShort(slot * ENTRY_BYTES + REVENTS) != 0;
  }
}
