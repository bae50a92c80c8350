package dev.vsocklab.linux;

import dev.vsocklab.VsockAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * {@code struct sockaddr_vm}, in the host's byte order: family 2, reserved 2, port 4, CID 4, flags
 * 1, zero 3.
 *
 * <p>Source: {@code include/uapi/linux/vm_sockets.h}.
 */
final class SockaddrVm {
  static final int BYTES = 16;

  private static final int PORT = 4;
  private static final int CID = 8;

  private SockaddrVm() {}

  static byte[] encode(VsockAddress address) {
    byte[] bytes = new byte[BYTES];
    ordered(bytes)
        .putShort(0, (short) Libc.AF_VSOCK)
        .putInt(PORT, (int) address.port())
        .putInt(CID, (int) address.cid());
    return bytes;
  }

  static VsockAddress decode(byte[] bytes) {
    ByteBuffer ordered = ordered(bytes);
    return VsockAddress.of(
        Integer.toUnsignedLong(ordered.getInt(CID)), Integer.toUnsignedLong(ordered.getInt(PORT)));
  }

  private static ByteBuffer ordered(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
  }
}
