package dev.vsocklab.ci.gallery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.sim.Exploration;
import dev.vsocklab.sim.Simulation;
import dev.vsocklab.sim.SimulationOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every bug of the gallery is found, shrunk to a screenful, and comes back from the line that its
 * failure prints, until the protocol is mended.
 */
@ResourceLock(Resources.SYSTEM_PROPERTIES)
class GalleryTest {
  private static final int LINES_OF_A_SCREEN = 50;
  private static final int DECISIONS_AT_MOST = 10;

  /** One, and two more that see whether it is the same again. */
  private static final int RUNS_OF_A_REPLAY_AT_MOST = 3;

  @TempDir private Path files = Path.of("");

  @ParameterizedTest
  @EnumSource
  void theBugIsFoundShrunkToAScreenfulAndReplayedFromItsLine(
      Exhibit exhibit, TestReporter reporter) {
    long beginNanos = System.nanoTime();
    GalleryRun found = broken(exhibit, Optional.empty());
    long tookMillis = (System.nanoTime() - beginNanos) / 1_000_000;

    String message = String.valueOf(found.failure().getMessage());
    assertTrue(message.contains(exhibit.symptom), message);
    List<String> packets = found.section("packets");
    assertFalse(packets.isEmpty(), found::report);
    assertTrue(packets.size() <= LINES_OF_A_SCREEN, found::report);
    int decisions = Integer.parseInt(found.find("decisions to (\\d+)\\.\n"));
    assertTrue(decisions <= DECISIONS_AT_MOST, found::report);
    reporter.publishEntry(exhibit.name(), "In %d ms: %s".formatted(tookMillis, found.report()));

    String shrunk = found.replayLine("the shrunk run");
    GalleryRun again = broken(exhibit, Optional.of(shrunk));
    assertEquals(message, again.failure().getMessage());
    assertEquals(found.traceHash(), again.traceHash());
    assertEquals(packets, again.section("packets"));
    assertEquals(found.section("schedule"), again.section("schedule"));

    String asFound = found.replayLine("the run as found");
    GalleryRun unshrunk = broken(exhibit, Optional.of(asFound));
    String itsMessage = String.valueOf(unshrunk.failure().getMessage());
    assertTrue(itsMessage.contains(exhibit.symptom), itsMessage);
    assertEquals(unshrunk.traceHash(), broken(exhibit, Optional.of(asFound)).traceHash());

    for (String line : List.of(shrunk, asFound)) {
      GalleryRun mended = GalleryRun.of(exhibit, it -> it.fixed, Optional.of(line), files);
      assertTrue(mended.passed(), () -> mended.failure() + "\n" + mended.report());
      assertTrue(mended.runs() <= RUNS_OF_A_REPLAY_AT_MOST, "runs: " + mended.runs());
    }
  }

  private GalleryRun broken(Exhibit exhibit, Optional<String> replay) {
    GalleryRun run = GalleryRun.of(exhibit, it -> it.broken, replay, files);
    assertTrue(replay.isEmpty() || run.runs() <= RUNS_OF_A_REPLAY_AT_MOST, "runs: " + run.runs());
    return run;
  }

  @ParameterizedTest
  @EnumSource
  void theFixedProtocolPasses(Exhibit exhibit) throws Exception {
    SimulationOptions options =
        SimulationOptions.of("gallery." + exhibit.name(), 42)
            .withSeeds(1, GallerySimulations.BUDGET_RUNS);
    Exploration exploration = Simulation.explore(options, exhibit.fixed);
    exploration.orThrow();
    assertEquals(Optional.empty(), exploration.failure());
    assertEquals(GallerySimulations.BUDGET_RUNS, exploration.runs());
  }
}
