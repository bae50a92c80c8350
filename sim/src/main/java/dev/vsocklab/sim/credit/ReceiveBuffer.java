package dev.vsocklab.sim.credit;

import dev.vsocklab.sim.kernel.KernelHabit;
import dev.vsocklab.sim.kernel.KernelProfile;
import dev.vsocklab.sim.wire.Header;
import java.nio.ByteBuffer;

/**
 * What was received and not read yet, with the counters that make the peer's credit.
 *
 * <p>Source: Linux {@code virtio_transport_recv_enqueue}, {@code virtio_transport_inc_rx_pkt},
 * {@code virtio_transport_dec_rx_pkt}, {@code virtio_transport_stream_do_dequeue}, {@code
 * virtio_transport_seqpacket_do_dequeue}. The steps in which {@code fwd_cnt} moves are Linux's
 * habit, not the spec's: a program sees them as the moment at which a blocked writer goes on.
 */
public final class ReceiveBuffer {

  /** Packets up to this size are merged into the one before them ({@code GOOD_COPY_LEN}). */
  private static final int MERGE_MAX_BYTES = 128;

  /** What a packet costs besides its payload ({@code SKB_TRUESIZE(0)} on 64-bit). */
  private static final int PACKET_OVERHEAD_BYTES = 576;

  private final ByteQueue bytes = new ByteQueue();
  private PacketQueue packets = new PacketQueue();
  private final ReceiveShape shape;
  private final KernelProfile kernel;
  private final boolean unreadCountsWholePackets;

  /** Size of this buffer in bytes, unsigned. */
  private int bufAlloc;

  /** Bytes of packets that were read to their end, modulo 2^32. */
  private int fwdCnt;

  /** {@link #fwdCnt} as the peer was last told. */
  private int lastFwdCnt;

  /** Bytes of all queued packets, including what was already read of the first. */
  private long usedBytes;

  /** Bytes of the first packet that were already read. */
  private int readOfFirst;

  /** Packets in the queue that end a message. */
  private int messages;

  /** Flags of the message that was read or peeked at last. */
  private int messageFlags;

  /**
   * Creates an empty buffer.
   *
   * @param bufAlloc its size in bytes, unsigned
   * @param shape how packets come in
   * @param kernel whose habits it has
   */
  public ReceiveBuffer(int bufAlloc, ReceiveShape shape, KernelProfile kernel) {
    this(bufAlloc, shape, kernel, 0);
  }

  /**
   * Creates an empty buffer whose counter begins elsewhere.
   *
   * @param bufAlloc its size in bytes, unsigned
   * @param shape how packets come in
   * @param kernel whose habits it has
   * @param firstCount where {@code fwd_cnt} begins; 0 in Linux
   */
  public ReceiveBuffer(int bufAlloc, ReceiveShape shape, KernelProfile kernel, int firstCount) {
    this.bufAlloc = bufAlloc;
    this.fwdCnt = firstCount;
    this.lastFwdCnt = firstCount;
    this.shape = shape;
    this.kernel = kernel;
    this.unreadCountsWholePackets = kernel.has(KernelHabit.UNREAD_COUNTS_WHOLE_PACKETS);
  }

  // ---- what comes in
  // ---------------------------------------------------------------------------

  /**
   * Adds a packet's payload.
   *
   * @param src the buffer that holds it
   * @param offset where it begins
   * @param lengthBytes its length, which may be 0
   * @param flags the packet's {@link Header#SEQ_EOM} and {@link Header#SEQ_EOR}, else 0
   * @return false if there was no room for all of it: the peer sent more than it had credit for, or
   *     too many small packets. What came before the piece that did not fit is kept
   */
  public boolean add(ByteBuffer src, int offset, int lengthBytes, int flags) {
    int fragmentMax = shape.fragmentMaxBytes();
    int done = 0;
    while (lengthBytes - done > fragmentMax) {
      // vhost leaves the end of the message to the last piece
      if (!addPiece(src, offset + done, fragmentMax, 0)) {
        return false;
      }
      done += fragmentMax;
    }
    return addPiece(src, offset + done, lengthBytes - done, flags);
  }

