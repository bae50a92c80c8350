package dev.vsocklab.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.Machine;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockConnectException;
import dev.vsocklab.VsockProvider;
import dev.vsocklab.sim.Simulation;
import dev.vsocklab.sim.TraceHashes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.BeforeTry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Properties that ask for a {@link Simulation}: both the sample and the schedule shrink. */
class SimulatedTryTest {

  /** Takes a read for a message: right while the reader is as fast as the writer. */
  @VsockTest
  static class OneReadPerMessage {
    @Property(tries = 200, seed = "1")
    void whatIsSentIsReceived(
        @ForAll @Size(max = 20) List<@IntRange(min = 1, max = 100) Integer> lengths,
        Simulation simulation,
        @Host Machine host,
        @Guest(42) VsockProvider guest)
        throws IOException {
      assertEquals(lengths, receivedOf(lengths, simulation, host, guest));
    }
  }

  private static List<Integer> receivedOf(
      List<Integer> lengths, Simulation simulation, Machine host, VsockProvider guest)
      throws IOException {
    ServerSocketChannel listener = host.vsock().openServerSocketChannel();
    listener.bind(VsockAddress.any(7000));
    simulation.spawn(
        "sender",
        () -> {
          SocketChannel agent = guest.openSocketChannel();
          agent.connect(VsockAddress.host(7000));
          for (int length : lengths) {
            agent.write(ByteBuffer.allocate(length));
          }
          agent.shutdownOutput();
        });
    List<Integer> received = new ArrayList<>();
    SocketChannel accepted = listener.accept();
    ByteBuffer buffer = ByteBuffer.allocate(10_000);
    while (accepted.read(buffer.clear()) > 0) {
      received.add(buffer.position());
    }
    return received;
  }

  @Test
  void theSampleAndTheScheduleAreShrunkAndTheLineBringsThemBack() {
    Throwable failure = SampleRun.ofProperties(OneReadPerMessage.class).run().failure();
    assertEquals("expected: <[1, 1]> but was: <[2]>", failure.getMessage());
    String report = SampleRun.message(failure.getSuppressed()[0]);
    Matcher line = Pattern.compile("-Dvsocklab\\.replay=(1@\\d+)").matcher(report);
    assertTrue(line.find(), report);
    assertTrue(report.contains("== packets =="), report);

    SampleRun again =
        SampleRun.ofProperties(OneReadPerMessage.class)
            .property(Replay.PROPERTY, line.group(1))
            .run();
    assertEquals(failure.getMessage(), again.failure().getMessage());
    assertEquals(report, again.failure().getSuppressed()[0].getMessage());
  }

  @VsockTest
  static class Counts {
    static final List<Integer> SAMPLES = new ArrayList<>();

    @Property(tries = 10)
    void property(@ForAll int any, Simulation simulation) {
      SAMPLES.add(any);
    }
  }

  @Test
  void aTryThatIsNotWantedAgainDoesNotRun() {
    Counts.SAMPLES.clear();
    SampleRun.ofProperties(Counts.class).property(Replay.PROPERTY, "-5@7").run().passed(1);
    assertEquals(1, Counts.SAMPLES.size());
    int seventh = Counts.SAMPLES.get(0);
    SampleRun.ofProperties(Counts.class).property(Replay.PROPERTY, "-5@7").run().passed(1);
    assertEquals(List.of(seventh, seventh), Counts.SAMPLES);
  }

  @Test
  void whereTraceHashesAreAskedForTheSamplesAreTheSame(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("hashes");
    String before = System.getProperty(TraceHashes.PROPERTY);
    System.setProperty(TraceHashes.PROPERTY, file.toString());
    Counts.SAMPLES.clear();
    try {
      SampleRun.ofProperties(Counts.class).run().passed(1);
      SampleRun.ofProperties(Counts.class).run().passed(1);
    } finally {
      if (before == null) {
        System.clearProperty(TraceHashes.PROPERTY);
      } else {
        System.setProperty(TraceHashes.PROPERTY, before);
      }
    }
    assertEquals(Counts.SAMPLES.subList(0, 10), Counts.SAMPLES.subList(10, 20));
    List<String> lines = Files.readAllLines(file);
    assertEquals(lines.subList(0, 10), lines.subList(10, 20));
    assertTrue(
        lines.get(6).startsWith("run\t" + Counts.class.getName() + ".property\tseed 7\t"),
        lines::toString);
  }

