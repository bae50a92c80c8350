package dev.vsocklab.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.vsocklab.Lab;
import dev.vsocklab.Machine;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockProvider;
import dev.vsocklab.sim.SimEngine;
import dev.vsocklab.sim.SimSchedule;
import dev.vsocklab.sim.Simulation;
import dev.vsocklab.sim.choice.Choices;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.engine.reporting.FileEntry;

/** One test body over many seeds: its labs, its failures, and how to have one again. */
class VsockSimulationTest {

  /** What the samples saw. Each test of this class clears it and runs one sample. */
  private static final Set<Object> SEEN = new HashSet<>();

  private static int runs;

  @BeforeEach
  void forget() {
    SEEN.clear();
    runs = 0;
  }

  @TempDir private Path directory = Path.of("");

  static class Conversing {
    @VsockSimulation(seeds = 30)
    void eachRunHasALabOfItsOwn(
        Simulation simulation,
        Lab lab,
        Choices choices,
        @Host Machine host,
        @Guest(42) VsockProvider guest,
        @TempDir Path another)
        throws IOException {
      runs++;
      SEEN.add(lab);
      assertEquals(host, lab.host());
      assertEquals(choices, simulation.choices());
      assertTrue(Files.isDirectory(another));
      try (ServerSocketChannel server = host.vsock().openServerSocketChannel();
          SocketChannel client = guest.openSocketChannel()) {
        server.bind(VsockAddress.any(7000));
        simulation.spawn("server", () -> server.accept().close());
        client.connect(VsockAddress.host(7000));
        assertEquals(-1, client.read(ByteBuffer.allocate(1)));
      }
    }
  }

  /** Fails if two tasks meet: some orders do not bring it about. */
  static class LostUpdate {
    @VsockSimulation(seeds = 200)
    void countsBoth(Simulation simulation, @Guest(42) Machine guest) {
      runs++;
      int[] count = {0};
      for (int i = 0; i < 2; i++) {
        simulation.spawn(
            "counter" + i,
            () -> {
              int before = count[0];
              guest.vsock().openSocketChannel().bind(VsockAddress.any(VsockAddress.PORT_ANY));
              count[0] = before + 1;
            });
      }
      simulation.settle();
      assertEquals(2, count[0]);
    }
  }

  static class Counted {
    @VsockSimulation(schedule = SimSchedule.EXHAUSTIVE)
    void allOrders(Choices choices) {
      runs++;
      SEEN.add(choices.stream("test").draw(3) * 10 + choices.stream("test").draw(2));
    }
  }

  static class Blocking {
    @VsockSimulation(seeds = 1, engine = SimEngine.EVENT_LOOP)
    void blocks(@Guest(42) Machine guest) throws IOException {
      guest.vsock().openSocketChannel().connect(VsockAddress.host(7000));
    }
  }

  static class Aborting {
    @VsockSimulation(seeds = 10)
    void someRuns(Choices choices) {
      Assumptions.assumeTrue(choices.stream("test").draw(2) == 0, "it is a 1");
    }

    @VsockSimulation(seeds = 10)
    void everyRun() {
      Assumptions.abort("not today");
    }
  }

  static class InBeforeEach {
    @BeforeEach
    void setUp(@Host Machine host) {}

    @VsockSimulation(seeds = 1)
    void test() {}
  }

  static class TooFew {
    @VsockSimulation(seeds = 0)
    void test() {}
  }

  @VsockTest(backends = "fake")
  static class OnARealKernel {
    @VsockSimulation(seeds = 1)
    void test() {
      fail("it must not run");
    }
  }

  @Test
  void everyRunHasALabOfItsOwnAndParametersOfOthersStay() {
    SampleRun.of(Conversing.class).run().passed(1);
    assertEquals(32, runs, "30, and two of them twice to see that they are the same");
    assertEquals(32, SEEN.size(), "labs");
  }

  @Test
  void theFirstFailureIsShrunkAndReported() throws IOException {
    SampleRun run = SampleRun.of(LostUpdate.class).filesIn(directory).run();
    assertTrue(SampleRun.message(run.failure()).contains("expected: <2> but was: <1>"));
    String report = SampleRun.message(run.failure().getSuppressed()[0]);
    assertTrue(report.contains(" decisions to 2."), report);
    assertTrue(report.contains("the run as found: -Dvsocklab.replay="), report);
    assertTrue(report.contains("countsBoth.vsocklab-replay"), report);
    assertTrue(report.contains("counter1 goes on"), report);
    assertTrue(report.contains("trace hash "), report);
    List<String> files =
        run.results()
            .testEvents()
            .fileEntryPublished()
            .map(event -> event.getRequiredPayload(FileEntry.class).getPath().getFileName())
            .map(Path::toString)
            .sorted()
            .toList();
    assertEquals(List.of("countsBoth.vsocklab-replay", "vsocklab-report.txt"), files);
  }

  @Test
  void theReplayFileGivesTheFailureInOneRun() throws IOException {
    SampleRun.of(LostUpdate.class).filesIn(directory).run();
    Path file = directory.resolve("of-the-test/countsBoth.vsocklab-replay");
    runs = 0;
    SampleRun again =
        SampleRun.of(LostUpdate.class)
            .filesIn(directory.resolve("again"))
            .property(Replay.PROPERTY, file.toString())
            .run();
    assertTrue(SampleRun.message(again.failure()).contains("expected: <2> but was: <1>"));
    assertEquals(2, runs, "the run, and once more to see that it is the same");
    assertEquals(
        withoutRemarks(file),
        withoutRemarks(directory.resolve("again/of-the-test/countsBoth.vsocklab-replay")));
  }

