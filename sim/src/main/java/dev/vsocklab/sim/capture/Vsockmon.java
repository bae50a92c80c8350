package dev.vsocklab.sim.capture;

import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.HeaderCodec;
import dev.vsocklab.sim.wire.Op;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The bytes of one captured packet as Linux's {@code vsockmon} device gives them: its own header,
 * the transport's, the payload.
 *
 * <p>Source: Linux {@code include/uapi/linux/vsockmon.h}, {@code virtio_transport_build_skb}; link
 * type 271 of the tcpdump registry.
 */
final class Vsockmon {
  /** Bytes of {@code struct af_vsockmon_hdr}. */
  static final int HEADER_BYTES = 32;

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
  private static final int OP = 24;
  private static final int TRANSPORT = 26;
  private static final int TRANSPORT_HEADER_LENGTH = 28;
  private static final int RESERVED = 30;

  private static final short OP_UNKNOWN = 0;
  private static final short OP_CONNECT = 1;
  private static final short OP_DISCONNECT = 2;
  private static final short OP_CONTROL = 3;
  private static final short OP_PAYLOAD = 4;

  /** {@code AF_VSOCK_TRANSPORT_VIRTIO}. */
  private static final short TRANSPORT_VIRTIO = 2;

  private Vsockmon() {}

  /** Writes both headers; {@link #HEADER_BYTES} + {@link Header#BYTES} must fit. */
  static void encode(Header header, byte[] bytes, int offset) {
    U64.set(bytes, offset + SRC_CID, header.srcCid());
    U64.set(bytes, offset + DST_CID, header.dstCid());
    U32.set(bytes, offset + SRC_PORT, header.srcPort());
    U32.set(bytes, offset + DST_PORT, header.dstPort());
    U16.set(bytes, offset + OP, op(header.op()));
    U16.set(bytes, offset + TRANSPORT, TRANSPORT_VIRTIO);
    U16.set(bytes, offset + TRANSPORT_HEADER_LENGTH, (short) Header.BYTES);
    U16.set(bytes, offset + RESERVED, (short) 0);
    HeaderCodec.encode(header, bytes, offset + HEADER_BYTES);
  }

  private static short op(Op op) {
    return switch (op) {
      case INVALID, UNKNOWN -> OP_UNKNOWN;
      case REQUEST, RESPONSE -> OP_CONNECT;
      case RST, SHUTDOWN -> OP_DISCONNECT;
      case CREDIT_UPDATE, CREDIT_REQUEST -> OP_CONTROL;
      case RW -> OP_PAYLOAD;
    };
  }
}
