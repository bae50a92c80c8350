package dev.vsocklab.ci.gallery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.sim.Exploration;
import dev.vsocklab.sim.Simulation;
import dev.vsocklab.sim.SimulationFailure;
import dev.vsocklab.sim.SimulationOptions;
import dev.vsocklab.sim.choice.ReplayFile;
import java.util.Optional;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every bug of the gallery is found, shrunk to a screenful, and comes back from its file. */
class GalleryTest {

  /** Found within so many runs: all of them take a few seconds. */
  private static final int BUDGET_RUNS = 200;

  private static final int LINES_OF_A_SCREEN = 50;

  @ParameterizedTest
  @EnumSource
  void theBugIsFoundShrunkToAScreenfulAndReplayed(Exhibit exhibit, TestReporter reporter) {
    SimulationOptions options = options(exhibit);
    long beginNanos = System.nanoTime();
    SimulationFailure failure = Simulation.explore(options, exhibit.broken).failure().orElseThrow();
    long tookMillis = (System.nanoTime() - beginNanos) / 1_000_000;

    String message = String.valueOf(failure.cause().getMessage());
    assertTrue(message.contains(exhibit.symptom), message);
    assertTrue(failure.replays(), failure::summary);
    String packets = failure.run().ladder();
    reporter.publishEntry(
        exhibit.name(),
        "%s It took %d ms.\n%s\n%s".formatted(failure.summary(), tookMillis, message, packets));
    assertTrue(packets.lines().count() <= LINES_OF_A_SCREEN, packets);
    assertTrue(failure.run().choices().decisions() <= 10, () -> failure.replayFileText());

    ReplayFile file = ReplayFile.parse(failure.replayFileText(), "the failure's file");
    Exploration again = Simulation.replay(options, file, exhibit.broken);
    SimulationFailure replayed = again.failure().orElseThrow();
    assertEquals(failure.run().traceHash(), replayed.run().traceHash());
    assertEquals(failure.cause().getMessage(), replayed.cause().getMessage());
  }

  @ParameterizedTest
  @EnumSource
  void theFixedProtocolPasses(Exhibit exhibit) throws Exception {
    Exploration exploration = Simulation.explore(options(exhibit), exhibit.fixed);
    exploration.orThrow();
    assertEquals(Optional.empty(), exploration.failure());
    assertEquals(BUDGET_RUNS, exploration.runs());
  }

  private static SimulationOptions options(Exhibit exhibit) {
    return SimulationOptions.of("gallery." + exhibit.name(), 42).withSeeds(1, BUDGET_RUNS);
  }
}
