package dev.vsocklab.sim.wire;

/**
 * A packet's header, decoded once and immutable. Numbers are kept as they were sent, also those
 * that no well-behaved peer sends: what to do with them is the receiver's rule.
 *
 * <p>Source: virtio 1.3 section 5.10.6, {@code struct virtio_vsock_hdr}.
 *
 * @param srcCid the sender's CID, all 64 bits as sent; the spec wants the upper 32 to be 0
 * @param dstCid the receiver's CID, likewise
 * @param srcPort the sender's port, unsigned
 * @param dstPort the receiver's port, unsigned
 * @param lengthBytes payload bytes, unsigned
 * @param type 1 stream, 2 seqpacket; others are possible
 * @param opValue the op's number, 0 to 65535
 * @param flags of SHUTDOWN and of seqpacket RW
 * @param bufAlloc the sender's receive buffer in bytes, unsigned
 * @param fwdCnt bytes that the sender's user ever consumed, modulo 2<sup>32</sup>
 */
public record Header(
    long srcCid,
    long dstCid,
    int srcPort,
    int dstPort,
    int lengthBytes,
    int type,
    int opValue,
    int flags,
    int bufAlloc,
    int fwdCnt) {

  /** Bytes of a header on the wire. */
  public static final int BYTES = 44;

  /** {@link #type} of SOCK_STREAM. */
  public static final int TYPE_STREAM = 1;

  /** {@link #type} of SOCK_SEQPACKET. */
  public static final int TYPE_SEQPACKET = 2;

  /** SHUTDOWN flag: the sender will not receive any more. */
  public static final int SHUTDOWN_RCV = 1;

  /** SHUTDOWN flag: the sender will not send any more. */
  public static final int SHUTDOWN_SEND = 2;

  /** Both SHUTDOWN flags. */
  public static final int SHUTDOWN_BOTH = SHUTDOWN_RCV | SHUTDOWN_SEND;

  /**
   * RW flag of SOCK_SEQPACKET: the message ends with this packet ({@code VIRTIO_VSOCK_SEQ_EOM}).
   */
  public static final int SEQ_EOM = 1;

  /** RW flag of SOCK_SEQPACKET: so does the record; only together with {@link #SEQ_EOM}. */
  public static final int SEQ_EOR = 2;

  /** Largest payload of one packet that Linux sends ({@code VIRTIO_VSOCK_MAX_PKT_BUF_SIZE}). */
  public static final int MAX_PAYLOAD_BYTES = 64 * 1024;

  /**
   * The op.
   *
   * @return the op; {@link Op#UNKNOWN} for a number that the spec does not have
   */
  public Op op() {
    return Op.fromWire(opValue);
  }

  /**
   * This header with another payload length, for a packet that is split.
   *
   * @param newLengthBytes the new length
   * @return the copy
   */
  public Header withLengthBytes(int newLengthBytes) {
    return new Header(
        srcCid, dstCid, srcPort, dstPort, newLengthBytes, type, opValue, flags, bufAlloc, fwdCnt);
  }

  /**
   * The RST that answers a packet for which there is no socket: addresses swapped, the same type,
   * no credit.
   *
   * <p>Source: Linux {@code virtio_transport_reset_no_sock}.
   *
   * @return the answer; never send it to an RST
   */
  public Header resetInReply() {
    return new Header(
        /* srcCid= */ dstCid,
        /* dstCid= */ srcCid,
        /* srcPort= */ dstPort,
        /* dstPort= */ srcPort,
        0,
        type,
        Op.RST.wireValue(),
        0,
        0,
        0);
  }
}