  private boolean addPiece(ByteBuffer src, int offset, int lengthBytes, int flags) {
    if (!makeRoomFor(lengthBytes)) {
      return false;
    }
    if ((flags & Header.SEQ_EOM) != 0) {
      messages++;
    }
    int last = packets.size() - 1;
    if (lengthBytes <= MERGE_MAX_BYTES
        && last >= 0
        && lengthBytes < packets.capacity(last) - packets.length(last)
        && (packets.flags(last) & Header.SEQ_EOM) == 0) {
      packets.growLast(lengthBytes, flags);
    } else {
      int capacity =
          shape == ReceiveShape.GUEST
              ? shape.fragmentMaxBytes()
              : PacketMemory.capacityBytes(lengthBytes, kernel);
      packets.addLast(lengthBytes, capacity, flags);
    }
    bytes.append(src, offset, lengthBytes);
    usedBytes += lengthBytes;
    return true;
  }

  private boolean makeRoomFor(int lengthBytes) {
    long size = Integer.toUnsignedLong(bufAlloc);
    if (!kernel.has(KernelHabit.QUEUE_IS_BOUNDED_BY_PACKETS)) {
      return usedBytes + lengthBytes <= size;
    }
    int most = (int) (size / PACKET_OVERHEAD_BYTES);
    if (packets.size() >= most) {
      collapse(packets.size() + 2 - most);
    }
    return usedBytes + lengthBytes <= size && (packets.size() + 1L) * PACKET_OVERHEAD_BYTES <= size;
  }

  /**
   * Copies neighbouring small packets together until enough are saved; goes on to fill the last
   * one. Source: Linux {@code virtio_transport_collapse_rx_queue}.
   */
  private void collapse(int packetsToSave) {
    PacketQueue collapsed = new PacketQueue();
    int saved = 0;
    int openLength = 0;
    int openCapacity = 0;
    int openFlags = 0;
    boolean open = false;
    int at = 0;
    for (; at < packets.size(); at++) {
      int length = packets.length(at);
      boolean keep = !canCollapse(at);
      if (open && (keep || length > openCapacity - openLength)) {
        collapsed.addLast(openLength, openCapacity, openFlags);
        open = false;
        saved--;
      }
      if (!keep && !open) {
        if (saved >= packetsToSave) {
          break;
        }
        int target = collapsibleBytesFrom(at);
        keep = target <= length; // it has nobody to be merged with
        if (!keep) {
          open = true;
          openLength = 0;
          openCapacity = PacketMemory.capacityBytes(target, kernel);
          openFlags = 0;
        }
      }
      if (keep) {
        collapsed.addLast(length, packets.capacity(at), packets.flags(at));
      } else {
        openLength += length;
        openFlags |= packets.flags(at);
        saved++;
      }
    }
    if (open) {
      collapsed.addLast(openLength, openCapacity, openFlags);
    }
    for (; at < packets.size(); at++) {
      collapsed.addLast(packets.length(at), packets.capacity(at), packets.flags(at));
    }
    packets = collapsed;
  }

  /** Neither half read, nor the end of a message, nor large. */
  private boolean canCollapse(int at) {
    return (at > 0 || readOfFirst == 0)
        && (packets.flags(at) & Header.SEQ_EOM) == 0
        && packets.length(at) < PacketMemory.COLLAPSE_MAX_BYTES;
  }

  private int collapsibleBytesFrom(int first) {
    int target = packets.length(first);
    for (int at = first + 1; at < packets.size() && canCollapse(at); at++) {
      if (packets.length(at) > PacketMemory.COLLAPSE_MAX_BYTES - target) {
        break;
      }
      target += packets.length(at);
    }
    return target;
  }

  // ---- what goes out
  // ---------------------------------------------------------------------------

  /**
   * Reads what is there, as a stream.
   *
   * @param dst where to
   * @return bytes read, 0 if there is nothing or no room
   */
  public int read(ByteBuffer dst) {
    int count = (int) Math.min(dst.remaining(), storedBytes());
    bytes.take(dst, count);
    int left = count;
    while (!packets.isEmpty() && (left > 0 || (dst.hasRemaining() && packets.length(0) == 0))) {
      int step = Math.min(left, packets.length(0) - readOfFirst);
      readOfFirst += step;
      left -= step;
      if (readOfFirst == packets.length(0)) {
        dropFirst();
      }
    }
    return count;
  }

