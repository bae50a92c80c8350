package dev.vsocklab.linux;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Sends more descriptors at once than {@link UnixConnection} would. */
final class RawSender {
  private RawSender() {}

  static void send(UnixConnection connection, Fd fd, int copies) throws IOException {
    int controlBytes = 16 + copies * Integer.BYTES;
    ByteBuffer control = direct((controlBytes + 7) & -8);
    control.putLong(0, controlBytes).putInt(8, Libc.SOL_SOCKET).putInt(12, Libc.SCM_RIGHTS);
    int number = fd.acquire();
    for (int i = 0; i < copies; i++) {
      control.putInt(16 + i * Integer.BYTES, number);
    }
    ByteBuffer data = direct(1);
    ByteBuffer iovec = direct(16).putLong(0, address(data)).putLong(8, 1);
    ByteBuffer msghdr = direct(56).putLong(16, address(iovec)).putLong(24, 1);
    msghdr.putLong(32, address(control)).putLong(40, control.capacity());
    int socket = connection.fd().acquire();
    TestLibc.check((int) Libc.sendmsg(socket, msghdr, 0));
    connection.fd().release();
    fd.release();
  }

  private static ByteBuffer direct(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
  }

  private static long address(ByteBuffer buffer) {
    return Pointer.nativeValue(Native.getDirectBufferPointer(buffer));
  }
}
