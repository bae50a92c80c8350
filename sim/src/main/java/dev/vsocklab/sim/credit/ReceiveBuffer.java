package dev.vsocklab.sim.credit;

import dev.vsocklab.sim.wire.Header;
import java.nio.ByteBuffer;

/**
 * What was received and not read yet, with the counters that make the peer's credit.
 *
 * <p>Source: Linux {@code virtio_transport_recv_enqueue}, {@code virtio_transport_inc_rx_pkt},
 * {@code virtio_transport_dec_rx_pkt}, {@code virtio_transport_stream_do_dequeue}. The steps in
 * which {@code fwd_cnt} moves are Linux's habit, not the spec's: a program sees them as the moment
 * at which a blocked writer goes on.
 */
public final class ReceiveBuffer {

  /** Packets up to this size are merged into the one before them ({@code GOOD_COPY_LEN}). */
  private static final int MERGE_MAX_BYTES = 128;

  private final ByteQueue bytes = new ByteQueue();
  private final LengthQueue packets = new LengthQueue();
  private final ReceiveShape shape;

  /** Size of this buffer in bytes, unsigned. */
  private int bufAlloc;

  /** Bytes of packets that were read to their end, modulo 2^32. */
  private int fwdCnt;

  /** {@link #fwdCnt} as the peer was last told. */
  private int lastFwdCnt;

  /** Bytes that can be read. */
  private long unreadBytes;

  /** Bytes of all queued packets, including what was already read of the first. */
  private long usedBytes;

  /** Bytes of the first packet that were already read. */
  private int readOfFirst;

  /**
   * Creates an empty buffer.
   *
   * @param bufAlloc its size in bytes, unsigned
   * @param shape how packets come in
   */
  public ReceiveBuffer(int bufAlloc, ReceiveShape shape) {
    this.bufAlloc = bufAlloc;
    this.shape = shape;
  }

  /**
   * Adds a packet's payload.
   *
   * @param src the buffer that holds it
   * @param offset where it begins
   * @param lengthBytes its length
   * @return false if the peer sent more than it had credit for; the payload is then not added
   */
  public boolean add(ByteBuffer src, int offset, int lengthBytes) {
    if (usedBytes + lengthBytes > Integer.toUnsignedLong(bufAlloc)) {
      return false;
    }
    int fragmentMax = shape.fragmentMaxBytes();
    for (int done = 0; done < lengthBytes; done += fragmentMax) {
      addFragment(Math.min(lengthBytes - done, fragmentMax));
    }
    bytes.append(src, offset, lengthBytes);
    unreadBytes += lengthBytes;
    usedBytes += lengthBytes;
    return true;
  }

  private void addFragment(int lengthBytes) {
    if (lengthBytes <= MERGE_MAX_BYTES
        && !packets.isEmpty()
        && packets.last() + lengthBytes <= shape.mergeCapacityBytes()) {
      packets.growLast(lengthBytes);
    } else {
      packets.addLast(lengthBytes);
    }
  }

  /**
   * Reads what is there.
   *
   * @param dst where to
   * @return bytes read, 0 if there is nothing or no room
   */
  public int read(ByteBuffer dst) {
    int count = (int) Math.min(dst.remaining(), unreadBytes);
    if (count == 0) {
      return 0;
    }
    bytes.take(dst, count);
    unreadBytes -= count;
    readOfFirst += count;
    while (!packets.isEmpty() && readOfFirst >= packets.first()) {
      int whole = packets.first();
      packets.removeFirst();
      readOfFirst -= whole;
      usedBytes -= whole;
      fwdCnt += whole; // whole packets only, never byte by byte
    }
    return count;
  }

  /**
   * Whether a reader should tell the peer of its credit now.
   *
   * @param lowWaterBytes SO_RCVLOWAT
   * @return true if something is untold, and either less than one full packet is left of what the
   *     peer knows or the queue fell below the low-water mark
   */
  public boolean creditUpdateIsDue(long lowWaterBytes) {
    int untold = fwdCnt - lastFwdCnt;
    // Unsigned 32-bit, as in Linux: a buffer shrunk below what is untold wraps to "plenty".
    long free = Integer.toUnsignedLong(bufAlloc - untold);
    return untold != 0 && (free < Header.MAX_PAYLOAD_BYTES || unreadBytes < lowWaterBytes);
  }

  /**
   * The {@code fwd_cnt} of a packet that is sent now; the peer knows it from then on.
   *
   * @return the counter, modulo 2^32
   */
  public int stampFwdCnt() {
    lastFwdCnt = fwdCnt;
    return fwdCnt;
  }

  /**
   * The size that packets announce.
   *
   * @return bytes, unsigned
   */
  public int bufAlloc() {
    return bufAlloc;
  }

  /**
   * Changes the size.
   *
   * @param bytes the new size, unsigned; below what is queued is allowed
   */
  public void resize(int bytes) {
    bufAlloc = bytes;
  }

  /**
   * Bytes that can be read.
   *
   * @return 0 or more
   */
  public long unreadBytes() {
    return unreadBytes;
  }

  /** Forgets everything that was not read, without telling anyone. */
  public void discard() {
    bytes.clear();
    packets.clear();
    unreadBytes = 0;
    usedBytes = 0;
    readOfFirst = 0;
  }
}
