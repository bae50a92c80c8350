package dev.vsocklab.qemu.vhostuser;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.linux.EventFd;
import dev.vsocklab.linux.Fd;
import dev.vsocklab.linux.FileMapping;
import dev.vsocklab.linux.PollSet;
import dev.vsocklab.sim.fabric.Fabric;
import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.Op;
import dev.vsocklab.sim.wire.Packet;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** From QEMU's first message to its death, and from one fabric to the next. */
class DeviceLifeTest extends DeviceTestBase {
  private static final byte[] HELLO = {1, 2, 3, 4, 5};

  @Test
  void packetsCrossBothWaysOnceTheDriverRuns() throws Exception {
    vmm.boot();
    device.awaitStarted(DEADLINE);

    Header fromGuest = FakeHost.guestHeader(Op.RW, HELLO.length);
    vmm.send(fromGuest, HELLO);
    Packet atHost = host.await();
    assertEquals(fromGuest, atHost.header());
    assertArrayEquals(HELLO, FakeHost.payload(atHost));

    vmm.postRx(3, 4000);
    Header fromHost = FakeHost.header(7000, 5000, Op.RW, 0, HELLO.length);
    host.send(fromHost, HELLO);
    FakeVmm.Received atGuest = vmm.awaitPacket();
    assertEquals(fromHost, atGuest.header());
    assertArrayEquals(HELLO, atGuest.payload());
    assertEquals(3, atGuest.head());
  }

  @Test
  void whatIsOfferedBeforeEnableIsSeenWithoutAnyKick() throws Exception {
    host.send(FakeHost.header(1, 2, Op.REQUEST, 0, 0), new byte[0]);
    vmm.realize();
    vmm.kicksComeSignalled = false;
    vmm.prepare(FakeVmm.ALL_FEATURES, 0, 0);
    vmm.offerTx(0, FakeHost.guestHeader(Op.REQUEST, 0), new byte[0]);
    vmm.rx.descriptor(0, FakeVmm.rxBuffer(0), 4000, FakeRing.WRITE, 0);
    vmm.rx.offer(0);
    vmm.enable();
    assertEquals(Op.REQUEST, host.await().header().op());
    assertEquals(Op.REQUEST, vmm.awaitPacket().header().op());
  }

  @Test
  void withoutProtocolFeaturesARingRunsFromItsKickOn() throws Exception {
    vmm.realize();
    vmm.prepare(FakeVmm.ALL_FEATURES & ~(1L << 30), 0, 0);
    device.awaitStarted(DEADLINE);
    vmm.send(FakeHost.guestHeader(Op.REQUEST, 0), new byte[0]);
    assertEquals(Op.REQUEST, host.await().header().op());
  }

  @Test
  void stopAndContGoOnWhereTheyWereAndDropNothing() throws Exception {
    vmm.boot();
    vmm.postRx(0, 4000);
    host.send(FakeHost.header(1, 2, Op.RW, 0, 5), HELLO);
    vmm.awaitPacket();
    vmm.send(FakeHost.guestHeader(Op.RW, 5), HELLO);
    host.await();

    int[] bases = vmm.stop();
    assertArrayEquals(new int[] {1, 1}, bases);
    host.send(FakeHost.header(1, 2, Op.RW, 0, 5), HELLO);
    vmm.start(FakeVmm.ALL_FEATURES, bases[0], bases[1]);
    vmm.postRx(1, 4000);
    assertArrayEquals(HELLO, vmm.awaitPacket().payload());
    vmm.send(FakeHost.guestHeader(Op.RW, 5), HELLO);
    host.await();
    assertTrue(host.gone.isEmpty(), "a pause is no reset");
  }

  @Test
  void rebootEndsTheGuestsConnectionsAndDropsWhatWaited() throws Exception {
    vmm.boot();
    vmm.send(FakeHost.guestHeader(Op.RW, 5), HELLO);
    host.await();
    vmm.stop();
    host.send(FakeHost.header(1, 2, Op.RW, 0, 5), HELLO);
    assertTrue(host.gone.isEmpty(), "the device cannot know yet");

    vmm.rx.reset(0);
    vmm.tx.reset(0);
    vmm.start(FakeVmm.ALL_FEATURES, 0, 0);
    assertEquals(FakeVmm.CID, host.awaitGone());
    vmm.postRx(0, 4000);
    host.send(FakeHost.header(9, 9, Op.REQUEST, 0, 0), new byte[0]);
    assertEquals(9, vmm.awaitPacket().header().srcPort(), "the old packet is gone");
    assertTrue(host.gone.isEmpty(), "told once");
  }

