package dev.vsocklab.qemu.vhostuser;

import dev.vsocklab.linux.EventFd;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The event queue while an event is put on it. QEMU never uses it (only after a migration, which a
 * vhost-user-vsock device cannot have), so nobody else takes its buffers.
 *
 * <p>Source: virtio 1.3 section 5.10.6.7.
 */
final class EventRing {
  private static final int INDEX = 2;
  private static final int EVENT_BYTES = 4; // le32 id
  private static final int TRANSPORT_RESET = 0;
  private static final int USED_HEAD_BYTES = 4; // flags and index
  private static final int USED_IDX = 2;

  private final SplitRing ring;

  /**
   * Looks at the queue.
   *
   * @param call an eventfd whose interrupt makes the driver look at this queue, too
   */
  EventRing(GuestMemory memory, EventQueue place, boolean eventIdx, @Nullable EventFd call)
      throws DeviceFailure {
    Vring vring = new Vring(INDEX);
    vring.size = place.size();
    if (vring.size <= 0 || vring.size > Vring.MAX_SIZE || Integer.bitCount(vring.size) != 1) {
      throw new DeviceFailure(
          "The event queue has "
              + place.size()
              + " descriptors; it must be a power of 2 up to "
              + Vring.MAX_SIZE
              + ". Does the guest's driver run?");
    }
    vring.descriptorUserAddress =
        memory.userAddress(place.descriptorAddress(), "event descriptors");
    vring.availUserAddress = memory.userAddress(place.availAddress(), "the event avail ring");
    vring.usedUserAddress = memory.userAddress(place.usedAddress(), "the event used ring");
    vring.base =
        Short.toUnsignedInt(
            memory
                .ringPart(vring.usedUserAddress, USED_HEAD_BYTES, 4, "the event used ring")
                .getShort(USED_IDX));
    vring.call = call;
    ring = new SplitRing(vring, memory, eventIdx);
  }

  /**
   * How many buffers the driver has ever offered, modulo 65536: one more once an event is taken.
   */
  int offered() {
    return ring.offered();
  }

  /**
   * Whether the driver can be told: it offers its buffers a moment after it started the device, and
   * each again after an event.
   */
  boolean hasBuffer() {
    return ring.isOffered();
  }

  /** Tells the driver, which has a buffer for it, that the transport was reset. */
  void putTransportReset() throws DeviceFailure, IOException {
    int head = ring.take();
    if (head < 0) {
      throw new DeviceFailure("The guest took a buffer out of its event queue again.");
    }
    DescriptorChain chain = new DescriptorChain();
    chain.walk(ring, head, /* indirect= */ true);
    if (chain.readableDescriptors() > 0 || chain.totalBytes() < EVENT_BYTES) {
      throw new DeviceFailure(
          "The guest's event buffer has "
              + chain.totalBytes()
              + " bytes; an event has "
              + EVENT_BYTES
              + ".");
    }
    ByteBuffer event = ByteBuffer.allocate(EVENT_BYTES).putInt(0, TRANSPORT_RESET);
    chain.write(0, event, 0, EVENT_BYTES);
    ring.giveBack(head, EVENT_BYTES);
    ring.signalIfWanted();
  }
}
