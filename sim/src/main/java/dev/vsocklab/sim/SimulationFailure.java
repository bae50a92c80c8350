package dev.vsocklab.sim;

import dev.vsocklab.sim.choice.ReplayFile;
import java.util.List;

/**
 * A failed run, as simple as shrinking made it.
 *
 * @param seed the seed that found it
 * @param runNumber which run of the exploration found it, from 1
 * @param run the shrunk run
 * @param cause what it failed with
 * @param shrinkTries how many runs shrinking took
 * @param foundDecisions how many decisions other than the simplest the run had that was found
 * @param replays whether a second run of the same choices was the same, event by event
 */
public record SimulationFailure(
    long seed,
    int runNumber,
    SimulationRun run,
    Throwable cause,
    int shrinkTries,
    int foundDecisions,
    boolean replays) {

  /**
   * The shrunk run as a file.
   *
   * @return the file
   */
  public ReplayFile replayFile() {
    return run.replayFile(seed);
  }

  /**
   * The file's text, with what failed for a person to read.
   *
   * @return lines
   */
  public String replayFileText() {
    return replayFile().text(List.of(summary(), String.valueOf(cause)));
  }

  /**
   * What was found, in a sentence or two.
   *
   * @return for example how far it was shrunk, and whether it replays
   */
  public String summary() {
    String found =
        "Run "
            + runNumber
            + " failed, seed "
            + seed
            + ". Shrunk in "
            + shrinkTries
            + " tries from "
            + foundDecisions
            + " decisions to "
            + run.choices().decisions()
            + ".";
    return replays
        ? found
        : found
            + " A second run of the same choices went another way: what is tested depends on"
            + " something besides the lab, such as real time, the order of a hash table or a thread"
            + " of its own.";
  }

  /** The cause, with the report below it. */
  Exception reported() {
    cause.addSuppressed(new SimulationReport(this));
    if (cause instanceof Error error) {
      throw error;
    }
    return (Exception) cause;
  }
}
