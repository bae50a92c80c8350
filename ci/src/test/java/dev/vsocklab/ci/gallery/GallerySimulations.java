package dev.vsocklab.ci.gallery;

import dev.vsocklab.junit.VsockSimulation;
import dev.vsocklab.sim.Simulation;
import java.util.function.Function;

/**
 * The gallery as a user's tests would have it, a method for each exhibit. {@link GalleryTest} runs
 * them in a launcher of their own, for with the bugs they fail.
 */
class GallerySimulations {
  /** Found within so many runs: all of them take a few seconds. */
  static final int BUDGET_RUNS = 200;

  /** The code under test, which a user edits between two runs: with its bug, or mended. */
  static Function<Exhibit, Simulation.Body> version = exhibit -> exhibit.broken;

  /** How often any of it was run. */
  static int runs;

  private static void run(Exhibit exhibit, Simulation simulation) throws Exception {
    runs++;
    version.apply(exhibit).run(simulation);
  }

  @VsockSimulation(seeds = BUDGET_RUNS, guests = 42)
  void lostWakeUpOnHalfClose(Simulation simulation) throws Exception {
    run(Exhibit.LOST_WAKE_UP_ON_HALF_CLOSE, simulation);
  }

  @VsockSimulation(seeds = BUDGET_RUNS, guests = 42)
  void bothWriteBeforeTheyRead(Simulation simulation) throws Exception {
    run(Exhibit.BOTH_WRITE_BEFORE_THEY_READ, simulation);
  }

  @VsockSimulation(seeds = BUDGET_RUNS, guests = 42)
  void oneReadPerMessage(Simulation simulation) throws Exception {
    run(Exhibit.ONE_READ_PER_MESSAGE, simulation);
  }

  @VsockSimulation(seeds = BUDGET_RUNS, guests = 42)
  void retrySendsTwice(Simulation simulation) throws Exception {
    run(Exhibit.RETRY_SENDS_TWICE, simulation);
  }

  @VsockSimulation(seeds = BUDGET_RUNS, guests = 42)
  void resetTakenForTheEnd(Simulation simulation) throws Exception {
    run(Exhibit.RESET_TAKEN_FOR_THE_END, simulation);
  }

  @VsockSimulation(seeds = BUDGET_RUNS, guests = 42)
  void leakOnRefusedConnect(Simulation simulation) throws Exception {
    run(Exhibit.LEAK_ON_REFUSED_CONNECT, simulation);
  }

  @VsockSimulation(seeds = BUDGET_RUNS, guests = 42)
  void noReconnectAfterMigration(Simulation simulation) throws Exception {
    run(Exhibit.NO_RECONNECT_AFTER_MIGRATION, simulation);
  }

  @VsockSimulation(seeds = BUDGET_RUNS, guests = 42)
  void starvedByAnUnreadStream(Simulation simulation) throws Exception {
    run(Exhibit.STARVED_BY_AN_UNREAD_STREAM, simulation);
  }
}
