package dev.vsocklab.ci.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.vsocklab.Lab;
import dev.vsocklab.Machine;
import dev.vsocklab.ci.contract.Crew.Task;
import dev.vsocklab.qemu.GuestPower;
import dev.vsocklab.qemu.VhostUserBackend;
import dev.vsocklab.spi.LabRequest;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * After a guest was reset, paused and killed amid a transfer, and after ten guests at once, nothing
 * of them is left in the JVM.
 */
@Tag("guest")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class NothingIsLeftTest {
  private static final long CID = 42;
  private static final Duration SOON = Duration.ofMinutes(1);

  private final Crew crew = new Crew(Duration.ofMinutes(2));
  private final TestStream stream = new TestStream(5);

  @AfterEach
  void endThreads() throws InterruptedException {
    crew.end();
  }

  @Test
  void noThreadDescriptorMappingOrProcessOutlivesTheBackend() throws Exception {
    liveAndDie(); // what the JVM itself opens on first use, jars for example, stays open
    Leftovers before = Leftovers.now();

    liveAndDie();

    assertEquals(before.toString(), Leftovers.awaitSameAs(before, SOON).toString());
  }

  @Test
  void nothingOutlivesTenGuestsAtOnce() throws Exception {
    live(2);
    Leftovers before = Leftovers.now();

    live(10);

    assertEquals(before.toString(), Leftovers.awaitSameAs(before, SOON).toString());
  }

  /** The folders are gone with the locks in them, which are among the descriptors. */
  private static void live(int guests) throws Exception {
    Traffic traffic = new Traffic();
    try (VhostUserBackend backend = new VhostUserBackend()) {
      List<LabRequest.GuestRequest> wanted =
          LongStream.range(10, 10 + guests)
              .mapToObj(cid -> new LabRequest.GuestRequest(cid, false))
              .toList();
      String kernel = backend.kernels().get(0);
      try (Lab lab = backend.open(new LabRequest("ten guests", kernel, wanted))) {
        traffic.flow(lab);
      }
    } finally {
      traffic.end();
    }
  }

  private void liveAndDie() throws Exception {
    VhostUserBackend backend = new VhostUserBackend();
    try (backend) {
      LabRequest.GuestRequest wanted = new LabRequest.GuestRequest(CID, true);
      String kernel = backend.kernels().get(0);
      try (Lab lab = backend.open(new LabRequest("nothing is left", kernel, List.of(wanted)))) {
        liveAndDie(lab.host(), lab.guest(CID));
      }
    }
    crew.end();
  }

  private void liveAndDie(Machine host, Machine guest) throws Exception {
    GuestPower power = guest.as(GuestPower.class).orElseThrow();
    power.reboot();
    power.pause();
    power.resume();
    try (Connection ends = Connection.between(guest, host)) {
      Progress written = new Progress();
      Task<IOException> writer =
          crew.start(
              "writer",
              () -> assertThrows(IOException.class, () -> writeForever(ends.connected(), written)));
      Task<IOException> reader =
          crew.start(
              "reader",
              () ->
                  assertThrows(
                      IOException.class, () -> TestStream.read(ends.accepted(), Long.MAX_VALUE)));
      written.await(1024 * 1024, SOON);
      power.kill();
      writer.await();
      reader.await();
    }
  }

  private void writeForever(SocketChannel channel, Progress written) throws IOException {
    while (true) {
      written.advance(channel.write(stream.slice(written.get(), 4096)));
    }
  }
}