  private static List<String> withoutRemarks(Path file) throws IOException {
    return Files.readAllLines(file).stream().filter(line -> !line.startsWith("#")).toList();
  }

  @Test
  void aSeedGivesItsRunAlone() {
    SampleRun all = SampleRun.of(LostUpdate.class).filesIn(directory).run();
    String report = SampleRun.message(all.failure().getSuppressed()[0]);
    String seed = report.replaceAll("(?s).*as found: -Dvsocklab.replay=(\\d+)\\n.*", "$1");
    runs = 0;
    SampleRun one = SampleRun.of(LostUpdate.class).property(Replay.PROPERTY, seed).run();
    assertTrue(SampleRun.message(one.failure()).contains("expected: <2> but was: <1>"));
    assertEquals(3, runs, "the run, and twice more to see that it is the same");
  }

  @Test
  void anotherTestsFileIsRefused() throws IOException {
    SampleRun.of(LostUpdate.class).filesIn(directory).run();
    Path file = directory.resolve("of-the-test/countsBoth.vsocklab-replay");
    Throwable failure =
        SampleRun.of(Conversing.class).property(Replay.PROPERTY, file.toString()).run().failure();
    assertTrue(
        SampleRun.message(failure)
            .contains("LostUpdate.countsBoth, but the test is " + Conversing.class.getName()));
  }

  @Test
  void aFileOfAnotherVersionIsRefused() throws IOException {
    SampleRun.of(LostUpdate.class).filesIn(directory).run();
    Path file = directory.resolve("of-the-test/countsBoth.vsocklab-replay");
    Path newer = directory.resolve("newer");
    Files.writeString(
        newer, Files.readString(file).replace("vsocklab-replay 1\n", "vsocklab-replay 2\n"));
    Throwable failure =
        SampleRun.of(LostUpdate.class).property(Replay.PROPERTY, newer.toString()).run().failure();
    assertInstanceOf(ExtensionConfigurationException.class, failure);
    assertEquals(
        "vsocklab.replay: "
            + newer
            + " cannot be replayed: it is of version 2, and this vsocklab reads version 1. Run it"
            + " with the vsocklab that wrote it, or find the failure again by its seed.",
        failure.getMessage());
  }

  static class NeverFinishes {
    @VsockSimulation(seeds = 1)
    void test(Simulation simulation, @Host Machine host) throws IOException {
      ServerSocketChannel server = host.vsock().openServerSocketChannel();
      server.bind(VsockAddress.any(7000));
      simulation.spawn("server", server::accept);
    }
  }

  @Test
  void aThreadThatNeverFinishesIsNamedWithWhatItWaitsFor() {
    String message = SampleRun.message(SampleRun.of(NeverFinishes.class).run().failure());
    assertTrue(
        message.contains(
            "some of its tasks never finish. Close what they wait for, or start them with"
                + " spawnDaemon.\n  test waits for the end of all tasks\n  server waits for input of host "),
        message);
  }

  @Test
  void whatIsNeitherASeedNorAFileIsRefused() {
    Throwable failure =
        SampleRun.of(Conversing.class).property(Replay.PROPERTY, "nosuch.file").run().failure();
    assertInstanceOf(ExtensionConfigurationException.class, failure);
    assertEquals(
        "vsocklab.replay: \"nosuch.file\" is not a seed. Write a decimal number such as 17, or a"
            + " hexadecimal one of at most 16 digits such as 0x1f. And there is no file of that name"
            + " to replay.",
        failure.getMessage());
  }

  @Test
  void anExhaustiveTestSeesEverySmallChoiceOnceAndHasNoSeeds() {
    SampleRun.of(Counted.class).run().passed(1);
    assertEquals(Set.of(0, 1, 10, 11, 20, 21), SEEN);
    assertEquals(6 + 1, runs, "each once, and the first twice to see that it is the same");
    Throwable failure = SampleRun.of(Counted.class).property(Replay.PROPERTY, "17").run().failure();
    assertTrue(SampleRun.message(failure).contains("Name the file that its failure wrote."));
  }

  @Test
  void aBlockingCallInAnEventLoopSaysWhatToDo() {
    Throwable failure = SampleRun.of(Blocking.class).run().failure();
    assertTrue(
        SampleRun.message(failure).contains("Make the channel non-blocking"), failure::getMessage);
  }

  @Test
  void aTestIsAbortedIfEveryRunWas() {
    SampleRun run = SampleRun.of(Aborting.class).run();
    assertEquals(List.of(), run.failures());
    assertEquals(1, run.results().testEvents().succeeded().count());
    assertEquals(1, run.results().testEvents().aborted().count());
  }

  @Test
  void aLabOutsideTheTestMethodIsRefused() {
    Throwable failure = SampleRun.of(InBeforeEach.class).run().failure();
    assertInstanceOf(ParameterResolutionException.class, failure);
    assertTrue(
        SampleRun.message(failure).contains("Take it in the test method."), failure::getMessage);
  }

  @Test
  void numbersThatMakeNoRunsAreRefused() {
    Throwable failure = SampleRun.of(TooFew.class).run().failure();
    assertTrue(SampleRun.message(failure).contains("seeds 0 does nothing"), failure::getMessage);
  }

  @Test
  void virtualTimeOnARealKernelIsRefused() {
    Throwable failure = SampleRun.of(OnARealKernel.class).run().failure();
    assertInstanceOf(ExtensionConfigurationException.class, failure);
    String message = SampleRun.message(failure);
    assertTrue(message.contains("asks for virtual time, but this is backend fake"), message);
    assertTrue(message.contains("Move it to a class without @VsockTest"), message);
    assertNotEquals("it must not run", message);
  }
}
