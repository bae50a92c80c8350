package dev.vsocklab.qemu.vhostuser;

import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.Op;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** A guest that breaks the rings ends its device, with a sentence, and nothing else. */
class HostileGuestTest extends DeviceTestBase {
  private static final long TABLE = 0x8000;

  private void offerAndFail(String part) throws Exception {
    vmm.tx.offer(0);
    vmm.tx.kick();
    assertFailed(part);
  }

  @Test
  void headBeyondTheRing() throws Exception {
    vmm.boot();
    vmm.tx.offer(FakeVmm.RING_SIZE);
    vmm.tx.kick();
    assertFailed("offered descriptor 16 on ring 1, which has 16");
  }

  @Test
  void availIndexThatJumpsFurtherThanTheRing() throws Exception {
    vmm.boot();
    vmm.tx.jumpAvail(FakeVmm.RING_SIZE + 1);
    vmm.tx.kick();
    assertFailed("from 0 to 17");
  }

  @Test
  void chainInACircle() throws Exception {
    vmm.boot();
    vmm.tx.descriptor(0, FakeVmm.TX_BUFFERS, 10, FakeRing.NEXT, 1);
    vmm.tx.descriptor(1, FakeVmm.TX_BUFFERS, 10, FakeRing.NEXT, 0);
    offerAndFail("circle");
  }

  @Test
  void nextBeyondTheTable() throws Exception {
    vmm.boot();
    vmm.tx.descriptor(0, FakeVmm.TX_BUFFERS, 10, FakeRing.NEXT, 65535);
    offerAndFail("goes on at 65535");
  }

  @Test
  void addressOutsideMemory() throws Exception {
    vmm.boot();
    vmm.tx.descriptor(0, 4 << 20, 44, 0, 0);
    offerAndFail("a descriptor on ring 1, 44 bytes at 0x400000");
  }

  @Test
  void rangeThatLeavesMemory() throws Exception {
    vmm.boot();
    vmm.tx.descriptor(0, (4 << 20) - 43, 44, 0, 0);
    offerAndFail("not in one region");
  }

  @Test
  void addressPlusLengthThatWrapsAround() throws Exception {
    vmm.boot();
    vmm.tx.descriptor(0, -10, 44, 0, 0);
    offerAndFail("0xfffffffffffffff6");
  }

  @Test
  void lengthOfFourGibibytesLessOne() throws Exception {
    vmm.boot();
    vmm.tx.descriptor(0, FakeVmm.TX_BUFFERS, -1, 0, 0);
    offerAndFail("4294967295 bytes");
  }

  @Test
  void tooShortForAHeader() throws Exception {
    vmm.boot();
    vmm.tx.descriptor(0, FakeVmm.TX_BUFFERS, Header.BYTES - 1, 0, 0);
    offerAndFail("a packet of 43 bytes has no room");
  }

  @Test
  void emptyChain() throws Exception {
    vmm.boot();
    vmm.tx.descriptor(0, 0, 0, 0, 0);
    offerAndFail("a packet of 0 bytes");
  }

  @Test
  void packetWithWritableMemory() throws Exception {
    vmm.boot();
    vmm.tx.descriptor(0, FakeVmm.TX_BUFFERS, 100, FakeRing.WRITE, 0);
    offerAndFail("writable");
  }

  @Test
  void indirectInsideIndirect() throws Exception {
    vmm.boot();
    FakeRing.write(vmm.memory.at(TABLE, 16), 0, TABLE, 16, FakeRing.INDIRECT, 0);
    vmm.tx.descriptor(0, TABLE, 16, FakeRing.INDIRECT, 0);
    offerAndFail("holds an indirect descriptor");
  }

  @Test
  void indirectThatGoesOn() throws Exception {
    vmm.boot();
    vmm.tx.descriptor(0, TABLE, 16, FakeRing.INDIRECT | FakeRing.NEXT, 1);
    offerAndFail("has a next one");
  }

  @Test
  void indirectTableOfOddLength() throws Exception {
    vmm.boot();
    vmm.tx.descriptor(0, TABLE, 17, FakeRing.INDIRECT, 0);
    offerAndFail("17 bytes");
  }

  @Test
  void indirectTableOutsideMemory() throws Exception {
    vmm.boot();
    vmm.tx.descriptor(0, (4 << 20) - 16, 32, FakeRing.INDIRECT, 0);
    offerAndFail("an indirect table");
  }

  @Test
  void indirectTableInACircle() throws Exception {
    vmm.boot();
    FakeRing.write(vmm.memory.at(TABLE, 16), 0, FakeVmm.TX_BUFFERS, 0, FakeRing.NEXT, 0);
    vmm.tx.descriptor(0, TABLE, 16, FakeRing.INDIRECT, 0);
    offerAndFail("circle");
  }

  @Test
  void indirectNextBeyondItsTable() throws Exception {
    vmm.boot();
    FakeRing.write(vmm.memory.at(TABLE, 16), 0, FakeVmm.TX_BUFFERS, 1, FakeRing.NEXT, 1);
    vmm.tx.descriptor(0, TABLE, 16, FakeRing.INDIRECT, 0);
    offerAndFail("goes on at 1, but the table has 1");
  }

  @Test
  void indirectTableOfTooManyPieces() throws Exception {
    vmm.boot();
    int entries = DescriptorChain.MAX_SEGMENTS + 1;
    ByteBuffer table = vmm.memory.at(TABLE, 16 * entries);
    for (int i = 0; i < entries; i++) {
      FakeRing.write(table, i, FakeVmm.TX_BUFFERS, 1, FakeRing.NEXT, i + 1);
    }
    vmm.tx.descriptor(0, TABLE, 16 * entries, FakeRing.INDIRECT, 0);
    offerAndFail("more than 1024 pieces");
  }

  @Test
  void indirectThatWasNotNegotiated() throws Exception {
    vmm.realize();
    vmm.start(FakeVmm.ALL_FEATURES & ~FakeVmm.INDIRECT, 0, 0);
    vmm.tx.descriptor(0, TABLE, 16, FakeRing.INDIRECT, 0);
    offerAndFail("not negotiated");
  }

  @Test
  void receiveBufferTooShortForAHeaderFailsInTheSendersThreadWithoutHarmingIt() throws Exception {
    vmm.boot();
    vmm.postRx(0, Header.BYTES - 1);
    host.send(FakeHost.header(1, 2, Op.REQUEST, 0, 0), new byte[0]);
    assertFailed("43 bytes");
  }

  @Test
  void receiveBufferThatMayNotBeWritten() throws Exception {
    vmm.boot();
    vmm.rx.descriptor(0, FakeVmm.RX_BUFFERS, 100, 0, 0);
    vmm.rx.offer(0);
    host.send(FakeHost.header(1, 2, Op.REQUEST, 0, 0), new byte[0]);
    assertFailed("1 read-only descriptors");
  }

  @Test
  void receiveBufferOutsideMemoryWhilePacketsWait() throws Exception {
    vmm.boot();
    host.send(FakeHost.header(1, 2, Op.REQUEST, 0, 0), new byte[0]);
    vmm.rx.descriptor(0, 1L << 40, 100, FakeRing.WRITE, 0);
    vmm.rx.offer(0);
    vmm.rx.kick();
    assertFailed("a descriptor on ring 0");
  }
}
