package dev.vsocklab.qemu.vhostuser;

import com.sun.jna.Native;
import dev.vsocklab.linux.Fd;
import dev.vsocklab.linux.UnixConnection;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** What only QEMU's end needs of libc: to connect, and memory to share. */
final class TestLibc {
  private static final int AF_UNIX = 1;
  private static final int SOCK_STREAM_CLOEXEC = 1 | 0x80000;
  private static final int SOCKADDR_BYTES = 110;

  static {
    Native.register(TestLibc.class, "c");
  }

  private TestLibc() {}

  static native int socket(int domain, int type, int protocol);

  static native int connect(int fd, ByteBuffer address, int addressBytes);

  static native int socketpair(int domain, int type, int protocol, ByteBuffer result);

  static native int memfd_create(ByteBuffer name, int flags);

  static native int ftruncate(int fd, long lengthBytes);

  static UnixConnection connect(Path path) {
    byte[] name = path.toString().getBytes(StandardCharsets.UTF_8);
    ByteBuffer address = ByteBuffer.allocateDirect(SOCKADDR_BYTES).order(ByteOrder.nativeOrder());
    address.putShort(0, (short) AF_UNIX).put(2, name);
    int fd = check(socket(AF_UNIX, SOCK_STREAM_CLOEXEC, 0));
    check(connect(fd, address, SOCKADDR_BYTES));
    return new UnixConnection(Fd.adopt(fd, "the fake VMM's end"));
  }

  static UnixConnection[] connectedPair() {
    ByteBuffer fds = ByteBuffer.allocateDirect(8).order(ByteOrder.nativeOrder());
    check(socketpair(AF_UNIX, SOCK_STREAM_CLOEXEC, 0, fds));
    return new UnixConnection[] {
      new UnixConnection(Fd.adopt(fds.getInt(0), "the device's end")),
      new UnixConnection(Fd.adopt(fds.getInt(4), "the fake VMM's end"))
    };
  }

  static Fd memFile(long lengthBytes) {
    int fd = check(memfd_create(ByteBuffer.allocateDirect(1), 1));
    check(ftruncate(fd, lengthBytes));
    return Fd.adopt(fd, "guest memory");
  }

  private static int check(int result) {
    if (result < 0) {
      throw new AssertionError("errno " + Native.getLastError());
    }
    return result;
  }
}
