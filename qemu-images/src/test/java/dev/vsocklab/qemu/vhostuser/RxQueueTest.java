package dev.vsocklab.qemu.vhostuser;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.Op;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Packets for the guest, cut to the buffers that it posts. */
class RxQueueTest extends DeviceTestBase {
  private static final int EOM_AND_EOR = 3;

  private static byte[] randomBytes(int count) {
    byte[] bytes = new byte[count];
    new Random(count).nextBytes(bytes);
    return bytes;
  }

  private static Header seqpacket(int lengthBytes) {
    return new Header(
        2,
        42,
        7000,
        5000,
        lengthBytes,
        Header.TYPE_SEQPACKET,
        Op.RW.wireValue(),
        EOM_AND_EOR,
        1,
        2);
  }

  @Test
  void aPacketLargerThanTheBuffersIsSplitAndOnlyTheLastPieceEndsTheMessage() throws Exception {
    byte[] body = randomBytes(300);
    vmm.boot();
    for (int i = 0; i < 4; i++) {
      vmm.postRx(i, Header.BYTES + 100);
    }
    host.send(seqpacket(body.length), body);
    ByteArrayOutputStream got = new ByteArrayOutputStream();
    for (int i = 0; i < 3; i++) {
      FakeVmm.Received piece = vmm.awaitPacket();
      assertEquals(100, piece.payload().length);
      assertEquals(i == 2 ? EOM_AND_EOR : 0, piece.header().flags());
      assertEquals(7000, piece.header().srcPort());
      got.writeBytes(piece.payload());
    }
    assertArrayEquals(body, got.toByteArray());
    assertFalse(vmm.rx.hasUsed(), "exactly three");
  }

  @Test
  void aSplitThatRunsOutOfBuffersGoesOnWithTheNextOnesBeforeAnythingElse() throws Exception {
    byte[] body = randomBytes(1000);
    vmm.boot();
    vmm.postRx(0, Header.BYTES + 300);
    host.send(seqpacket(body.length), body);
    byte[] kept = body.clone();
    Arrays.fill(body, (byte) 0); // a borrowed payload is the caller's again
    host.send(FakeHost.header(1, 2, Op.RST, 0, 0), new byte[0]);

    ByteArrayOutputStream got = new ByteArrayOutputStream();
    FakeVmm.Received first = vmm.awaitPacket();
    got.writeBytes(first.payload());
    vmm.postRx(1, Header.BYTES + 650);
    FakeVmm.Received second = vmm.awaitPacket();
    assertEquals(0, second.header().flags());
    got.writeBytes(second.payload());
    vmm.postRx(2, Header.BYTES + 4000);
    FakeVmm.Received third = vmm.awaitPacket();
    assertEquals(EOM_AND_EOR, third.header().flags());
    got.writeBytes(third.payload());
    assertArrayEquals(kept, got.toByteArray());
    vmm.postRx(3, 100);
    assertEquals(Op.RST, vmm.awaitPacket().header().op());
  }

  @Test
  void aBufferOfSeveralDescriptorsIsFilledInOrder() throws Exception {
    byte[] body = randomBytes(40);
    vmm.boot();
    long at = FakeVmm.rxBuffer(0);
    vmm.rx.descriptor(0, at, 10, FakeRing.WRITE | FakeRing.NEXT, 1);
    vmm.rx.descriptor(1, at + 10, Header.BYTES - 10 + 5, FakeRing.WRITE | FakeRing.NEXT, 2);
    vmm.rx.descriptor(2, at + Header.BYTES + 5, 100, FakeRing.WRITE, 0);
    vmm.rx.offer(0);
    vmm.rx.kick();
    host.send(FakeHost.header(1, 2, Op.RW, 0, 40), body);
    assertArrayEquals(body, vmm.awaitPacket().payload());
  }

  @Test
  void aBufferForTheHeaderAloneTakesPacketsWithoutPayload() throws Exception {
    vmm.boot();
    vmm.postRx(0, Header.BYTES);
    Header request = FakeHost.header(1, 2, Op.REQUEST, 0, 0);
    host.send(request, new byte[0]);
    assertEquals(request, vmm.awaitPacket().header());
  }

  @Test
  void packetsThatWaitGoOutInOrderWhenTheGuestKicks() throws Exception {
    vmm.boot();
    for (int i = 0; i < 3 * FakeVmm.RING_SIZE; i++) {
      host.send(FakeHost.header(i, 2, Op.RW, 0, 10), randomBytes(10));
    }
    for (int i = 0; i < 3 * FakeVmm.RING_SIZE; i++) {
      vmm.postRx(i % FakeVmm.RING_SIZE, 200);
      assertEquals(i, vmm.awaitPacket().header().srcPort());
    }
  }

  @Test
  void aPacketWhoseHeaderSaysMoreThanThereIsNeverReachesTheGuest() throws Exception {
    vmm.boot();
    vmm.postRx(0, 4000);
    host.send(FakeHost.header(1, 2, Op.RW, 0, 4000), randomBytes(10));
    host.send(FakeHost.header(3, 2, Op.RW, 0, 10), randomBytes(10));

    assertEquals(3, vmm.awaitPacket().header().srcPort(), "the one after it");
  }
}
