package dev.vsocklab.sim.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.Op;
import dev.vsocklab.sim.wire.Packet;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PacketLogTest {
  private final AtomicLong nowNanos = new AtomicLong(5_000_000_000L);

  @Test
  void printsOneAlignedLineForEachPacket() {
    PacketLog log = new PacketLog(nowNanos::get);
    nowNanos.addAndGet(1_500);
    log.onPacket(Packet.of(new Header(42, 2, 1024, 7000, 0, 1, 1, 0, 262144, 0)));
    nowNanos.addAndGet(12_000_000_000L);
    log.onPacket(Packet.of(new Header(2, 42, 7000, 1024, 65536, 1, 5, 0, 262144, -2)));
    log.onPacket(Packet.of(new Header(2, 42, 7000, 1024, 0, 1, 4, 3, 262144, 0)));
    log.onPacket(Packet.of(new Header(1L << 32, 2, -1, 1, 0, 7, 99, 5, -1, 0)));
    log.onPacket(Packet.of(new Header(42, 2, 1024, 7000, 9, 2, 5, 3, 128, 0)));

    assertEquals(
        """
        Last 5 of 5 packets; addresses are cid:port.
            time [s]  source                     destination  op            flags       len   buf_alloc     fwd_cnt
         0.000001500  42:1024                ->  2:7000       REQUEST       -             0      262144           0
        12.000001500  2:7000                 ->  42:1024      RW            -         65536      262144  4294967294
        12.000001500  2:7000                 ->  42:1024      SHUTDOWN      RCV|SEND      0      262144           0
        12.000001500  4294967296:4294967295  ->  2:1          op=99 type=7  0x5           0  4294967295           0
        12.000001500  42:1024                ->  2:7000       RW seqpacket  EOM|EOR       9         128           0
        """,
        log.text());
  }

  @Test
  void saysSoWhenNothingPassed() {
    assertEquals("No packets.\n", new PacketLog(nowNanos::get).text());
  }

  @Test
  void keepsTheLastOnesOnly() {
    PacketLog log = new PacketLog(3, nowNanos::get);
    for (int port = 0; port < 10; port++) {
      log.onPacket(packetFromPort(port));
    }

    assertEquals(List.of(7, 8, 9), ports(log));
    assertEquals(10, log.seenPackets());
    assertEquals(
        "Last 3 of 10 packets; addresses are cid:port.",
        log.text().lines().findFirst().orElseThrow());
  }

  @Test
  void aLogOfNothingIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new PacketLog(0, nowNanos::get));
  }

  @Test
  void packetsOfSeveralThreadsAreAllCountedAndTheNewestStay() throws InterruptedException {
    int threads = 4;
    int packetsEach = 20_000;
    PacketLog log = new PacketLog(64, nowNanos::get);
    CountDownLatch start = new CountDownLatch(1);
    List<Thread> senders = new ArrayList<>();
    for (int t = 0; t < threads; t++) {
      int port = t;
      Thread sender =
          new Thread(
              () -> {
                try {
                  start.await();
                } catch (InterruptedException e) {
                  return; // the test is over
                }
                for (int i = 0; i < packetsEach; i++) {
                  log.onPacket(packetFromPort(port));
                }
              });
      sender.start();
      senders.add(sender);
    }
    start.countDown();
    for (Thread sender : senders) {
      sender.join();
    }

    assertEquals((long) threads * packetsEach, log.seenPackets());
    List<Long> numbers = log.entries().stream().map(PacketLog.Entry::number).toList();
    List<Long> newest = new ArrayList<>();
    for (long n = log.seenPackets() - 64; n < log.seenPackets(); n++) {
      newest.add(n);
    }
    assertEquals(newest, numbers);
  }

  private static Packet packetFromPort(int port) {
    return Packet.of(new Header(3, 2, port, 1, 0, 1, Op.RST.wireValue(), 0, 0, 0));
  }

  private static List<Integer> ports(PacketLog log) {
    return log.entries().stream().map(entry -> entry.header().srcPort()).toList();
  }
}
