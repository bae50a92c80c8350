package dev.vsocklab.sim.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.sim.SimEngine;
import dev.vsocklab.sim.SimSchedule;
import dev.vsocklab.sim.Simulation;
import dev.vsocklab.sim.SimulationOptions;
import dev.vsocklab.sim.SimulationRun;
import dev.vsocklab.sim.TraceHashes;
import dev.vsocklab.sim.choice.Choices;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;

/** What is written about each run where trace hashes are asked for. */
@ResourceLock(Resources.SYSTEM_PROPERTIES)
class TraceLedgerTest {
  private static final SimulationOptions OPTIONS = SimulationOptions.of("of a test", Echo.GUEST);

  @TempDir private Path folder = Path.of("");
  private @Nullable String before;
  private Path file = Path.of("");

  @BeforeEach
  void ask() {
    before = System.getProperty(TraceHashes.PROPERTY);
    file = folder.resolve("hashes");
    System.setProperty(TraceHashes.PROPERTY, file.toString());
  }

  @AfterEach
  void putBack() {
    if (before == null) {
      System.clearProperty(TraceHashes.PROPERTY);
    } else {
      System.setProperty(TraceHashes.PROPERTY, before);
    }
  }

  private static SimulationRun once(Choices choices) {
    return Simulation.once(OPTIONS, choices, simulation -> Echo.converse(simulation, 2));
  }

  private static String line(SimulationRun run, String origin) {
    return "run\tof a test\t%s\t%d\t%x".formatted(origin, run.events(), run.traceHash());
  }

  @Test
  void eachRunIsALineThatSaysWhoseItIsAndHowItWasDrawn() throws IOException {
    SimulationRun drawn = once(Choices.ofSeed(17));
    SimulationRun replayed = once(Choices.replaying(drawn.choices()));
    assertEquals(
        List.of(line(drawn, "seed 17"), line(replayed, "replayed")), Files.readAllLines(file));
    assertEquals(drawn.traceHash(), replayed.traceHash());
  }

  @Test
  void anExplorationsRunsAreAllThere() throws IOException {
    Simulation.explore(
        OPTIONS.withSchedule(SimSchedule.EXHAUSTIVE),
        simulation -> {
          int drawn = simulation.choices().stream("test").draw(3);
          assertTrue(drawn < 3);
        });
    List<String> origins =
        Files.readAllLines(file).stream().map(line -> line.split("\t", -1)[2]).toList();
    assertEquals(List.of("counted", "replayed", "counted", "counted"), origins);
  }

  @Test
  void aRunThatTheTestDrivesItselfIsALineWhenItIsClosed() throws IOException {
    Simulation simulation =
        Simulation.open(OPTIONS.withEngine(SimEngine.EVENT_LOOP), Choices.ofSeed(3));
    SocketChannel client = simulation.guest(Echo.GUEST).vsock().openSocketChannel();
    client.configureBlocking(false);
    client.connect(VsockAddress.host(Echo.PORT));
    simulation.settle();
    assertFalse(Files.exists(file));
    simulation.close();
    simulation.close();
    String hash = Long.toHexString(simulation.traceHash());
    assertEquals(List.of("run\tof a test\tseed 3\t2\t" + hash), Files.readAllLines(file));
  }

  @Test
  void aRunInWhichNothingEverHappenedIsNone() throws IOException {
    Simulation.open(OPTIONS, Choices.ofSeed(3)).close();
    assertFalse(Files.exists(file));
  }

  @Test
  void withoutTheQuestionNothingIsWritten() throws IOException {
    System.setProperty(TraceHashes.PROPERTY, " ");
    assertFalse(TraceHashes.areWanted());
    once(Choices.ofSeed(1));
    System.clearProperty(TraceHashes.PROPERTY);
    once(Choices.ofSeed(1));
    try (var files = Files.list(folder)) {
      assertEquals(0, files.count());
    }
  }

  @Test
  void aFileThatCannotBeWrittenSaysSo() {
    String nowhere = folder.resolve("no").resolve("hashes").toString();
    System.setProperty(TraceHashes.PROPERTY, nowhere);
    UncheckedIOException e =
        assertThrows(UncheckedIOException.class, () -> once(Choices.ofSeed(1)));
    assertEquals(
        "-Dvsocklab.trace.hashes="
            + nowhere
            + " cannot be written: java.nio.file.NoSuchFileException: "
            + nowhere
            + ". Name a file in a folder that is there.",
        e.getMessage());
  }
}
