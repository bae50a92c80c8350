package dev.vsocklab.sim;

import dev.vsocklab.sim.choice.ChoiceSequence;
import dev.vsocklab.sim.choice.Choices;
import dev.vsocklab.sim.choice.Exhaustive;
import dev.vsocklab.sim.choice.ReplayFile;
import dev.vsocklab.sim.choice.Shrinker;
import dev.vsocklab.sim.engine.SchedulePlan;
import dev.vsocklab.sim.engine.Watchdog;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Makes run after run of one body, until one fails, and shrinks that one. */
final class Explorer {
  /**
   * Every so many runs, the first among them, one is made twice and must be the same. Our choice.
   */
  private static final int CHECK_EVERY = 20;

  private final SimulationOptions options;
  private final Simulation.Body body;

  /** How many decisions the last run had: what {@link SimSchedule#PCT} spreads its changes over. */
  private int expectedDecisions = 100;

  Explorer(SimulationOptions options, Simulation.Body body) {
    this.options = options;
    this.body = body;
  }

  Exploration explore() {
    Exhaustive exhaustive = new Exhaustive();
    boolean counts = options.schedule() == SimSchedule.EXHAUSTIVE;
    try (Watchdog watchdog = new Watchdog()) {
      for (int i = 0; i < options.seeds(); i++) {
        long seed = options.firstSeed() + i;
        if (counts && !exhaustive.advance()) {
          return new Exploration(i, true, Optional.empty());
        }
        SimulationRun run = once(counts ? exhaustive.choices() : Choices.ofSeed(seed), watchdog);
        Throwable failure = run.failure();
        if (failure != null) {
          return found(i + 1, shrink(seed, i + 1, run, failure, watchdog));
        }
        if (i % CHECK_EVERY == 0) {
          checkSame(seed, run, again(run.choices(), watchdog));
        }
      }
    }
    return new Exploration(options.seeds(), false, Optional.empty());
  }

  Exploration replay(ReplayFile file) {
    try (Watchdog watchdog = new Watchdog()) {
      SimulationRun run = again(file.choices(), watchdog);
      Throwable failure = run.failure();
      if (failure == null) {
        return new Exploration(1, false, Optional.empty());
      }
      boolean replays = again(run.choices(), watchdog).traceHash() == run.traceHash();
      return found(
          1,
          new SimulationFailure(
              file.seed(), 1, run, failure, 0, run.choices().decisions(), replays));
    }
  }

  private static Exploration found(int runs, SimulationFailure failure) {
    return new Exploration(runs, false, Optional.of(failure));
  }

  private SimulationRun again(ChoiceSequence choices, Watchdog watchdog) {
    return once(Choices.replaying(choices), watchdog);
  }

  private SimulationRun once(Choices choices, Watchdog watchdog) {
    SchedulePlan plan =
        options.schedule() == SimSchedule.PCT
            ? SchedulePlan.pct(options.pctDepth(), expectedDecisions)
            : SchedulePlan.RANDOM;
    SimulationRun run = Simulation.once(options, choices, plan, body, watchdog);
    expectedDecisions = (int) Math.max(1, run.decisions());
    return run;
  }

  private SimulationFailure shrink(
      long seed, int number, SimulationRun found, Throwable failure, Watchdog watchdog) {
    String kind = SimulationRun.kindOf(failure);
    Shrinker.Result shrunk =
        Shrinker.shrink(
            found.choices(),
            options.maxShrinkTries(),
            candidate -> failsAlike(again(candidate, watchdog), kind));
    SimulationRun run = again(shrunk.choices(), watchdog);
    Throwable cause = run.failure();
    boolean same = cause != null && SimulationRun.kindOf(cause).equals(kind);
    if (cause == null || !same) {
      // It does not even fail again: show the run that did.
      return new SimulationFailure(
          seed, number, found, failure, shrunk.tries(), found.choices().decisions(), false);
    }
    boolean replays = again(shrunk.choices(), watchdog).traceHash() == run.traceHash();
    return new SimulationFailure(
        seed, number, run, cause, shrunk.tries(), found.choices().decisions(), replays);
  }

  private static @Nullable ChoiceSequence failsAlike(SimulationRun run, String kind) {
    Throwable failure = run.failure();
    return failure != null && SimulationRun.kindOf(failure).equals(kind) ? run.choices() : null;
  }

  private static void checkSame(long seed, SimulationRun one, SimulationRun other) {
    if (one.traceHash() != other.traceHash()) {
      throw new IllegalStateException(
          "The run of seed "
              + seed
              + " was another one when it was made again: "
              + one.events()
              + " events with hash "
              + Long.toHexString(one.traceHash())
              + ", then "
              + other.events()
              + " with "
              + Long.toHexString(other.traceHash())
              + ". What is tested depends on something besides the lab: real time, the order of a"
              + " hash table, chance of its own, a thread of its own. Draw from"
              + " simulation.choices(), and ask simulation.nanoTime().");
    }
  }
}
