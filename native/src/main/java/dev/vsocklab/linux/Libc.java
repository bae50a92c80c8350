package dev.vsocklab.linux;

import com.sun.jna.Native;
import com.sun.jna.Platform;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The C functions that this package calls, and their constants. Pointers are {@code long}, {@code
 * size_t} and {@code ssize_t} are {@code long}: this is LP64. A direct buffer stands for its first
 * byte, whatever its position.
 *
 * <p>Source of the numbers: Linux {@code include/uapi}, equal on x86-64 and AArch64.
 */
final class Libc {
  static final int EINTR = 4;
  static final int EBADF = 9;
  static final int EAGAIN = 11;
  static final int ECONNABORTED = 103;

  static final int AF_UNIX = 1;
  static final int AF_VSOCK = 40;
  static final int SOCK_STREAM = 1;
  static final int SOCK_SEQPACKET = 5;
  static final int SOCK_NONBLOCK = 0x800;
  static final int SOCK_CLOEXEC = 0x80000;
  static final int SOL_SOCKET = 1;
  static final int SCM_RIGHTS = 1;

  static final int MSG_CTRUNC = 0x8;
  static final int MSG_DONTWAIT = 0x40;
  static final int MSG_NOSIGNAL = 0x4000;
  static final int MSG_CMSG_CLOEXEC = 0x40000000;

  static final int F_SETFL = 4;
  static final int O_RDONLY = 0;
  static final int O_RDWR = 2;
  static final int O_NONBLOCK = 0x800;
  static final int O_CLOEXEC = 0x80000;

  /** How many bytes wait to be read; FIONREAD by another name. */
  static final long SIOCINQ = 0x541B;

  /** How many bytes wait to be sent; TIOCOUTQ by another name. */
  static final long SIOCOUTQ = 0x5411;

  static final long IOCTL_VM_SOCKETS_GET_LOCAL_CID = 0x7B9;

  static final int EPOLL_CLOEXEC = 0x80000;
  static final int EPOLL_CTL_ADD = 1;
  static final int EPOLL_CTL_DEL = 2;
  static final int EPOLLIN = 0x1;
  static final int EPOLLOUT = 0x4;
  static final int EPOLLRDHUP = 0x2000;
  static final int EPOLLET = 1 << 31;

  static final int EFD_NONBLOCK = 0x800;
  static final int EFD_CLOEXEC = 0x80000;

  static final int PROT_READ = 1;
  static final int PROT_WRITE = 2;
  static final int MAP_SHARED = 0x1;
  static final int MAP_PRIVATE = 0x2;
  static final int MAP_FIXED = 0x10;
  static final int MAP_ANONYMOUS = 0x20;
  static final int MAP_NORESERVE = 0x4000;
  static final long MAP_FAILED = -1;

  static final int AT_EMPTY_PATH = 0x1000;
  static final int STATX_SIZE = 0x200;

  static {
    if (!Platform.isLinux() || Native.POINTER_SIZE != 8) {
      throw new UnsupportedOperationException(
          "vsocklab's native calls need Linux on a 64-bit processor, this is "
              + System.getProperty("os.name")
              + " on "
              + System.getProperty("os.arch")
              + ". The simulator runs anywhere.");
    }
    Native.register(Libc.class, "c");
  }

  private Libc() {}

  static native int close(int fd);

  static native long read(int fd, ByteBuffer target, long lengthBytes);

  static native long write(int fd, ByteBuffer source, long lengthBytes);

  static native int socket(int domain, int type, int protocol);

  static native int bind(int fd, ByteBuffer address, int addressBytes);

  static native int listen(int fd, int backlog);

  static native int accept4(int fd, long address, long addressBytes, int flags);

  static native long recvmsg(int fd, ByteBuffer msghdr, int flags);

  static native long sendmsg(int fd, ByteBuffer msghdr, int flags);

  static native int open(byte[] path, int flags);

  static native int fcntl(int fd, int command, int argument);

  static native int ioctl(int fd, long request, int[] argument);

  static native int bind(int fd, byte[] address, int addressBytes);

  static native int connect(int fd, byte[] address, int addressBytes);

  static native int getsockname(int fd, byte[] address, int[] addressBytes);

  static native int getpeername(int fd, byte[] address, int[] addressBytes);

  static native int setsockopt(int fd, int level, int name, byte[] value, int valueBytes);

  static native int getsockopt(int fd, int level, int name, byte[] value, int[] valueBytes);

  static native int shutdown(int fd, int how);

  static native long recv(int fd, long target, long lengthBytes, int flags);

  static native long send(int fd, long source, long lengthBytes, int flags);

  static native int epoll_create1(int flags);

  static native int epoll_ctl(int epoll, int operation, int fd, byte[] event);

  static native int epoll_wait(int epoll, ByteBuffer events, int most, int timeoutMillis);

  static native int eventfd(int initial, int flags);

  static native int poll(ByteBuffer pollfds, long count, int timeoutMillis);

  static native int poll(int[] pollfds, long count, int timeoutMillis);

  static native long mmap(
      long address, long lengthBytes, int protection, int flags, int fd, long offset);

  static native int munmap(long address, long lengthBytes);

  static native int statx(int fd, ByteBuffer path, int flags, int mask, ByteBuffer result);

  /** The number of the error of this thread's last call. */
  static int errno() {
    return Native.getLastError();
  }

  /**
   * A result in the kernel's own convention: the negative errno of a call that failed. Asked at
   * once, so that no later call of this thread takes the errno's place.
   */
  static long orErrno(long result) {
    return result >= 0 ? result : -Native.getLastError();
  }

  /** As {@link #orErrno(long)}. */
  static int orErrno(int result) {
    return result >= 0 ? result : -Native.getLastError();
  }

  /** A string as C wants it. */
  static byte[] cString(String text) {
    return (text + '\0').getBytes(StandardCharsets.UTF_8);
  }
}
