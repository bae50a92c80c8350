package dev.vsocklab.qemu.vhostuser;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.linux.PollSet;
import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.Op;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The guest is told of a reset on its event queue, after QEMU was told of a new CID. */
class TransportResetTest extends DeviceTestBase {
  private static final long NEW_CID = 77;
  private static final int SIZE = 8;
  private static final long PAGE = 0x5000;
  private static final long BUFFERS = 0x300000;
  private static final int UNWRITTEN = 0x55555555;

  private FakeRing events;

  @BeforeEach
  void offerEventBuffers() throws IOException {
    events = new FakeRing(vmm.memory, 2, SIZE, PAGE);
    events.reset(0);
    for (int i = 0; i < SIZE; i++) {
      vmm.memory.at(BUFFERS + 4L * i, 4).putInt(0, UNWRITTEN);
      events.descriptor(i, BUFFERS + 4L * i, 4, FakeRing.WRITE, 0);
      events.offer(i);
    }
  }

  @AfterEach
  void closeEvents() {
    events.close();
  }

  @Test
  void theResetIsDoneWhenTheGuestOffersTheBufferAgain() throws Exception {
    vmm.boot();
    CompletableFuture<Void> reset = resetTo(FakeVmm.CID);

    assertEquals(new FakeRing.Used(0, 4), awaitEvent());
    assertEquals(0, vmm.memory.at(BUFFERS, 4).getInt(0));
    assertEquals(UNWRITTEN, vmm.memory.at(BUFFERS + 4, 4).getInt(0));
    assertFalse(reset.isDone());
    assertTrue(host.gone.isEmpty());
    events.offer(0);

    reset.get(10, TimeUnit.SECONDS);
    assertEquals(FakeVmm.CID, host.awaitGone());
    assertTrue(host.fabric.isAttached(FakeVmm.CID));
  }

  @Test
  void resetsFollowEachOther() throws Exception {
    vmm.boot();
    for (int i = 0; i < 3 * SIZE; i++) {
      CompletableFuture<Void> reset = resetTo(FakeVmm.CID);
      assertEquals(new FakeRing.Used(i % SIZE, 4), awaitEvent());
      events.offer(i % SIZE);
      reset.get(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void qemuReadsTheNewCidBeforeTheGuestIsTold() throws Exception {
    vmm.boot();
    CompletableFuture<Void> reset = resetTo(NEW_CID);

    vmm.awaitConfigurationChange();
    vmm.awaitRound();
    assertFalse(events.hasUsed());
    assertEquals(NEW_CID, vmm.readCid());
    assertEquals(new FakeRing.Used(0, 4), awaitEvent());
    events.offer(0);

    reset.get(10, TimeUnit.SECONDS);
    assertEquals(NEW_CID, device.cid());
    assertEquals(FakeVmm.CID, host.awaitGone());
    assertFalse(host.fabric.isAttached(FakeVmm.CID));
    assertTrue(host.fabric.isAttached(NEW_CID));
    vmm.send(FakeHost.guestHeader(Op.REQUEST, 0), new byte[0]);
    assertEquals(1, device.droppedPackets());
    vmm.send(from(NEW_CID), new byte[0]);
    assertEquals(NEW_CID, host.await().header().srcCid());
  }

  @Test
  void aCidThatAnotherMachineHasIsRefusedBeforeAnybodyIsTold() throws Exception {
    vmm.boot();

    assertThrows(IllegalStateException.class, () -> reset(FakeHost.CID + 1, FakeHost.CID + 1));
    assertThrows(IllegalArgumentException.class, () -> device.resetTransport(place(), 2));
    vmm.awaitRound();
    assertFalse(events.hasUsed());
  }

  @Test
  void withoutADriverNobodyCanBeTold() throws Exception {
    assertFails("does not run");
    assertTrue(device.failure().isEmpty());
  }

  /** The driver starts the device first and fills its event queue then. */
  @Test
  void aGuestWithoutABufferIsToldOnceItHasOneAndKeepsItsCidUntilThen() throws Exception {
    events.reset(0);
    vmm.boot();
    CompletableFuture<Void> reset = resetTo(NEW_CID);
    vmm.awaitConfigurationChange();
    assertEquals(NEW_CID, vmm.readCid());
    vmm.awaitRound();

    assertEquals(FakeVmm.CID, device.cid());
    assertFalse(events.hasUsed());
    events.offer(0);

    assertEquals(new FakeRing.Used(0, 4), awaitEvent());
    assertEquals(NEW_CID, device.cid());
    events.offer(1);
    reset.get(10, TimeUnit.SECONDS);
  }

  @Test
  void aResetEndsWithTheDevice() throws Exception {
    vmm.boot();
    CompletableFuture<Void> reset = resetTo(FakeVmm.CID);
    awaitEvent();

    vmm.hangUp();

    assertThrows(Exception.class, () -> reset.get(10, TimeUnit.SECONDS));
    assertTrue(device.awaitEnded(DEADLINE));
    assertFails("has ended");
  }

  private void assertFails(String why) {
    IOException e = assertThrows(IOException.class, () -> reset(FakeVmm.CID, 0));
    String message = String.valueOf(e.getMessage());
    assertTrue(message.contains(why), message);
  }

  /** Resets while another machine is there. */
  private void reset(long cid, long other) throws IOException {
    if (other != 0) {
      host.fabric.attach(other, host);
    }
    device.resetTransport(place(), cid);
  }

  private CompletableFuture<Void> resetTo(long cid) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            device.resetTransport(place(), cid);
          } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
          }
        });
  }

  private EventQueue place() {
    return new EventQueue(SIZE, events.descriptorsAt, events.availAt, events.usedAt);
  }

  /** The driver shares the rx queue's interrupt. */
  private FakeRing.Used awaitEvent() throws IOException {
    PollSet set = new PollSet(1);
    set.add(vmm.rx.call.fd());
    while (!events.hasUsed()) {
      assertTrue(set.await((int) DEADLINE.toMillis()), "no event came");
      vmm.rx.call.drain();
    }
    return events.awaitUsed();
  }

  private static Header from(long cid) {
    Header header = FakeHost.guestHeader(Op.REQUEST, 0);
    return new Header(
        cid,
        header.dstCid(),
        header.srcPort(),
        header.dstPort(),
        0,
        header.type(),
        header.opValue(),
        0,
        header.bufAlloc(),
        0);
  }
}
