package dev.vsocklab.qemu.vhostuser;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.sim.wire.Op;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who is told when, with EVENT_IDX and without; packets are delivered in the test's thread. */
class NotificationTest extends DeviceTestBase {
  private static final int NEAR_THE_WRAP = 65530;

  private void bootAt(long features, int idx) throws IOException {
    vmm.realize();
    vmm.rx.reset(idx);
    vmm.tx.reset(idx);
    vmm.start(features, idx, idx);
  }

  private void deliver() {
    host.send(FakeHost.header(1, 2, Op.CREDIT_UPDATE, 0, 0), new byte[0]);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 100, NEAR_THE_WRAP, 65535})
  void theDriverIsInterruptedExactlyWhenItsEventIsPassed(int idx) throws Exception {
    bootAt(FakeVmm.ALL_FEATURES, idx);
    for (int i = 0; i < 12; i++) {
      vmm.postRx(i, 100);
    }
    vmm.awaitRound();
    vmm.rx.call.drain();
    vmm.rx.wantSignalAt(idx + 1000);
    deliver();
    assertEquals(1, vmm.rx.call.drain(), "the first after a start always interrupts");
    vmm.rx.wantSignalAt(idx + 4);
    for (int used = idx + 2; used < idx + 5; used++) {
      deliver();
      assertEquals(0, vmm.rx.call.drain(), "used index " + used);
    }
    deliver();
    assertEquals(1, vmm.rx.call.drain());
    deliver();
    assertEquals(0, vmm.rx.call.drain(), "the event is behind");
    vmm.rx.wantSignalAt(idx + 6);
    deliver();
    assertEquals(1, vmm.rx.call.drain());
  }

  @Test
  void passingAnEventIsJudgedModulo65536() {
    assertTrue(SplitRing.passed((short) 65535, (short) 0, (short) 65535));
    assertFalse(SplitRing.passed((short) 0, (short) 0, (short) 65535));
    assertTrue(SplitRing.passed((short) 0, (short) 1, (short) 65535));
    assertTrue(SplitRing.passed((short) 65534, (short) 3, (short) 65530));
    assertFalse(SplitRing.passed((short) 65529, (short) 3, (short) 65530));
    assertFalse(SplitRing.passed((short) 5, (short) 5, (short) 5));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, NEAR_THE_WRAP, 65535})
  void aKickIsWantedExactlyWhenTheDeviceSleeps(int idx) throws Exception {
    bootAt(FakeVmm.ALL_FEATURES, idx);
    for (int i = 0; i < 20; i++) {
      int before = vmm.tx.availIdx();
      vmm.awaitRound(); // it has been asleep since
      assertEquals(before, vmm.tx.availEvent());
      vmm.offerTx(0, FakeHost.guestHeader(Op.RST, 0), new byte[0]);
      assertTrue(vmm.tx.deviceWantsKickSince(before));
      vmm.tx.kick();
      vmm.tx.awaitUsed();
      host.await();
    }
  }

  @Test
  void rxBuffersAreKickedForOnlyWhenPacketsWait() throws Exception {
    bootAt(FakeVmm.ALL_FEATURES, 10);
    deliver();
    assertEquals(10, vmm.rx.availEvent(), "a packet waits");
    vmm.postRx(0, 100);
    vmm.awaitPacket();
    vmm.postRx(1, 100);
    deliver();
    vmm.awaitPacket();
    assertEquals(10, vmm.rx.availEvent(), "nothing waits: the event stays behind");
  }

  @Test
  void withoutEventIdxFlagsSayWhoIsTold() throws Exception {
    bootAt(FakeVmm.ALL_FEATURES & ~FakeVmm.EVENT_IDX, 0);
    for (int i = 0; i < 3; i++) {
      vmm.postRx(i, 100);
    }
    assertEquals(1, vmm.rx.usedFlags(), "no kicks for receive buffers");
    vmm.rx.call.drain();
    vmm.rx.availFlags(1);
    deliver();
    deliver();
    assertEquals(0, vmm.rx.call.drain());
    vmm.rx.availFlags(0);
    deliver();
    assertEquals(1, vmm.rx.call.drain());
    deliver();
    assertEquals(0, vmm.rx.usedFlags(), "a packet waits");
    vmm.postRx(3, 100);
    for (int i = 0; i < 4; i++) {
      vmm.awaitPacket();
    }
    assertEquals(1, vmm.rx.usedFlags());
    vmm.awaitRound();
    assertEquals(0, vmm.tx.usedFlags(), "the device sleeps");
  }
}
