package dev.vsocklab.qemu.vhostuser;

import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.HeaderCodec;
import dev.vsocklab.sim.wire.Op;
import dev.vsocklab.sim.wire.Packet;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Packets on their way into the guest. A packet is written into the guest's buffers by the thread
 * that brings it, so that its payload is copied once. If no buffer is there, or others wait
 * already, it waits in order, and the device's thread goes on when the guest kicks. Never waits and
 * never throws: what is wrong with the ring goes to the failure listener.
 *
 * <p>A packet larger than the guest's buffer is split, as {@code vhost_transport_do_send_pkt} does:
 * each piece has a header with its own length, and EOM and EOR stay with the last.
 */
final class RxQueue {
  /** EOM and EOR, which mark a seqpacket message's end (virtio 1.3 section 5.10.6.5). */
  private static final int END_FLAGS = 0x3;

  private final ReentrantLock lock = new ReentrantLock();
  private final Consumer<DeviceFailure> onFailure;
  private final ArrayDeque<Packet> waiting = new ArrayDeque<>();
  private final DescriptorChain chain = new DescriptorChain();
  private final byte[] headerBytes = new byte[Header.BYTES];
  private final ByteBuffer headerBuffer = ByteBuffer.wrap(headerBytes);

  private final Gate gate = new Gate();
  private @Nullable SplitRing ring;
  private boolean indirect;
  private final AtomicInteger waitingReplies = new AtomicInteger();

  /** Payload bytes that the guest has of the packet that is next; 0 between packets. */
  private int sentBytes;

  RxQueue(Consumer<DeviceFailure> onFailure) {
    this.onFailure = onFailure;
  }

  /** What stalls the queue: its packets wait meanwhile. Call {@link #fill} after a resume. */
  Gate gate() {
    return gate;
  }

  /** Goes on with this ring: what waits goes out first. */
  void start(SplitRing newRing, boolean newIndirect) {
    lock.lock();
    try {
      ring = newRing;
      indirect = newIndirect;
    } finally {
      lock.unlock();
    }
    fill();
  }

  /**
   * Leaves the ring alone from now on: when this returns, no thread touches it or its memory. What
   * waits keeps waiting.
   *
   * @return the ring, or null if none was running
   */
  @Nullable SplitRing stop() {
    lock.lock();
    try {
      SplitRing stopped = ring;
      ring = null;
      return stopped;
    } finally {
      lock.unlock();
    }
  }

  /** Sends a packet to the guest, now or when the guest has room. Any thread may call it. */
  void deliver(Packet packet) {
    lock.lock();
    try {
      SplitRing running = ring;
      if (!waiting.isEmpty() || running == null || gate.isStalled()) {
        keep(packet);
        return;
      }
      if (!send(running, packet)) {
        keep(packet);
      }
      running.signalIfWanted();
    } catch (DeviceFailure | IOException | InternalError e) {
      fail(e);
    } finally {
      lock.unlock();
    }
  }

  private void keep(Packet packet) {
    waiting.add(packet.owned());
    if (isReply(packet)) {
      waitingReplies.incrementAndGet();
    }
  }

  /** Sends what waits, as far as the guest has room. */
  void fill() {
    lock.lock();
    try {
      SplitRing running = ring;
      if (running == null || gate.isStalled()) {
        return;
      }
      while (!waiting.isEmpty() && send(running, waiting.element())) {
        forgetFirst();
      }
      running.signalIfWanted();
    } catch (DeviceFailure | IOException | InternalError e) {
      fail(e);
    } finally {
      lock.unlock();
    }
  }

  private void forgetFirst() {
    if (isReply(waiting.remove())) {
      waitingReplies.decrementAndGet();
    }
  }

  private void fail(Throwable e) {
    ring = null;
    onFailure.accept(DeviceFailure.because(e));
  }

  /**
   * Writes what is left of a packet into the guest's buffers.
   *
   * @return false if the guest has too few; it is then asked for a kick
   */
  private boolean send(SplitRing running, Packet packet) throws DeviceFailure {
    Header header = packet.header();
    int payloadBytes = packet.header().lengthBytes();
    while (true) {
      int head = running.take();
      if (head < 0) {
        if (!running.armKick()) {
          return false;
        }
        continue;
      }
      chain.walk(running, head, indirect);
      refuseUselessBuffer();
      int pieceBytes = (int) Math.min(payloadBytes - sentBytes, chain.totalBytes() - Header.BYTES);
      boolean last = sentBytes + pieceBytes == payloadBytes;
      HeaderCodec.encode(
          last ? header.withLengthBytes(pieceBytes) : piece(header, pieceBytes), headerBytes, 0);
      chain.write(0, headerBuffer, 0, Header.BYTES);
      chain.write(Header.BYTES, packet.payload(), packet.offset() + sentBytes, pieceBytes);
      running.giveBack(head, Header.BYTES + pieceBytes);
      sentBytes += pieceBytes;
      if (last) {
        sentBytes = 0;
        return true;
      }
    }
  }

  private void refuseUselessBuffer() throws DeviceFailure {
    if (chain.readableDescriptors() > 0 || chain.totalBytes() < Header.BYTES) {
      throw new DeviceFailure(
          "The guest posted a receive buffer with "
              + chain.readableDescriptors()
              + " read-only descriptors and "
              + chain.totalBytes()
              + " bytes; it takes none of them and at least "
              + Header.BYTES
              + ".");
    }
  }

  private static Header piece(Header whole, int pieceBytes) {
    return new Header(
        whole.srcCid(),
        whole.dstCid(),
        whole.srcPort(),
        whole.dstPort(),
        pieceBytes,
        whole.type(),
        whole.opValue(),
        whole.flags() & ~END_FLAGS,
        whole.bufAlloc(),
        whole.fwdCnt());
  }

  /**
   * Whether fewer replies than this wait for the guest. While they do not, nothing is taken off the
   * tx ring, or a guest that sends without ever receiving could fill the JVM.
   *
   * <p>Source: virtio 1.3 section 5.10.6.1, Linux {@code vhost_vsock_more_replies}. Linux counts
   * RST and RESPONSE; that CREDIT_UPDATE counts, too, is our choice, since a flood of
   * CREDIT_REQUEST brings it forth.
   */
  boolean hasRoomForReplies(int limit) {
    return waitingReplies.get() < limit;
  }

  private static boolean isReply(Packet packet) {
    Op op = packet.header().op();
    return op == Op.RST || op == Op.RESPONSE || op == Op.CREDIT_UPDATE;
  }

  /** Drops all that waits: the guest that it was for is no more. */
  void forgetAll() {
    lock.lock();
    try {
      waiting.clear();
      waitingReplies.set(0);
      sentBytes = 0;
    } finally {
      lock.unlock();
    }
  }

  /** Drops connects that wait: who asked for them has gone. */
  void forgetRequests() {
    lock.lock();
    try {
      waiting.removeIf(packet -> packet.header().op() == Op.REQUEST);
    } finally {
      lock.unlock();
    }
  }

  /** Packets that wait for the guest's buffers. */
  int waitingCount() {
    lock.lock();
    try {
      return waiting.size();
    } finally {
      lock.unlock();
    }
  }
}
