package dev.vsocklab.qemu.vhostuser;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.Op;
import dev.vsocklab.sim.wire.Packet;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Packets from the guest, in every shape, and those that vhost would drop. */
class TxQueueTest extends DeviceTestBase {
  private static final int RING_SIZE = 32;
  private static final long TABLE = 0x8000;

  @Override
  FakeVmm newVmm(Path socket) throws IOException {
    return new FakeVmm(socket, FakeMemory.of(0, 4 << 20), RING_SIZE, 0);
  }

  private static byte[] randomBytes(int count) {
    byte[] bytes = new byte[count];
    new Random(count).nextBytes(bytes);
    return bytes;
  }

  /** Header and payload in a row in guest memory; returns the address. */
  private long place(Header header, byte[] body) {
    ByteBuffer at = vmm.memory.at(FakeVmm.TX_BUFFERS, Header.BYTES + body.length);
    at.put(0, FakeVmm.bytes(header)).put(Header.BYTES, body);
    return FakeVmm.TX_BUFFERS;
  }

  /** A packet cut into descriptors of these lengths, the last one takes the rest. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "44",
        "3044",
        "10,34",
        "1,1,1,1,40",
        "100",
        "44,0,1500,0",
        "43,2",
        "44,10,10,10,10,10,10,10,10,10,10,10,10,10,10,10,10"
      })
  void anyShapeArrivesWhole(String lengths) throws Exception {
    byte[] body = randomBytes(3000);
    vmm.boot();
    long address = place(FakeHost.guestHeader(Op.RW, body.length), body);
    int[] cuts = Arrays.stream(lengths.split(",", -1)).mapToInt(Integer::parseInt).toArray();
    int head = 0;
    int left = Header.BYTES + body.length;
    for (int cut : cuts) {
      boolean last = left == cut;
      vmm.tx.descriptor(head, address, cut, last ? 0 : FakeRing.NEXT, head + 1);
      head++;
      address += cut;
      left -= cut;
    }
    if (left > 0) {
      vmm.tx.descriptor(head, address, left, 0, 0);
    }
    vmm.tx.offer(0);
    vmm.tx.kick();
    assertArrayEquals(body, FakeHost.payload(host.await()));
    assertEquals(new FakeRing.Used(0, 0), vmm.tx.awaitUsed());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void anIndirectTableMayBeAllOrTheEndOfAChain(int directDescriptors) throws Exception {
    byte[] body = randomBytes(1700);
    vmm.boot();
    long address = place(FakeHost.guestHeader(Op.RW, body.length), body);
    int fragments = 17;
    ByteBuffer table = vmm.memory.at(TABLE, 16 * (fragments + 1));
    int entry = 0;
    if (directDescriptors == 0) {
      // Out of order in the table, and with the WRITE flag on the table itself, which is ignored.
      FakeRing.write(table, entry++, address, Header.BYTES, FakeRing.NEXT, 1);
    } else {
      vmm.tx.descriptor(5, address, Header.BYTES, FakeRing.NEXT, 6);
    }
    for (int i = 0; i < fragments; i++) {
      boolean last = i == fragments - 1;
      FakeRing.write(
          table, entry++, address + Header.BYTES + 100L * i, 100, last ? 0 : FakeRing.NEXT, entry);
    }
    vmm.tx.descriptor(
        directDescriptors == 0 ? 5 : 6, TABLE, 16 * entry, FakeRing.INDIRECT | FakeRing.WRITE, 0);
    vmm.tx.offer(5);
    vmm.tx.kick();
    assertArrayEquals(body, FakeHost.payload(host.await()));
    assertEquals(new FakeRing.Used(5, 0), vmm.tx.awaitUsed());
  }

  @Test
  void sixtyFourKibibytesArriveAndOneMoreIsDropped() throws Exception {
    byte[] body = randomBytes(Header.MAX_PAYLOAD_BYTES + 1);
    vmm.boot();
    long address = place(FakeHost.guestHeader(Op.RW, body.length), body);
    vmm.tx.descriptor(0, address, Header.BYTES + body.length, 0, 0);
    vmm.tx.offer(0);
    vmm.tx.kick();
    vmm.tx.awaitUsed();
    assertEquals(1, device.droppedPackets());

    place(FakeHost.guestHeader(Op.RW, body.length - 1), body);
    vmm.tx.offer(0);
    vmm.tx.kick();
    vmm.tx.awaitUsed();
    assertArrayEquals(Arrays.copyOf(body, body.length - 1), FakeHost.payload(host.await()));
    assertTrue(host.received.isEmpty());
    assertTrue(device.log().contains("payload over 64 KiB: 1"), device.log());
  }

  @Test
  void lessPayloadThanTheHeaderSaysIsDroppedAndMoreIsIgnored() throws Exception {
    vmm.boot();
    vmm.send(FakeHost.guestHeader(Op.RW, 11), randomBytes(10));
    vmm.send(FakeHost.guestHeader(Op.RW, -1), randomBytes(10));
    assertEquals(2, device.droppedPackets());
    vmm.send(FakeHost.guestHeader(Op.RW, 9), randomBytes(10));
    assertArrayEquals(Arrays.copyOf(randomBytes(10), 9), FakeHost.payload(host.await()));
    assertTrue(host.received.isEmpty());
  }

  @Test
  void packetsFromOrToOtherMachinesAreDroppedSilently() throws Exception {
    vmm.boot();
    vmm.postRx(0, 4000);
    for (long[] cids : new long[][] {{43, 2}, {42, 3}, {42, 1}, {42 + (1L << 32), 2}, {2, 42}}) {
      vmm.send(
          new Header(cids[0], cids[1], 1, 2, 0, 1, Op.REQUEST.wireValue(), 0, 0, 0), new byte[0]);
    }
    assertEquals(5, device.droppedPackets());
    assertTrue(host.received.isEmpty());
    assertFalse(vmm.rx.hasUsed());
    assertTrue(device.log().contains("not from this guest to the host: 5"), device.log());
  }

  @Test
  void opsAndTypesThatNobodyKnowsAreTheStacksBusiness() throws Exception {
    vmm.boot();
    Header strange = new Header(42, 2, 1, 2, 0, 999, 12345, -1, -1, -1);
    vmm.send(strange, new byte[0]);
    assertEquals(strange, host.await().header());
  }

  @Test
  void theHeaderIsBelievedAsItWasWhenItWasRead() throws Exception {
    byte[] body = randomBytes(100);
    vmm.boot();
    vmm.send(FakeHost.guestHeader(Op.RW, body.length), body);
    Packet packet = host.await();
    vmm.memory.at(FakeVmm.TX_BUFFERS, Header.BYTES).putInt(24, 1 << 30);
    assertEquals(body.length, packet.header().lengthBytes());
  }

  @Test
  void theGuestIsHeardWhileItDoesNotReceive() throws Exception {
    vmm.boot();
    for (int i = 0; i < 3 * RING_SIZE; i++) {
      host.send(FakeHost.header(1, 2, Op.RW, 0, 10), randomBytes(10));
    }
    for (int i = 0; i < 5 * RING_SIZE; i++) {
      vmm.send(FakeHost.guestHeader(Op.RW, 10), randomBytes(10));
      host.await();
    }
  }

  @Test
  void aGuestThatAsksAndNeverReceivesIsLeftAloneUntilItDoes() throws Exception {
    vmm.boot();
    host.answers = true;
    for (int i = 0; i < RING_SIZE; i++) {
      vmm.send(FakeHost.guestHeader(Op.REQUEST, 0), new byte[0]);
    }
    // As many answers wait as the ring has entries: the next packet stays on the ring.
    vmm.offerTx(0, FakeHost.guestHeader(Op.REQUEST, 0), new byte[0]);
    vmm.tx.kick();
    vmm.awaitRound();
    assertFalse(vmm.tx.hasUsed());
    assertEquals(RING_SIZE, host.received.size());

    vmm.postRx(0, 4000);
    assertEquals(Op.RESPONSE, vmm.awaitPacket().header().op());
    assertEquals(new FakeRing.Used(0, 0), vmm.tx.awaitUsed());
    assertEquals(RING_SIZE + 1, host.received.size());
  }

  @Test
  void manyPacketsInOneKickKeepTheirOrder() throws Exception {
    vmm.boot();
    IntStream.range(0, RING_SIZE)
        .forEach(
            i ->
                vmm.offerTx(
                    i,
                    new Header(42, 2, i, 9, 0, 1, Op.REQUEST.wireValue(), 0, 0, 0),
                    new byte[0]));
    vmm.tx.kick();
    for (int i = 0; i < RING_SIZE; i++) {
      assertEquals(i, host.await().header().srcPort());
      assertEquals(new FakeRing.Used(i, 0), vmm.tx.awaitUsed());
    }
  }
}
