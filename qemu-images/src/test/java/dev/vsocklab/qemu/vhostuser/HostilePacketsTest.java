package dev.vsocklab.qemu.vhostuser;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.sim.SimMachine;
import dev.vsocklab.sim.fabric.Fabric;
import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.Op;
import dev.vsocklab.spi.KernelSocket;
import dev.vsocklab.spi.SocketLayer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A guest whose rings are in order but whose packets no driver sends, against the simulated host.
 * It gets what Linux's vhost gives, and the device goes on.
 *
 * <p>Source: Linux {@code vhost_vsock_alloc_skb}, {@code vhost_vsock_handle_tx_kick}, {@code
 * virtio_transport_recv_pkt}.
 */
@ExtendWith(OpenResources.class)
class HostilePacketsTest {
  private static final int GUEST_PORT = 5000;
  private static final int HOST_PORT = 7000;
  private static final int NOBODYS_PORT = 9;
  private static final int BUFFER_BYTES = 256 * 1024;
  private static final int UNKNOWN_OP = 99;
  private static final byte[] ONE = {1};
  private static final byte[] NONE = {};

  private final Fabric fabric = new Fabric();
  private final SimMachine host = SimMachine.attach(fabric, VsockAddress.CID_HOST);
  private VhostUserDevice device;
  private FakeVmm vmm;
  private int nextBuffer;

  @BeforeEach
  void boot(@TempDir Path folder) throws IOException {
    device = VhostUserDevice.listen(folder.resolve("s"), FakeVmm.CID);
    device.plug(fabric);
    vmm = new FakeVmm(folder.resolve("s"));
    vmm.boot();
  }

  @AfterEach
  void theDeviceIsWellToTheEnd() throws Exception {
    try {
      assertQuiet();
      assertEquals("", device.failure().orElse(""));
    } finally {
      vmm.close();
      device.close();
      host.close();
    }
  }

  @Test
  void aWrongTypeIsAnsweredWithRstOfThatType() throws Exception {
    establish();
    send(header(Op.RW, 1, 7), ONE);

    Header answer = answer();
    assertEquals(Op.RST, answer.op());
    assertEquals(7, answer.type());
    assertEquals(GUEST_PORT, answer.dstPort());
  }

  @Test
  void theOtherTypeThanTheSocketsIsAnsweredWithRstAndTheConnectionLives() throws Exception {
    KernelSocket socket = establish();
    send(header(Op.RW, 1, Header.TYPE_SEQPACKET), ONE);
    assertEquals(Op.RST, answer().op());

    assertReceives(socket);
  }

  @Test
  void anUnknownOpIsIgnoredByAConnectionAndResetWithoutOne() throws Exception {
    KernelSocket socket = establish();
    send(header(UNKNOWN_OP, 0, 0, 0), NONE);
    assertQuiet();
    assertReceives(socket);

    send(toNobody(UNKNOWN_OP), NONE);
    assertEquals(Op.RST, answer().op());
  }

  @Test
  void aLengthBeyondThePayloadIsDropped() throws Exception {
    KernelSocket socket = establish();
    send(header(Op.RW, 2, Header.TYPE_STREAM), ONE);
    send(header(Op.RW, Header.MAX_PAYLOAD_BYTES + 1, Header.TYPE_STREAM), ONE);
    send(header(Op.RW, -1, Header.TYPE_STREAM), ONE);

    assertEquals(3, device.droppedPackets());
    assertReceives(socket);
  }

  @Test
  void creditThatShrinksBelowWhatIsInFlightStopsTheHostUntilItGrows() throws Exception {
    KernelSocket socket = establish();
    assertEquals(1, socket.write(ByteBuffer.wrap(ONE), KernelSocket.NO_WAIT));
    assertEquals(Op.RW, answer().op());

    send(header(Op.CREDIT_UPDATE.wireValue(), 0, 0, 0), NONE);
    assertEquals(
        KernelSocket.WOULD_BLOCK, socket.write(ByteBuffer.wrap(ONE), KernelSocket.NO_WAIT));
    send(header(Op.CREDIT_UPDATE.wireValue(), 0, 2, 0), NONE);
    assertEquals(1, socket.write(ByteBuffer.allocate(10), KernelSocket.NO_WAIT));
    assertEquals(Op.RW, answer().op());
  }

  @Test
  void aForwardCountAheadOfWhatWasSentLeavesNoCredit() throws Exception {
    KernelSocket socket = establish();
    send(header(Op.CREDIT_UPDATE.wireValue(), 0, BUFFER_BYTES, 1000), NONE);
    assertEquals(
        KernelSocket.WOULD_BLOCK, socket.write(ByteBuffer.wrap(ONE), KernelSocket.NO_WAIT));

    send(header(Op.CREDIT_UPDATE.wireValue(), 0, BUFFER_BYTES, 0), NONE);
    assertEquals(1, socket.write(ByteBuffer.wrap(ONE), KernelSocket.NO_WAIT));
    assertEquals(Op.RW, answer().op());
  }