  @Test
  void aBaseThatWrappedIsStillAPause() throws Exception {
    vmm.realize();
    vmm.rx.reset(65535);
    vmm.tx.reset(65535);
    vmm.start(FakeVmm.ALL_FEATURES, 65535, 65535);
    vmm.send(FakeHost.guestHeader(Op.RW, 5), HELLO);
    vmm.send(FakeHost.guestHeader(Op.RW, 5), HELLO);
    int[] bases = vmm.stop();
    assertArrayEquals(new int[] {65535, 1}, bases);
    vmm.start(FakeVmm.ALL_FEATURES, bases[0], bases[1]);
    assertTrue(host.gone.isEmpty());
  }

  @Test
  void resetDeviceEndsTheGuestsConnectionsAtOnceAndOnlyThen() throws Exception {
    vmm.boot();
    vmm.send(FakeHost.guestHeader(Op.RW, 5), HELLO);
    vmm.stop();
    vmm.tell(Request.RESET_DEVICE, FakeVmm.payload(0));
    assertEquals(FakeVmm.CID, host.awaitGone());
    vmm.rx.reset(0);
    vmm.tx.reset(0);
    vmm.start(FakeVmm.ALL_FEATURES, 0, 0);
    assertTrue(host.gone.isEmpty(), "told once");
  }

  @Test
  void afterGetVringBaseNeitherMemoryNorCallIsTouched() throws Exception {
    vmm.boot();
    vmm.postRx(0, 4000);
    vmm.postRx(1, 4000);
    vmm.offerTx(0, FakeHost.guestHeader(Op.RST, 0), new byte[0]);
    vmm.tx.kick();
    vmm.tx.awaitUsed();
    vmm.stop();
    vmm.rx.call.drain();
    vmm.tx.call.drain();

    host.send(FakeHost.header(1, 2, Op.RW, 0, 5), HELLO);
    vmm.offerTx(2, FakeHost.guestHeader(Op.RST, 0), new byte[0]);
    vmm.tx.kick();
    vmm.awaitRound(); // the device has been round its loop
    assertFalse(vmm.rx.hasUsed());
    assertFalse(vmm.tx.hasUsed());
    assertEquals(0, vmm.rx.call.drain());
    assertEquals(0, vmm.tx.call.drain());
  }

  @Test
  void everyStartBringsNewDescriptorsAndTheOldOnesAreClosed() throws Exception {
    vmm.boot();
    int fds = Fd.openCount();
    int mappings = FileMapping.openCount();
    for (int i = 0; i < 3; i++) {
      int[] bases = vmm.stop();
      vmm.start(FakeVmm.ALL_FEATURES, bases[0], bases[1]);
      assertEquals(fds, Fd.openCount());
      assertEquals(mappings, FileMapping.openCount());
    }
  }

  @Test
  void memoryAddedWhileTheGuestRunsLeavesTheRingsGoing() throws Exception {
    vmm.boot();
    vmm.send(FakeHost.guestHeader(Op.RW, 5), HELLO);
    host.await();
    vmm.tell(Request.SET_MEM_TABLE, vmm.memory.table(), vmm.memory.fds().toArray(Fd[]::new));
    vmm.send(FakeHost.guestHeader(Op.RW, 5), HELLO);
    host.await();
    vmm.postRx(0, 4000);
    host.send(FakeHost.header(1, 2, Op.RW, 0, 5), HELLO);
    assertArrayEquals(HELLO, vmm.awaitPacket().payload());
  }

  @Test
  void aNewCallEventfdIsSignalledOnceBecauseASignalMayHaveGoneToTheOldOne() throws Exception {
    vmm.boot();
    try (EventFd other = EventFd.create("another call")) {
      vmm.tell(Request.SET_VRING_CALL, FakeVmm.u64(0), other.fd());
      PollSet set = new PollSet(1);
      set.add(other.fd());
      assertTrue(set.await(10_000));
    }
  }

