package dev.vsocklab.qemu.vhostuser;

import dev.vsocklab.linux.EventFd;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * A split virtqueue from the device's side: takes heads from the avail ring, puts them on the used
 * ring, and decides with the driver when either must notify the other. Indices run freely modulo
 * 65536. Not safe for several threads; the driver is the only other party.
 *
 * <p>Source: virtio 1.3 section 2.7; Linux {@code vhost_notify}, {@code vhost_enable_notify}.
 */
final class SplitRing {
  private static final VarHandle U16 =
      MethodHandles.byteBufferViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

  /** Bytes of a descriptor: u64 address, u32 length, u16 flags, u16 next. */
  static final int DESCRIPTOR_BYTES = 16;

  // avail: u16 flags, u16 idx, u16 ring[size], u16 used_event
  // used:  u16 flags, u16 idx, {u32 id, u32 len} ring[size], u16 avail_event
  private static final int FLAGS = 0;
  private static final int IDX = 2;
  private static final int RING = 4;
  private static final int AVAIL_ENTRY_BYTES = 2;
  private static final int USED_ENTRY_BYTES = 8;
  private static final int EVENT_BYTES = 2;

  private static final int AVAIL_NO_INTERRUPT = 1;
  private static final short USED_NO_NOTIFY = 1;

  private final String name;
  private final int size;
  private final boolean eventIdx;
  private final ByteBuffer descriptors;
  private final ByteBuffer avail;
  private final ByteBuffer used;
  private final GuestMemory memory;
  private final @Nullable EventFd call;

  private short nextAvail;
  private short nextUsed;

  /** Value of {@link #nextUsed} when a signal was last considered. */
  private short consideredUsed;

  private boolean considered;
  private boolean kickArmed;

  /**
   * A ring as QEMU described it, going on at its base. The used index is what memory says.
   *
   * @param eventIdx whether VIRTIO_F_EVENT_IDX was negotiated
   */
  SplitRing(Vring vring, GuestMemory memory, boolean eventIdx) throws DeviceFailure {
    this.name = "ring " + vring.index;
    this.size = vring.size;
    this.eventIdx = eventIdx;
    this.memory = memory;
    this.call = vring.call;
    int eventBytes = eventIdx ? EVENT_BYTES : 0;
    descriptors =
        memory.ringPart(
            vring.descriptorUserAddress,
            size * DESCRIPTOR_BYTES,
            16,
            "the descriptor table of " + name);
    avail =
        memory.ringPart(
            vring.availUserAddress,
            RING + size * AVAIL_ENTRY_BYTES + eventBytes,
            2,
            "the avail ring of " + name);
    used =
        memory.ringPart(
            vring.usedUserAddress,
            RING + size * USED_ENTRY_BYTES + eventBytes,
            4,
            "the used ring of " + name);
    nextAvail = (short) vring.base;
    nextUsed = (short) U16.getAcquire(used, IDX);
    consideredUsed = nextUsed;
    if (!eventIdx) {
      used.putShort(FLAGS, USED_NO_NOTIFY);
    }
  }

  int size() {
    return size;
  }

  /** How failures call this ring. */
  String name() {
    return name;
  }

  GuestMemory memory() {
    return memory;
  }

  ByteBuffer descriptors() {
    return descriptors;
  }

  /** Index of the next avail entry, which GET_VRING_BASE answers. */
  int nextAvail() {
    return Short.toUnsignedInt(nextAvail);
  }

  /** How many chains the driver has ever offered, modulo 65536. */
  int offered() {
    return Short.toUnsignedInt((short) U16.getAcquire(avail, IDX));
  }

  /** Whether the driver offers a chain that was not taken yet. */
  boolean isOffered() {
    return offered() != nextAvail();
  }

  /**
   * Takes the next chain that the driver offers.
   *
   * @return its head, or -1 if there is none now
   */
  int take() throws DeviceFailure {
    short idx = (short) U16.getAcquire(avail, IDX);
    int offered = (idx - nextAvail) & 0xffff;
    if (offered == 0) {
      return -1;
    }
    if (offered > size) {
      throw new DeviceFailure(
          "The guest moved the avail index of "
              + name
              + " from "
              + nextAvail()
              + " to "
              + Short.toUnsignedInt(idx)
              + ", further than the ring's "
              + size
              + " entries.");
    }
    int slot = nextAvail & (size - 1);
    int head = Short.toUnsignedInt(avail.getShort(RING + slot * AVAIL_ENTRY_BYTES));
    if (head >= size) {
      throw new DeviceFailure(
          "The guest offered descriptor "
              + head
              + " on "
              + name
              + ", which has "
              + size
              + " descriptors.");
    }
    nextAvail++;
    if (kickArmed) {
      kickArmed = false;
      if (!eventIdx) {
        used.putShort(FLAGS, USED_NO_NOTIFY);
      } // with EVENT_IDX a stale avail_event is enough
    }
    return head;
  }

  /** Gives a chain back, with the number of bytes that were written into it. */
  void giveBack(int head, int writtenBytes) {
    int entry = RING + (nextUsed & (size - 1)) * USED_ENTRY_BYTES;
    used.putInt(entry, head);
    used.putInt(entry + Integer.BYTES, writtenBytes);
    nextUsed++;
    U16.setRelease(used, IDX, nextUsed);
  }

  /** Interrupts the driver if it wants to hear of what was given back since the last call. */
  void signalIfWanted() throws IOException {
    if (consideredUsed == nextUsed) {
      return;
    }
    if (wantsSignal() && call != null) {
      call.signal();
    }
  }

  private boolean wantsSignal() {
    VarHandle.fullFence(); // the used index must be out before the driver's wish is read
    short old = consideredUsed;
    boolean first = !considered;
    consideredUsed = nextUsed;
    considered = true;
    if (!eventIdx) {
      return (avail.getShort(FLAGS) & AVAIL_NO_INTERRUPT) == 0;
    }
    short usedEvent = avail.getShort(RING + size * AVAIL_ENTRY_BYTES);
    return first || passed(usedEvent, nextUsed, old);
  }

  /**
   * Whether an index moved past an event between two looks, modulo 65536.
   *
   * <p>Source: virtio 1.3 section 2.7.7.1, Linux {@code vring_need_event}.
   */
  static boolean passed(short event, short now, short old) {
    return ((now - event - 1) & 0xffff) < ((now - old) & 0xffff);
  }

  /**
   * Asks the driver for a kick when it offers more, before the device sleeps.
   *
   * @return true if it has offered more meanwhile, which may come without a kick: take again
   */
  boolean armKick() {
    kickArmed = true;
    if (eventIdx) {
      U16.setRelease(used, RING + size * USED_ENTRY_BYTES, nextAvail);
    } else {
      used.putShort(FLAGS, (short) 0);
    }
    VarHandle.fullFence(); // the wish must be out before the avail index is read again
    return (short) U16.getAcquire(avail, IDX) != nextAvail;
  }
}