  @VsockTest
  static class InVirtualTime {
    @Property(tries = 50)
    void aDayPassesAtOnce(@ForAll @IntRange(min = 0, max = 24) int hours, Simulation simulation) {
      Assume.that(hours % 2 == 0);
      simulation.sleep(Duration.ofHours(hours));
      assertEquals(Duration.ofHours(hours).toNanos(), simulation.nanoTime());
    }
  }

  @Test
  void virtualTimeCostsNoneAndAssumptionsAreKept() {
    SampleRun.ofProperties(InVirtualTime.class).run().passed(1);
  }

  @VsockTest
  static class Deadlocks {
    @Property(tries = 10)
    void property(@ForAll int any, Simulation simulation, @Host Machine host) throws IOException {
      host.vsock().openServerSocketChannel().bind(VsockAddress.any(1024)).accept();
    }
  }

  @Test
  void aPropertyThatWaitsForEverFailsWithWhoWaits() {
    String message = SampleRun.message(SampleRun.ofProperties(Deadlocks.class).run().failure());
    assertTrue(message.startsWith("Deadlock at "), message);
    assertTrue(message.contains("test waits for"), message);
  }

  @VsockTest
  @VsockFault(kind = VsockFault.Kind.REFUSED)
  static class Refused {
    @Property(tries = 3)
    void inVirtualTime(
        @ForAll int any, Simulation simulation, @Host Machine host, @Guest(42) VsockProvider guest)
        throws IOException {
      isRefused(host, guest);
    }

    @Property(tries = 3)
    void onFreeThreads(@ForAll int any, @Host Machine host, @Guest(42) VsockProvider guest)
        throws IOException {
      isRefused(host, guest);
    }

    private static void isRefused(Machine host, VsockProvider guest) throws IOException {
      host.vsock().openServerSocketChannel().bind(VsockAddress.any(7000));
      SocketChannel agent = guest.openSocketChannel();
      assertThrows(VsockConnectException.class, () -> agent.connect(VsockAddress.host(7000)));
    }
  }

  @Test
  void faultsByAnnotationHappenInEveryTry() {
    SampleRun.ofProperties(Refused.class).run().passed(2);
  }

  // -- Wrong uses --

  @VsockTest
  static class BeforeTryAsks {
    @BeforeTry
    void setUp(@Guest(42) Machine guest) {}

    @Property(tries = 2)
    void property(@ForAll int any, Simulation simulation) {}
  }

  @Test
  void eachRunHasItsOwnMachinesSoBeforeTryHasNone() {
    String message = rootOf(SampleRun.ofProperties(BeforeTryAsks.class).run().failure());
    assertEquals(
        "@Guest(42) in BeforeTryAsks.setUp is out of reach: where a property asks for a"
            + " Simulation, each run of it has its own. Take it in the property.",
        message);
  }

  @Test
  void onAnotherBackendThereIsNoVirtualTime() {
    String message =
        rootOf(
            SampleRun.ofProperties(InVirtualTime.class)
                .property(Settings.BACKENDS, "fake")
                .run()
                .failure());
    assertTrue(
        message.endsWith(
            "asks for virtual time, which backend sim alone has, but this build chose fake, Linux"
                + " 2.0.7. Add sim: -Dvsocklab.backends=sim,fake. Or take no Simulation, and it"
                + " runs on any backend."),
        message);
  }

  @Test
  void onSeveralBackendsItRunsOnTheSimulator() {
    SampleRun.ofProperties(InVirtualTime.class)
        .property(Settings.BACKENDS, "fake,sim:6.1")
        .run()
        .passed(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"17", "some.file", "1@", "1@x", "1@99999999999", "9999999999999999999@1"})
  void aReplayThatNamesNoTry(String replay) {
    assertEquals(
        "vsocklab.replay="
            + replay
            + " names no try of a jqwik property. Its failure says which, in the form -4711@17:"
            + " jqwik's seed and the number of the try. Run the property alone with that.",
        rootOf(
            SampleRun.ofProperties(InVirtualTime.class)
                .property(Replay.PROPERTY, replay)
                .run()
                .failure()));
  }

  static class NoAnnotation {
    @Property(tries = 1)
    void property(Simulation simulation) {}
  }

  @Test
  void aSimulationInAClassWithoutVsockTest() {
    assertEquals(
        "Simulation in NoAnnotation.property has no lab to take from, because nothing chose a"
            + " backend for NoAnnotation. Annotate that class with @VsockTest.",
        rootOf(SampleRun.ofProperties(NoAnnotation.class).run().failure()));
  }

  private static String rootOf(Throwable failure) {
    Throwable cause = failure.getCause();
    return cause == null ? SampleRun.message(failure) : rootOf(cause);
  }
}
