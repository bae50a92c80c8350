package dev.vsocklab.sim;

import dev.vsocklab.sim.choice.ChoiceSequence;
import dev.vsocklab.sim.choice.ReplayFile;
import dev.vsocklab.sim.engine.Frames;
import dev.vsocklab.sim.engine.StuckError;
import org.jspecify.annotations.Nullable;

/** How one run of a simulation went. */
public final class SimulationRun {
  private final String testId;
  private final Simulation simulation;
  private final ChoiceSequence choices;
  private final long traceHash;
  private final @Nullable Throwable failure;

  SimulationRun(String testId, Simulation simulation, @Nullable Throwable failure) {
    this.testId = testId;
    this.simulation = simulation;
    this.choices = simulation.choices().recorded();
    this.traceHash = simulation.traceHash();
    this.failure = failure;
  }

  /**
   * Why it failed.
   *
   * @return what the body or a task threw first, or null
   */
  public @Nullable Throwable failure() {
    return failure;
  }

  /**
   * The decisions that it made.
   *
   * @return enough to make the run again
   */
  public ChoiceSequence choices() {
    return choices;
  }

  /**
   * A number that stands for all that happened.
   *
   * @return 64 bits, the same for two runs of the same choices, on every JDK
   */
  public long traceHash() {
    return traceHash;
  }

  /**
   * How much happened.
   *
   * @return packets that arrived, turns that were given and alarms that went off
   */
  public long events() {
    return simulation.run().events();
  }

  /**
   * What happened last.
   *
   * @return a line for each packet, turn and alarm, oldest first
   */
  public String schedule() {
    return simulation.run().scheduleText();
  }

  /**
   * The last packets, as a ladder: a column for each machine, an arrow for each packet.
   *
   * @return lines, oldest first
   */
  public String ladder() {
    return simulation.simLab().packets().ladder();
  }

  /**
   * The run as a file.
   *
   * @param seed the seed that it was found with
   * @return the file
   */
  public ReplayFile replayFile(long seed) {
    return new ReplayFile(testId, seed, choices);
  }

  long decisions() {
    return simulation.run().decisions();
  }

  /**
   * Whether this run failed in the same way as another: alike is what shrinking looks for.
   *
   * @param other another run
   * @return false too if either did not fail
   */
  public boolean failsAs(SimulationRun other) {
    return failure != null
        && other.failure != null
        && kindOf(failure).equals(kindOf(other.failure));
  }

  /** What a shrunk failure must have in common with the one that was found. */
  static String kindOf(Throwable failure) {
    return failure instanceof StuckError stuck
        ? stuck.kind().name()
        : failure.getClass().getName() + Frames.ofTest(failure.getStackTrace());
  }
}
