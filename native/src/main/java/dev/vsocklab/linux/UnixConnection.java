package dev.vsocklab.linux;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * A connected Unix stream socket that carries file descriptors beside its bytes. It never waits:
 * {@link PollSet} does. Bytes may arrive in any pieces; a descriptor arrives with the first byte of
 * the write that carried it. Used by one thread.
 */
public final class UnixConnection implements AutoCloseable {
  /** Most descriptors that one {@link #receive} takes; vhost-user sends 8 at most. */
  public static final int MAX_FDS = 16;

  // struct msghdr on LP64: name 8, namelen 4 (+4), iov 8, iovlen 8, control 8, controllen 8,
  // flags 4 (+4).
  private static final int MSGHDR_BYTES = 56;
  private static final int MSG_IOV = 16;
  private static final int MSG_IOVLEN = 24;
  private static final int MSG_CONTROL = 32;
  private static final int MSG_CONTROLLEN = 40;
  private static final int MSG_FLAGS = 48;
  private static final int IOVEC_BYTES = 16;

  // struct cmsghdr on LP64: len 8 (header included), level 4, type 4; data follows, padded to 8.
  private static final int CMSG_LEVEL = 8;
  private static final int CMSG_TYPE = 12;
  private static final int CMSG_DATA = 16;
  private static final int CONTROL_BYTES = CMSG_DATA + MAX_FDS * Integer.BYTES;

  private final Fd fd;
  private final ByteBuffer msghdr = direct(MSGHDR_BYTES);
  private final ByteBuffer iovec = direct(IOVEC_BYTES);
  private final ByteBuffer control = direct(CONTROL_BYTES);

  /**
   * Uses a connected socket.
   *
   * @param fd the socket, owned by this object from now on
   */
  public UnixConnection(Fd fd) {
    this.fd = fd;
  }

  private static ByteBuffer direct(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
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
   * Reads what is there, up to the buffer's limit. Received descriptors are close-on-exec and the
   * caller's to close.
   *
   * @param target a direct buffer with room; its position moves
   * @param fds gets the descriptors that came along
   * @return bytes read; 0 if there is nothing yet, -1 at the end of the stream
   * @throws IOException if the call fails, or more than {@link #MAX_FDS} descriptors came at once
   *     (those that did arrive are closed)
   */
  public int receive(ByteBuffer target, List<Fd> fds) throws IOException {
    int number = fd.acquire();
    try {
      while (true) {
        describe(target, CONTROL_BYTES);
        long readBytes =
            Libc.recvmsg(
                number, msghdr, Libc.MSG_DONTWAIT | Libc.MSG_CMSG_CLOEXEC | Libc.MSG_NOSIGNAL);
        if (readBytes >= 0) {
          takeDescriptors(fds);
          target.position(target.position() + (int) readBytes);
          return readBytes == 0 ? -1 : (int) readBytes;
        }
        int errno = Libc.errno();
        if (errno == Libc.EAGAIN) {
          return 0;
        }
        if (errno != Libc.EINTR) {
          throw new LinuxException("recvmsg", fd.what(), errno);
        }
      }
    } finally {
      fd.release();
    }
  }

  private void takeDescriptors(List<Fd> fds) throws IOException {
    List<Fd> received = new ArrayList<>();
    int end = (int) Math.min(msghdr.getLong(MSG_CONTROLLEN), CONTROL_BYTES);
    int at = 0;
    while (at + CMSG_DATA <= end) {
      long cmsgBytes = control.getLong(at);
      if (cmsgBytes < CMSG_DATA || cmsgBytes > end - at) {
        break;
      }
      if (control.getInt(at + CMSG_LEVEL) == Libc.SOL_SOCKET
          && control.getInt(at + CMSG_TYPE) == Libc.SCM_RIGHTS) {
        for (int i = at + CMSG_DATA; i + Integer.BYTES <= at + cmsgBytes; i += Integer.BYTES) {
          received.add(Fd.adopt(control.getInt(i), "a descriptor received on " + fd.what()));
        }
      }
      at += (int) ((cmsgBytes + Long.BYTES - 1) & -Long.BYTES);
    }
    if ((msghdr.getInt(MSG_FLAGS) & Libc.MSG_CTRUNC) != 0) {
      received.forEach(Fd::close);
      throw new IOException(
          "Descriptors were lost on "
              + fd.what()
              + ": "
              + received.size()
              + " arrived, more were sent. At most "
              + MAX_FDS
              + " are taken at once, and the process must have descriptors left (ulimit -n).");
    }
    fds.addAll(received);
  }

  /**
   * Writes all bytes up to the buffer's limit.
   *
   * @param source a direct buffer with at least one byte; its position moves
   * @param fds descriptors to send along, at most {@link #MAX_FDS}; still the caller's
   * @throws IOException if the peer is gone (EPIPE), or does not read and the socket is full
   *     (EAGAIN)
   */
  public void send(ByteBuffer source, List<Fd> fds) throws IOException {
    if (fds.size() > MAX_FDS) {
      throw new IllegalArgumentException(
          "At most " + MAX_FDS + " descriptors fit, these are " + fds.size() + ".");
    }
    int number = fd.acquire();
    int acquired = 0;
    try {
      for (; acquired < fds.size(); acquired++) {
        control.putInt(CMSG_DATA + acquired * Integer.BYTES, fds.get(acquired).acquire());
      }
      int cmsgBytes = fds.isEmpty() ? 0 : CMSG_DATA + fds.size() * Integer.BYTES;
      while (source.hasRemaining()) {
        describe(source, (cmsgBytes + Long.BYTES - 1) & -Long.BYTES);
        control.putLong(0, cmsgBytes);
        control.putInt(CMSG_LEVEL, Libc.SOL_SOCKET);
        control.putInt(CMSG_TYPE, Libc.SCM_RIGHTS);
        long sentBytes = Libc.sendmsg(number, msghdr, Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL);
        if (sentBytes >= 0) {
          source.position(source.position() + (int) sentBytes);
          cmsgBytes = 0; // they went with the first byte
        } else if (Libc.errno() != Libc.EINTR) {
          throw new LinuxException("sendmsg", fd.what(), Libc.errno());
        }
      }
    } finally {
      for (int i = 0; i < acquired; i++) {
        fds.get(i).release();
      }
      fd.release();
    }
  }

  private void describe(ByteBuffer data, int controlBytes) {
    if (!data.isDirect() || !data.hasRemaining()) {
      throw new IllegalArgumentException(
          "A direct buffer with room is needed, this is " + data + ".");
    }
    iovec.putLong(0, Pointer.nativeValue(Native.getDirectBufferPointer(data)) + data.position());
    iovec.putLong(Long.BYTES, data.remaining());
    msghdr.putLong(MSG_IOV, Pointer.nativeValue(Native.getDirectBufferPointer(iovec)));
    msghdr.putLong(MSG_IOVLEN, 1);
    msghdr.putLong(
        MSG_CONTROL,
        controlBytes == 0 ? 0 : Pointer.nativeValue(Native.getDirectBufferPointer(control)));
    msghdr.putLong(MSG_CONTROLLEN, controlBytes);
    msghdr.putInt(MSG_FLAGS, 0);
  }

  /** Closes the socket. */
  @Override
  public void close() {
    fd.close();
  }
}
