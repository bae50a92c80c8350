package dev.vsocklab.qemu.vhostuser;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.Op;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A q35 guest of 5 GiB: 2 GiB at 0, 3 GiB at 4 GiB, rings far up in the second region. */
class LargeMemoryTest extends DeviceTestBase {
  private static final long GIB = 1L << 30;

  /** 2.5 GiB into the second region, the descriptor table across a half-gibibyte edge. */
  private static final long RINGS = 4 * GIB + 2 * GIB + GIB / 2 - FakeVmm.RX_PAGE - 64;

  @Override
  FakeVmm newVmm(Path socket) throws IOException {
    return new FakeVmm(
        socket, FakeMemory.of(0, 2 * GIB, 4 * GIB, 3 * GIB), FakeVmm.RING_SIZE, RINGS);
  }

  @Test
  void ringsBeyondTwoGibibytesWork() throws Exception {
    vmm.boot();
    byte[] body = {1, 2, 3};
    vmm.send(FakeHost.guestHeader(Op.RW, 3), body);
    assertArrayEquals(body, FakeHost.payload(host.await()));
    vmm.postRx(0, 100);
    host.send(FakeHost.header(1, 2, Op.RW, 0, 3), body);
    assertArrayEquals(body, vmm.awaitPacket().payload());
  }

  @ParameterizedTest
  @ValueSource(longs = {GIB / 2, GIB, 3 * GIB / 2, 5 * GIB, 6 * GIB})
  void aPacketAcrossAWindowsEdgeIsWhole(long edge) throws Exception {
    byte[] body = new byte[Header.MAX_PAYLOAD_BYTES];
    new Random(edge).nextBytes(body);
    vmm.boot();
    long at = edge - Header.BYTES - 1000;
    vmm.memory
        .at(at, Header.BYTES + body.length)
        .put(0, FakeVmm.bytes(FakeHost.guestHeader(Op.RW, body.length)))
        .put(Header.BYTES, body);
    vmm.tx.descriptor(0, at, Header.BYTES + body.length, 0, 0);
    vmm.tx.offer(0);
    vmm.tx.kick();
    assertArrayEquals(body, FakeHost.payload(host.await()));
    vmm.tx.awaitUsed();

    vmm.rx.descriptor(0, at, Header.BYTES + body.length, FakeRing.WRITE, 0);
    vmm.rx.offer(0);
    vmm.rx.kick();
    host.send(FakeHost.header(1, 2, Op.RW, 0, body.length), body);
    assertEquals(Header.BYTES + body.length, vmm.rx.awaitUsed().writtenBytes());
    byte[] got = new byte[body.length];
    vmm.memory.at(at + Header.BYTES, got.length).get(0, got);
    assertArrayEquals(body, got);
  }

  @Test
  void aRangeAcrossTwoRegionsIsRefusedThoughTheyTouchInTheFile() throws Exception {
    vmm.boot();
    vmm.tx.descriptor(0, 2 * GIB - 40, 44, 0, 0);
    vmm.tx.offer(0);
    vmm.tx.kick();
    assertFailed("2048 MiB at 0x0, 3072 MiB at 0x100000000");
  }
}
