package dev.vsocklab.qemu.vhostuser;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.Op;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Driver and device at full speed, where each kicks and signals only if the other wants it: one
 * notification lost, and the test waits until its deadline. The indices pass 65535 on the way.
 */
class RaceTest extends DeviceTestBase {
  private static final int PACKETS = 100_000;

  private void boot(boolean eventIdx) throws IOException {
    vmm.realize();
    vmm.start(eventIdx ? FakeVmm.ALL_FEATURES : FakeVmm.ALL_FEATURES & ~FakeVmm.EVENT_IDX, 0, 0);
  }

  private static boolean wantsKick(FakeRing ring, int before, boolean eventIdx) {
    return eventIdx ? ring.deviceWantsKickSince(before) : ring.wantsKickByFlag();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void everyPacketFromTheGuestArrivesInOrder(boolean eventIdx) throws Exception {
    boot(eventIdx);
    CompletableFuture<Void> guest =
        CompletableFuture.runAsync(
            () -> {
              try {
                int inFlight = 0;
                for (int i = 0; i < PACKETS; i++) {
                  if (inFlight == FakeVmm.RING_SIZE) {
                    vmm.tx.awaitUsed();
                    inFlight--;
                  }
                  int before = vmm.tx.availIdx();
                  vmm.offerTx(
                      i % FakeVmm.RING_SIZE,
                      new Header(42, 2, i, 9, 0, 1, Op.RST.wireValue(), 0, 0, 0),
                      new byte[0]);
                  inFlight++;
                  if (wantsKick(vmm.tx, before, eventIdx)) {
                    vmm.tx.kick();
                  }
                }
              } catch (IOException e) {
                throw new AssertionError(e);
              }
            });
    for (int i = 0; i < PACKETS; i++) {
      assertEquals(i, host.await().header().srcPort());
    }
    guest.get(10, TimeUnit.SECONDS);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void everyPacketForTheGuestArrivesInOrder(boolean eventIdx) throws Exception {
    boot(eventIdx);
    CompletableFuture<Void> sender =
        CompletableFuture.runAsync(
            () -> {
              byte[] body = new byte[60];
              for (int i = 0; i < PACKETS; i++) {
                host.send(FakeHost.header(i, 2, Op.RW, 0, body.length), body);
              }
            });
    int posted = 0;
    for (int i = 0; i < PACKETS; i++) {
      while (posted - i < FakeVmm.RING_SIZE / 2) {
        int head = posted % FakeVmm.RING_SIZE;
        int before = vmm.rx.availIdx();
        vmm.rx.descriptor(head, FakeVmm.rxBuffer(head), 200, FakeRing.WRITE, 0);
        vmm.rx.offer(head);
        posted++;
        if (wantsKick(vmm.rx, before, eventIdx)) {
          vmm.rx.kick();
        }
      }
      assertEquals(i, vmm.awaitPacket().header().srcPort());
    }
    sender.get(10, TimeUnit.SECONDS);
  }
}
