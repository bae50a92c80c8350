package dev.vsocklab.sim.credit;

/**
 * How many bytes a sender may send now.
 *
 * <p>Source: Linux {@code virtio_transport_has_space}, {@code virtio_transport_get_credit}, {@code
 * virtio_transport_space_update}; virtio 1.3 section 5.10.6.3.
 */
public final class SendWindow {
  /** Bytes ever sent, modulo 2^32. */
  private int txCnt;

  /** The peer's receive buffer in bytes, unsigned, as last announced. */
  private int peerBufAlloc;

  /** Bytes the peer ever consumed, modulo 2^32, as last announced. */
  private int peerFwdCnt;

  /** Creates a window of a connection that knows nothing of its peer yet: 0 bytes. */
  public SendWindow() {
    this(0);
  }

  /**
   * Creates a window whose counters begin elsewhere.
   *
   * @param firstCount where both ends' counters begin; 0 in Linux
   */
  public SendWindow(int firstCount) {
    txCnt = firstCount;
    peerFwdCnt = firstCount;
  }

  /**
   * Takes the credit that any packet of the peer carries. What it says is believed, whatever it is:
   * Linux overwrites both numbers on every packet.
   *
   * @param bufAlloc the packet's {@code buf_alloc}, unsigned
   * @param fwdCnt the packet's {@code fwd_cnt}, modulo 2^32
   */
  public void update(int bufAlloc, int fwdCnt) {
    peerBufAlloc = bufAlloc;
    peerFwdCnt = fwdCnt;
  }

  /**
   * Bytes that may be sent now: the smaller of both buffers, less what is in flight. The sender's
   * own buffer bounds what it has in flight too (Linux since 2026, also in 6.1.y).
   *
   * @param ownBufAlloc the sender's own receive buffer in bytes, unsigned
   * @return 0 where the peer shrank its buffer below what is in flight, or claims to have consumed
   *     what was never sent; never negative
   */
  public long availableBytes(int ownBufAlloc) {
    return Math.max(0, largestBytes(ownBufAlloc) - Wrapping32.distance(txCnt, peerFwdCnt));
  }

  /**
   * Bytes that may be in flight at most, and so the longest message: the smaller of both buffers.
   *
   * @param ownBufAlloc the sender's own receive buffer in bytes, unsigned
   * @return 0 or more
   */
  public long largestBytes(int ownBufAlloc) {
    return Math.min(Integer.toUnsignedLong(peerBufAlloc), Integer.toUnsignedLong(ownBufAlloc));
  }

  /**
   * What the peer announced last.
   *
   * @return bytes, unsigned
   */
  public int peerBufAlloc() {
    return peerBufAlloc;
  }

  /**
   * What the peer said last that it consumed.
   *
   * @return a counter, modulo 2^32
   */
  public int peerFwdCnt() {
    return peerFwdCnt;
  }

  /**
   * Uses credit up.
   *
   * @param bytes at most {@link #availableBytes}
   */
  public void sent(int bytes) {
    txCnt += bytes;
  }

  @Override
  public String toString() {
    return "peer_buf_alloc "
        + Integer.toUnsignedString(peerBufAlloc)
        + ", tx_cnt "
        + Integer.toUnsignedString(txCnt)
        + ", peer_fwd_cnt "
        + Integer.toUnsignedString(peerFwdCnt);
  }
}