  @Test
  void anUnpluggedGuestIsAnsweredWithResetButForResets() throws Exception {
    vmm.boot();
    device.unplug();
    device.unplug();
    assertEquals(FakeVmm.CID, host.awaitGone());
    for (int i = 0; i < 3; i++) {
      vmm.postRx(i, 4000);
    }
    Header request = FakeHost.guestHeader(Op.REQUEST, 0);
    vmm.send(FakeHost.guestHeader(Op.RST, 0), new byte[0]);
    vmm.send(request, new byte[0]);
    vmm.send(FakeHost.guestHeader(Op.RW, 5), HELLO);
    assertEquals(request.resetInReply(), vmm.awaitPacket().header());
    assertEquals(request.resetInReply(), vmm.awaitPacket().header());
    assertFalse(vmm.rx.hasUsed());
    assertTrue(host.received.isEmpty());
  }

  @Test
  void aBootedGuestGoesFromFabricToFabric() throws Exception {
    vmm.boot();
    device.unplug();
    FakeHost next = new FakeHost();
    device.plug(next.fabric);
    vmm.send(FakeHost.guestHeader(Op.REQUEST, 0), new byte[0]);
    assertEquals(Op.REQUEST, next.await().header().op());
    host.send(FakeHost.header(1, 2, Op.REQUEST, 0, 0), new byte[0]);
    vmm.postRx(0, 4000);
    next.send(FakeHost.header(8, 8, Op.REQUEST, 0, 0), new byte[0]);
    assertEquals(8, vmm.awaitPacket().header().srcPort(), "the old fabric is not heard");
    assertThrows(IllegalStateException.class, () -> device.plug(host.fabric));
  }

  @Test
  void aConnectThatWaitedIsForgottenAtUnplugAndDataIsNot() throws Exception {
    vmm.boot();
    host.send(FakeHost.header(1, 2, Op.RW, 0, 5), HELLO);
    host.send(FakeHost.header(1, 2, Op.REQUEST, 0, 0), new byte[0]);
    host.send(FakeHost.header(1, 2, Op.SHUTDOWN, 3, 0), new byte[0]);
    device.unplug();
    for (int i = 0; i < 3; i++) {
      vmm.postRx(i, 4000);
    }
    assertEquals(Op.RW, vmm.awaitPacket().header().op());
    assertEquals(Op.SHUTDOWN, vmm.awaitPacket().header().op());
  }

  @Test
  void aFabricWithoutAHostRefusesToo() throws Exception {
    vmm.boot();
    vmm.postRx(0, 4000);
    host.fabric.detach(FakeHost.CID, host);
    vmm.send(FakeHost.guestHeader(Op.REQUEST, 0), new byte[0]);
    assertEquals(Op.RST, vmm.awaitPacket().header().op());
  }

  @Test
  void qemusDeathTakesTheGuestOffTheFabricAndIsNoFailure() throws Exception {
    vmm.boot();
    vmm.hangUp();
    assertEquals(FakeVmm.CID, host.awaitGone());
    assertTrue(device.awaitEnded(DEADLINE));
    assertEquals(Optional.empty(), device.failure());
    assertFalse(host.fabric.isAttached(FakeVmm.CID));
    IOException e = assertThrows(IOException.class, () -> device.awaitStarted(DEADLINE));
    assertTrue(e.toString().contains("QEMU closed the connection"), e.toString());
    assertThrows(IllegalStateException.class, () -> device.plug(new Fabric()));
    device.unplug();
  }

  @Test
  void closingWhileTheGuestRunsEndsEverything() throws Exception {
    vmm.boot();
    vmm.offerTx(0, FakeHost.guestHeader(Op.RW, 5), HELLO);
    vmm.tx.kick();
    device.close();
    device.close();
    assertTrue(device.awaitEnded(Duration.ZERO));
    assertEquals(Optional.empty(), device.failure());
  }

  @Test
  void closingBeforeQemuCameRemovesThePath() throws Exception {
    try (VhostUserDevice lonely = VhostUserDevice.listen(folder.resolve("t"), 77)) {
      assertEquals(77, lonely.cid());
      IOException e =
          assertThrows(IOException.class, () -> lonely.awaitStarted(Duration.ofMillis(1)));
      assertTrue(e.toString().contains("did not start its vsock driver"), e.toString());
    }
    assertTrue(Files.notExists(folder.resolve("t")));
  }

  @Test
  void aCidThatNoGuestCanHaveIsRefused() {
    for (long cid : new long[] {-1, 0, 1, 2, 0xFFFF_FFFFL, 1L << 32}) {
      assertThrows(
          IllegalArgumentException.class, () -> VhostUserDevice.listen(folder.resolve("u"), cid));
    }
  }
}