  @Test
  void aResponseWithoutARequestIsResetOrIgnored() throws Exception {
    send(toNobody(Op.RESPONSE.wireValue()), NONE);
    assertEquals(Op.RST, answer().op());
    KernelSocket socket = establish();
    send(header(Op.RESPONSE, 0, Header.TYPE_STREAM), NONE);

    assertQuiet();
    assertReceives(socket);
  }

  @Test
  void dataAfterShutdownOfSendingStillArrivesAndThenTheEnd() throws Exception {
    KernelSocket socket = establish();
    send(flagged(Op.SHUTDOWN, Header.SHUTDOWN_SEND), NONE);
    assertReceives(socket);

    ByteBuffer dst = ByteBuffer.allocate(1);
    assertEquals(KernelSocket.EOF, socket.read(dst, KernelSocket.NO_WAIT));
  }

  @Test
  void dataAfterAFullShutdownIsReset() throws Exception {
    establish();
    send(flagged(Op.SHUTDOWN, Header.SHUTDOWN_BOTH), NONE);
    assertEquals(Op.RST, answer().op());

    send(header(Op.RW, 1, Header.TYPE_STREAM), ONE);
    assertEquals(Op.RST, answer().op());
  }

  @Test
  void upperBitsOfACidMakeItAnotherOne() throws Exception {
    KernelSocket socket = establish();
    long upper = 1L << 32;
    send(from(FakeVmm.CID | upper, VsockAddress.CID_HOST), ONE);
    send(from(FakeVmm.CID, VsockAddress.CID_HOST | upper), ONE);
    send(from(VsockAddress.CID_HOST, FakeVmm.CID), ONE);

    assertEquals(3, device.droppedPackets());
    assertReceives(socket);
  }

  @Test
  void anRstIsNeverAnswered() throws Exception {
    send(toNobody(Op.RST.wireValue()), NONE);
    send(header(Op.RST, 0, Header.TYPE_STREAM), NONE);
    assertQuiet();
  }

  // ---- what the tests say

  private KernelSocket establish() throws Exception {
    KernelSocket listener = host.as(SocketLayer.class).orElseThrow().stream();
    listener.bind(VsockAddress.any(HOST_PORT));
    listener.listen(1);
    send(header(Op.REQUEST, 0, Header.TYPE_STREAM), NONE);
    assertEquals(Op.RESPONSE, answer().op());
    KernelSocket accepted = listener.accept(KernelSocket.NO_WAIT);
    assertNotNull(accepted);
    listener.close();
    return accepted;
  }

  private void assertReceives(KernelSocket socket) throws Exception {
    send(header(Op.RW, 1, Header.TYPE_STREAM), ONE);
    assertEquals(1, socket.read(ByteBuffer.allocate(2), KernelSocket.NO_WAIT));
    assertEquals(Op.CREDIT_UPDATE, answer().op());
  }

  /** Nothing was said to the guest but the answer to a probe. */
  private void assertQuiet() throws Exception {
    send(toNobody(Op.REQUEST.wireValue()), NONE);
    Header answer = answer();
    assertEquals(Op.RST, answer.op());
    assertEquals(NOBODYS_PORT, answer.srcPort());
  }

  private void send(Header header, byte[] body) throws IOException {
    vmm.send(header, body);
  }

  /** The next packet from the host, for which the guest has room only now. */
  private Header answer() throws IOException {
    vmm.postRx(nextBuffer, 4096);
    nextBuffer = (nextBuffer + 1) % FakeVmm.RING_SIZE;
    FakeVmm.Received received = vmm.awaitPacket();
    assertTrue(received.header().srcCid() == VsockAddress.CID_HOST, received.toString());
    return received.header();
  }

  private static Header header(Op op, int lengthBytes, int type) {
    return made(
        FakeVmm.CID, VsockAddress.CID_HOST, HOST_PORT, lengthBytes, type, op.wireValue(), 0);
  }

  private static Header header(int op, int lengthBytes, int bufAlloc, int fwdCnt) {
    return new Header(
        FakeVmm.CID,
        VsockAddress.CID_HOST,
        GUEST_PORT,
        HOST_PORT,
        lengthBytes,
        Header.TYPE_STREAM,
        op,
        0,
        bufAlloc,
        fwdCnt);
  }

  private static Header flagged(Op op, int flags) {
    return made(
        FakeVmm.CID,
        VsockAddress.CID_HOST,
        HOST_PORT,
        0,
        Header.TYPE_STREAM,
        op.wireValue(),
        flags);
  }

  private static Header toNobody(int op) {
    return made(FakeVmm.CID, VsockAddress.CID_HOST, NOBODYS_PORT, 0, Header.TYPE_STREAM, op, 0);
  }

  private static Header from(long srcCid, long dstCid) {
    return made(srcCid, dstCid, HOST_PORT, 1, Header.TYPE_STREAM, Op.RW.wireValue(), 0);
  }

  private static Header made(
      long srcCid, long dstCid, int dstPort, int lengthBytes, int type, int op, int flags) {
    return new Header(
        srcCid, dstCid, GUEST_PORT, dstPort, lengthBytes, type, op, flags, BUFFER_BYTES, 0);
  }
}
