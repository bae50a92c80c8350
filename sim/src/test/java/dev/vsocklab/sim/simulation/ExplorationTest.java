package dev.vsocklab.sim.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.sim.Exploration;
import dev.vsocklab.sim.SimSchedule;
import dev.vsocklab.sim.Simulation;
import dev.vsocklab.sim.SimulationFailure;
import dev.vsocklab.sim.SimulationOptions;
import dev.vsocklab.sim.choice.ReplayFile;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Many runs of one body: what they find, how small it becomes, and that it comes back. */
class ExplorationTest {
  private static final SimulationOptions OPTIONS = SimulationOptions.of("explored", Echo.GUEST);

  /** Fails if a task reads the count between another's reading and writing. */
  private static void loseAnUpdate(Simulation simulation) {
    int[] count = {0};
    for (int i = 0; i < 3; i++) {
      simulation.spawn(
          "counter" + i,
          () -> {
            int before = count[0];
            call(simulation);
            count[0] = before + 1;
          });
    }
    simulation.settle();
    assertEquals(3, count[0]);
  }

  private static void call(Simulation simulation) throws IOException {
    simulation
        .guest(Echo.GUEST)
        .vsock()
        .openSocketChannel()
        .bind(VsockAddress.any(VsockAddress.PORT_ANY));
  }

  @ParameterizedTest
  @EnumSource(SimSchedule.class)
  void everyScheduleFindsALostUpdate(SimSchedule schedule) {
    Exploration exploration =
        Simulation.explore(OPTIONS.withSchedule(schedule), ExplorationTest::loseAnUpdate);
    SimulationFailure failure = exploration.failure().orElseThrow();
    assertTrue(failure.replays());
    assertTrue(failure.run().choices().decisions() <= 2, failure::summary);
    assertEquals(exploration.runs(), failure.runNumber());
  }

  @Test
  void theFileGivesTheSameRun() {
    SimulationFailure failure =
        Simulation.explore(OPTIONS, ExplorationTest::loseAnUpdate).failure().orElseThrow();
    ReplayFile file = ReplayFile.parse(failure.replayFileText(), "the failure's file");
    SimulationFailure again =
        Simulation.replay(OPTIONS, file, ExplorationTest::loseAnUpdate).failure().orElseThrow();
    assertEquals(failure.run().traceHash(), again.run().traceHash());
    assertEquals(failure.run().schedule(), again.run().schedule());
  }

  @Test
  void theFailureIsThrownWithItsReport() {
    AssertionError e =
        assertThrows(
            AssertionError.class,
            () -> Simulation.explore(OPTIONS, ExplorationTest::loseAnUpdate).orThrow());
    String report = String.valueOf(e.getSuppressed()[0].getMessage());
    assertTrue(report.contains("Have it again: -Dvsocklab.replay="), report);
    assertTrue(report.contains("vsocklab-replay 1\ntest explored\nseed "), report);
    assertTrue(report.contains("counter1 goes on"), report);
  }

  @Test
  void anExhaustiveExplorationEndsWhereAllWasSeen() {
    AtomicInteger runs = new AtomicInteger();
    Exploration exploration =
        Simulation.explore(
            OPTIONS.withSchedule(SimSchedule.EXHAUSTIVE).withSeeds(1, 100_000),
            simulation -> {
              runs.incrementAndGet();
              simulation.spawn("one", () -> call(simulation));
              simulation.spawn("two", () -> call(simulation));
              simulation.settle();
            });
    assertTrue(exploration.exhausted());
    assertTrue(exploration.runs() > 5, () -> exploration.runs() + " runs");
    assertFalse(exploration.failure().isPresent());
  }

  @Test
  void aBodyThatDependsOnSomethingElseIsFound() {
    AtomicInteger runs = new AtomicInteger();
    IllegalStateException e =
        assertThrows(
            IllegalStateException.class,
            () ->
                Simulation.explore(
                    OPTIONS,
                    simulation -> {
                      for (int i = 0; i < runs.get(); i++) {
                        Echo.converse(simulation, 1);
                      }
                      runs.incrementAndGet();
                    }));
    assertTrue(
        String.valueOf(e.getMessage()).contains("was another one when it was made again"),
        e::getMessage);
  }

  @Test
  void theLadderShowsWhoSentWhat() {
    SimulationFailure failure =
        Simulation.explore(
                OPTIONS,
                simulation -> {
                  Echo.converse(simulation, 1);
                  throw new IllegalStateException("to see the packets");
                })
            .failure()
            .orElseThrow();
    String ladder = failure.run().ladder();
    assertTrue(ladder.lines().findFirst().orElseThrow().matches(" +cid 2 +cid 42"), ladder);
    assertTrue(
        ladder.lines().anyMatch(line -> line.matches("0\\.\\d+ +\\|<-- REQUEST 1024>7000 -+\\|")),
        ladder);
    assertTrue(
        ladder.lines().anyMatch(line -> line.matches("0\\.\\d+ +\\|--- RESPONSE 7000>1024 -+>\\|")),
        ladder);
  }
}
