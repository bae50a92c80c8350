package dev.vsocklab.sim;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.sim.engine.Engine;
import dev.vsocklab.sim.fabric.Fabric;
import dev.vsocklab.sim.stack.StackWatch;
import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.Op;
import dev.vsocklab.sim.wire.Packet;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A peer that is made by hand: it sends whatever packets it is told to, and sees each packet that
 * comes back. For what no well-behaved peer does, and to see exactly what a kernel answers.
 *
 * <p>It takes one port of a simulated machine: packets for that port come here and to no socket.
 * With a real guest behind the host's virtio device, the packets go to that guest's kernel.
 */
public final class PacketPeer implements AutoCloseable {
  /** What it announces unless told otherwise: Linux's default buffer. */
  private static final int BUF_ALLOC = 256 * 1024;

  private final ArrayDeque<Packet> received = new ArrayDeque<>();
  private final ReentrantLock lock;
  private final Condition arrived;
  private final Fabric fabric;
  private final StackWatch watch;
  private final VsockAddress address;
  private final Runnable onClose;

  PacketPeer(
      Fabric fabric, Engine engine, StackWatch watch, VsockAddress address, Runnable onClose) {
    this.fabric = fabric;
    this.lock = engine.newLock();
    this.arrived = lock.newCondition();
    this.watch = watch;
    this.address = address;
    this.onClose = onClose;
  }

  void take(Packet packet) {
    lock.lock();
    try {
      received.add(packet.owned());
      arrived.signal();
    } finally {
      lock.unlock();
    }
  }

  /**
   * The address that it sends from.
   *
   * @return the machine's CID and the port that was taken
   */
  public VsockAddress address() {
    return address;
  }

  /**
   * A header from here to another address, of a stream, with a full buffer's credit and nothing
   * consumed. Change what is to be wrong with it, then {@link #send} it.
   *
   * @param to where to
   * @param op the op
   * @param lengthBytes payload bytes
   * @return the header
   */
  public Header header(VsockAddress to, Op op, int lengthBytes) {
    return new Header(
        address.cid(),
        to.cid(),
        (int) address.port(),
        (int) to.port(),
        lengthBytes,
        Header.TYPE_STREAM,
        op.wireValue(),
        0,
        BUF_ALLOC,
        0);
  }

  /**
   * Sends a packet, as it is, to the machine at a CID; the header may name another.
   *
   * @param toCid the machine
   * @param header the header
   * @param payload the payload, of any length
   */
  public void send(long toCid, Header header, byte[] payload) {
    watch.isHandMade(header);
    fabric.deliver(toCid, Packet.owning(header, ByteBuffer.wrap(payload.clone()), 0));
  }

  /**
   * Sends a well-formed packet.
   *
   * @param to where to
   * @param op the op
   * @param payload the payload
   */
  public void send(VsockAddress to, Op op, byte... payload) {
    send(to.cid(), header(to, op, payload.length), payload);
  }

  /**
   * The next packet for this port.
   *
   * @param atMost how long to wait for it
   * @return the packet, or null if none came in time
   * @throws InterruptedException if the thread is interrupted meanwhile
   */
  public @Nullable Packet receive(Duration atMost) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long leftNanos = atMost.toNanos();
      while (received.isEmpty() && leftNanos > 0) {
        leftNanos = arrived.awaitNanos(leftNanos);
      }
      return received.poll();
    } finally {
      lock.unlock();
    }
  }

  /** Gives the port back to the machine's sockets. */
  @Override
  public void close() {
    onClose.run();
  }
}
