package dev.vsocklab.qemu.vhostuser;

import dev.vsocklab.sim.wire.Decoded;
import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.HeaderCodec;
import dev.vsocklab.sim.wire.Packet;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Packets from the guest. They are taken off the ring whether or not the guest has room to receive,
 * up to the bound on replies. The header is copied once and only the copy is believed; a payload in
 * one piece is lent to the receiver where it lies, another is gathered first. Used by the device's
 * thread alone.
 *
 * <p>Source of what is dropped: Linux {@code vhost_vsock_handle_tx_kick} and {@code
 * vhost_vsock_alloc_skb}. Unlike Linux, a dropped chain is given back to the guest.
 */
final class TxQueue {
  /** Packets after which the device looks at its other duties; Linux's vhost has the same. */
  private static final int BATCH = 256;

  private long guestCid;
  private final RxQueue replies;
  private final Uplink uplink;
  private final DeviceLog log;
  private final DescriptorChain chain = new DescriptorChain();
  private final byte[] headerBytes = new byte[Header.BYTES];
  private final byte[] gathered = new byte[Header.MAX_PAYLOAD_BYTES];
  private final Gate gate = new Gate();
  private @Nullable SplitRing ring;
  private boolean indirect;

  TxQueue(long guestCid, RxQueue replies, Uplink uplink, DeviceLog log) {
    this.guestCid = guestCid;
    this.replies = replies;
    this.uplink = uplink;
    this.log = log;
  }

  /** What stalls the queue; the device's thread must look again after a resume. */
  Gate gate() {
    return gate;
  }

  /** From now on the guest's packets come from this CID. */
  void expectCid(long cid) {
    guestCid = cid;
  }

  void start(SplitRing newRing, boolean newIndirect) {
    ring = newRing;
    indirect = newIndirect;
  }

  /**
   * Leaves the ring alone from now on.
   *
   * @return the ring, or null if none was running
   */
  @Nullable SplitRing stop() {
    SplitRing stopped = ring;
    ring = null;
    return stopped;
  }

  /**
   * Hands on what the guest has sent, a batch at most.
   *
   * @return true if there may be more; else the guest will kick
   */
  boolean drain() throws DeviceFailure, IOException {
    SplitRing running = ring;
    if (running == null || gate.isStalled()) {
      return false;
    }
    for (int taken = 0; taken < BATCH; taken++) {
      if (!replies.hasRoomForReplies(running.size())) {
        running.signalIfWanted();
        return false; // goes on when the guest has received, which comes with a kick
      }
      int head = running.take();
      if (head < 0) {
        running.signalIfWanted();
        if (!running.armKick()) {
          return false;
        }
      } else {
        chain.walk(running, head, indirect);
        handOn(running);
        running.giveBack(head, 0);
      }
    }
    running.signalIfWanted();
    return true;
  }

  private void handOn(SplitRing running) throws DeviceFailure {
    if (chain.writableDescriptors() > 0) {
      throw new DeviceFailure(
          "The guest sent a packet with "
              + chain.writableDescriptors()
              + " writable descriptors on "
              + running.name()
              + "; a packet that is sent has none.");
    }
    long totalBytes = chain.totalBytes();
    int headerPart = (int) Math.min(totalBytes, Header.BYTES);
    chain.read(0, headerBytes, headerPart);
    Decoded decoded = HeaderCodec.decode(headerBytes, 0, headerPart);
    if (decoded instanceof Decoded.Malformed malformed) {
      throw new DeviceFailure("The guest sent what is no packet: " + malformed.reason() + ".");
    }
    Header header = ((Decoded.Valid) decoded).header();
    long payloadBytes = Integer.toUnsignedLong(header.lengthBytes());
    if (payloadBytes > Header.MAX_PAYLOAD_BYTES) {
      log.drop("payload over 64 KiB", describe(header));
    } else if (payloadBytes > totalBytes - Header.BYTES) {
      log.drop(
          "payload shorter than its header says",
          describe(header) + ", of which there are " + (totalBytes - Header.BYTES));
    } else if (header.srcCid() != guestCid || !uplink.mayCarryTo(header.dstCid())) {
      log.drop("not from this guest to the host", describe(header));
    } else {
      uplink.carry(packet(header, (int) payloadBytes));
    }
  }

  private Packet packet(Header header, int payloadBytes) {
    if (payloadBytes == 0) {
      return Packet.of(header);
    }
    ByteBuffer payload = chain.inPlace(Header.BYTES, payloadBytes);
    if (payload == null) {
      chain.read(Header.BYTES, gathered, payloadBytes);
      payload = ByteBuffer.wrap(gathered, 0, payloadBytes);
    }
    return Packet.borrowing(header, payload, 0);
  }

  private static String describe(Header header) {
    return "op "
        + header.opValue()
        + " from "
        + Long.toUnsignedString(header.srcCid())
        + ":"
        + Integer.toUnsignedString(header.srcPort())
        + " to "
        + Long.toUnsignedString(header.dstCid())
        + ":"
        + Integer.toUnsignedString(header.dstPort())
        + " with "
        + Integer.toUnsignedString(header.lengthBytes())
        + " payload bytes";
  }
}
