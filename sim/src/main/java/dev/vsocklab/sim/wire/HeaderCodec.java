package dev.vsocklab.sim.wire;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The 44 bytes of a header, little-endian and packed. The only place that knows offsets.
 *
 * <p>Source: virtio 1.3 section 5.10.6, {@code struct virtio_vsock_hdr}.
 */
public final class HeaderCodec {
  private static final VarHandle U64 =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle U32 =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle U16 =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

  private static final int SRC_CID = 0;
  private static final int DST_CID = 8;
  private static final int SRC_PORT = 16;
  private static final int DST_PORT = 20;
  private static final int LENGTH = 24;
  private static final int TYPE = 28;
  private static final int OP = 30;
  private static final int FLAGS = 32;
  private static final int BUF_ALLOC = 36;
  private static final int FWD_CNT = 40;

  private HeaderCodec() {}

  /**
   * Reads a header. The bytes must be the reader's own copy, not memory that a guest can still
   * change.
   *
   * @param bytes where it is
   * @param offset its first byte
   * @param available bytes from there on, payload included
   * @return the header, or why there is none
   */
  public static Decoded decode(byte[] bytes, int offset, int available) {
    if (available < Header.BYTES) {
      return new Decoded.Malformed(
          "a packet of "
              + available
              + " bytes has no room for the "
              + Header.BYTES
              + " of a header");
    }
    return new Decoded.Valid(
        new Header(
            (long) U64.get(bytes, offset + SRC_CID),
            (long) U64.get(bytes, offset + DST_CID),
            (int) U32.get(bytes, offset + SRC_PORT),
            (int) U32.get(bytes, offset + DST_PORT),
            (int) U32.get(bytes, offset + LENGTH),
            Short.toUnsignedInt((short) U16.get(bytes, offset + TYPE)),
            Short.toUnsignedInt((short) U16.get(bytes, offset + OP)),
            (int) U32.get(bytes, offset + FLAGS),
            (int) U32.get(bytes, offset + BUF_ALLOC),
            (int) U32.get(bytes, offset + FWD_CNT)));
  }

  /**
   * Writes a header.
   *
   * @param header the header
   * @param bytes where to
   * @param offset its first byte; {@link Header#BYTES} must fit
   */
  public static void encode(Header header, byte[] bytes, int offset) {
    U64.set(bytes, offset + SRC_CID, header.srcCid());
    U64.set(bytes, offset + DST_CID, header.dstCid());
    U32.set(bytes, offset + SRC_PORT, header.srcPort());
    U32.set(bytes, offset + DST_PORT, header.dstPort());
    U32.set(bytes, offset + LENGTH, header.lengthBytes());
    U16.set(bytes, offset + TYPE, (short) header.type());
    U16.set(bytes, offset + OP, (short) header.opValue());
    U32.set(bytes, offset + FLAGS, header.flags());
    U32.set(bytes, offset + BUF_ALLOC, header.bufAlloc());
    U32.set(bytes, offset + FWD_CNT, header.fwdCnt());
  }
}
