package dev.vsocklab.qemu.vhostuser;

import static org.junit.jupiter.api.Assertions.assertNotNull;

import dev.vsocklab.sim.fabric.Fabric;
import dev.vsocklab.sim.fabric.Port;
import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.Op;
import dev.vsocklab.sim.wire.Packet;
import java.nio.ByteBuffer;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A host without a stack: it remembers what comes and sends what the test says. */
final class FakeHost implements Port {
  static final long CID = 2;
  private static final int DEADLINE_SECONDS = 10;

  final Fabric fabric = new Fabric();
  final BlockingQueue<Packet> received = new LinkedBlockingQueue<>();
  final BlockingQueue<Long> gone = new LinkedBlockingQueue<>();

  /** Whether every packet is answered with a RESPONSE before {@link #receive} returns. */
  volatile boolean answers;

  FakeHost() {
    fabric.attach(CID, this);
  }

  @Override
  public void receive(Packet packet) {
    received.add(packet.owned());
    if (answers) {
      Header header = packet.header();
      send(
          header(
              /* srcPort= */ header.dstPort(), /* dstPort= */ header.srcPort(), Op.RESPONSE, 0, 0),
          new byte[0]);
    }
  }

  @Override
  public void peerGone(long cid) {
    gone.add(cid);
  }

  Packet await() throws InterruptedException {
    @Nullable Packet packet = received.poll(DEADLINE_SECONDS, TimeUnit.SECONDS);
    assertNotNull(packet, "the host received nothing");
    return packet;
  }

  long awaitGone() throws InterruptedException {
    @Nullable Long cid = gone.poll(DEADLINE_SECONDS, TimeUnit.SECONDS);
    assertNotNull(cid, "the host was not told");
    return cid;
  }

  /** A packet's payload. */
  static byte[] payload(Packet packet) {
    byte[] bytes = new byte[packet.header().lengthBytes()];
    packet.payload().get(packet.offset(), bytes);
    return bytes;
  }

  void send(Header header, byte[] body) {
    fabric.carry(
        body.length == 0 ? Packet.of(header) : Packet.borrowing(header, ByteBuffer.wrap(body), 0));
  }

  /** A header from the host to the guest. */
  static Header header(int srcPort, int dstPort, Op op, int flags, int lengthBytes) {
    return new Header(
        CID,
        FakeVmm.CID,
        srcPort,
        dstPort,
        lengthBytes,
        Header.TYPE_STREAM,
        op.wireValue(),
        flags,
        0x40000,
        7);
  }

  /** A header from the guest to the host. */
  static Header guestHeader(Op op, int lengthBytes) {
    return new Header(
        FakeVmm.CID,
        CID,
        5000,
        7000,
        lengthBytes,
        Header.TYPE_STREAM,
        op.wireValue(),
        0,
        0x40000,
        0);
  }
}
