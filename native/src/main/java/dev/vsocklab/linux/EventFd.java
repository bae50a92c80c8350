package dev.vsocklab.linux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A counter in the kernel that one side raises and the other waits for with {@link PollSet}. It
 * never waits itself; QEMU's eventfds and our own have O_NONBLOCK, which belongs to both ends and
 * is left alone. Signalling is safe for any number of threads; one thread drains.
 */
public final class EventFd implements AutoCloseable {
  private static final int VALUE_BYTES = Long.BYTES;
  private static final ByteBuffer ONE =
      ByteBuffer.allocateDirect(VALUE_BYTES).order(ByteOrder.nativeOrder()).putLong(0, 1);

  private final Fd fd;
  private final ByteBuffer count =
      ByteBuffer.allocateDirect(VALUE_BYTES).order(ByteOrder.nativeOrder());

  /**
   * Uses an eventfd that was received.
   *
   * @param fd the descriptor, owned by this object from now on
   */
  public EventFd(Fd fd) {
    this.fd = fd;
  }

  /**
   * Creates an eventfd with count 0.
   *
   * @param what what it is for, for errors
   * @return the eventfd
   * @throws IOException if the process has no descriptors left
   */
  public static EventFd create(String what) throws IOException {
    int number = Libc.eventfd(0, Libc.EFD_NONBLOCK | Libc.EFD_CLOEXEC);
    if (number < 0) {
      throw new LinuxException("eventfd", what, Libc.errno());
    }
    return new EventFd(Fd.adopt(number, what));
  }

  /**
   * The descriptor, to wait for it.
   *
   * @return the descriptor; still owned by this object
   */
  public Fd fd() {
    return fd;
  }

  /**
   * Adds 1 to the count. A counter at its largest value stays there: it is signalled anyway.
   *
   * @throws IOException if it is closed, or is no eventfd
   */
  public void signal() throws IOException {
    int number = fd.acquire();
    try {
      while (Libc.write(number, ONE, VALUE_BYTES) != VALUE_BYTES) {
        int errno = Libc.errno();
        if (errno == Libc.EAGAIN) {
          return;
        }
        if (errno != Libc.EINTR) {
          throw new LinuxException("write", fd.what(), errno);
        }
      }
    } finally {
      fd.release();
    }
  }

  /**
   * Takes the count and leaves 0.
   *
   * @return signals since the last drain, 0 if there was none; unsigned
   * @throws IOException if it is closed, or gives anything but 8 bytes
   */
  public long drain() throws IOException {
    int number = fd.acquire();
    try {
      while (true) {
        long readBytes = Libc.read(number, count, VALUE_BYTES);
        if (readBytes == VALUE_BYTES) {
          return count.getLong(0);
        }
        if (readBytes >= 0) {
          throw new IOException(
              "Reading " + fd.what() + " gave " + readBytes + " bytes, an eventfd gives 8.");
        }
        int errno = Libc.errno();
        if (errno == Libc.EAGAIN) {
          return 0;
        }
        if (errno != Libc.EINTR) {
          throw new LinuxException("read", fd.what(), errno);
        }
      }
    } finally {
      fd.release();
    }
  }

  /** Closes the descriptor. */
  @Override
  public void close() {
    fd.close();
  }
}