  /**
   * Copies what is there, as a stream, and leaves it there.
   *
   * @param dst where to
   * @return bytes copied
   */
  public int peek(ByteBuffer dst) {
    int count = (int) Math.min(dst.remaining(), storedBytes());
    bytes.peek(dst, count);
    return count;
  }

  /**
   * Reads the first message; what does not fit is thrown away. There must be one: {@link
   * #messages}.
   *
   * @param dst where to
   * @return the message's length, which may be larger than what was copied
   */
  public int readMessage(ByteBuffer dst) {
    int length = messageLength();
    int copied = Math.min(length, dst.remaining());
    bytes.take(dst, copied);
    bytes.skip(length - copied);
    boolean ended = false;
    while (!ended) {
      ended = (packets.flags(0) & Header.SEQ_EOM) != 0;
      dropFirst();
    }
    messages--;
    return length;
  }

  /**
   * Copies the first message, as far as it fits, and leaves it there. There must be one.
   *
   * @param dst where to
   * @return the message's length
   */
  public int peekMessage(ByteBuffer dst) {
    int length = messageLength();
    bytes.peek(dst, Math.min(length, dst.remaining()));
    return length;
  }

  private int messageLength() {
    int length = 0;
    int at = 0;
    while ((packets.flags(at) & Header.SEQ_EOM) == 0) {
      length += packets.length(at);
      at++;
    }
    messageFlags = packets.flags(at);
    return length + packets.length(at);
  }

  private void dropFirst() {
    int whole = packets.length(0);
    packets.removeFirst();
    readOfFirst = 0;
    usedBytes -= whole;
    fwdCnt += whole; // whole packets only, never byte by byte
  }

  // ---- what is told
  // ----------------------------------------------------------------------------

  /**
   * Whether a reader of a stream should tell the peer of its credit now.
   *
   * @param lowWaterBytes SO_RCVLOWAT
   * @return true if something is untold, and either less than one full packet is left of what the
   *     peer knows or the queue fell below the low-water mark
   */
  public boolean creditUpdateIsDue(long lowWaterBytes) {
    int untold = fwdCnt - lastFwdCnt;
    // Unsigned 32-bit, as in Linux: a buffer shrunk below what is untold wraps to "plenty".
    long free = Integer.toUnsignedLong(bufAlloc - untold);
    return untold != 0 && (free < Header.MAX_PAYLOAD_BYTES || unreadBytes() < lowWaterBytes);
  }

  /**
   * Whether a new low-water mark is a reason to tell the peer of its credit: a sender may be
   * waiting for room that only this end knows of.
   *
   * @param lowWaterBytes the new SO_RCVLOWAT
   * @return true if the mark is above what is there, and something is untold
   */
  public boolean lowWaterTellsCredit(long lowWaterBytes) {
    return unreadBytes() < lowWaterBytes && fwdCnt != lastFwdCnt;
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
   * The {@code fwd_cnt} that the peer was told last.
   *
   * @return the counter, modulo 2^32
   */
  public int toldFwdCnt() {
    return lastFwdCnt;
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
   * @param sizeBytes the new size, unsigned; below what is queued is allowed
   */
  public void resize(int sizeBytes) {
    bufAlloc = sizeBytes;
  }

  /**
   * Bytes that the kernel counts as unread ({@code rx_bytes}).
   *
   * @return 0 or more; 0 if and only if a stream has nothing to read
   */
  public long unreadBytes() {
    return unreadCountsWholePackets ? usedBytes : storedBytes();
  }

  /**
   * Whole messages that can be read ({@code msg_count}).
   *
   * @return 0 or more
   */
  public int messages() {
    return messages;
  }

  /**
   * Flags of the message that was read or peeked at last.
   *
   * @return {@link Header#SEQ_EOM} and {@link Header#SEQ_EOR}
   */
  public int messageFlags() {
    return messageFlags;
  }

  /**
   * Bytes that are really there to be read.
   *
   * @return 0 or more
   */
  public long storedBytes() {
    return usedBytes - readOfFirst;
  }

  /** Forgets everything that was not read, without telling anyone. */
  public void discard() {
    bytes.clear();
    packets.clear();
    usedBytes = 0;
    readOfFirst = 0;
    messages = 0;
  }
}
