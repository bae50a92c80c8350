package dev.vsocklab.linux;

import com.sun.jna.Native;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** What only tests need of libc: both ends of a socket, and files without a name. */
final class TestLibc {
  static {
    Native.register(TestLibc.class, "c");
  }

  private TestLibc() {}

  static native int socketpair(int domain, int type, int protocol, ByteBuffer result);

  static native int socketpair(int domain, int type, int protocol, int[] result);

  static native int memfd_create(ByteBuffer name, int flags);

  static native int ftruncate(int fd, long lengthBytes);

  static native int dup(int fd);

  /** Two connected sockets. */
  static UnixConnection[] connectedPair() {
    ByteBuffer numbers =
        ByteBuffer.allocateDirect(2 * Integer.BYTES).order(ByteOrder.nativeOrder());
    check(socketpair(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0, numbers));
    return new UnixConnection[] {
      new UnixConnection(Fd.adopt(numbers.getInt(0), "the left end")),
      new UnixConnection(Fd.adopt(numbers.getInt(Integer.BYTES), "the right end"))
    };
  }

  /** A file without a name. */
  static Fd memFile(long lengthBytes) {
    int fd = check(memfd_create(ByteBuffer.allocateDirect(1), 1));
    check(ftruncate(fd, lengthBytes));
    return Fd.adopt(fd, "a memory file");
  }

  static int check(int result) {
    if (result < 0) {
      throw new AssertionError("errno " + Native.getLastError());
    }
    return result;
  }
}
