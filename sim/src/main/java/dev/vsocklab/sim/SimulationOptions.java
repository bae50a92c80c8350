package dev.vsocklab.sim;

import dev.vsocklab.spi.LabRequest;
import dev.vsocklab.spi.LabRequest.GuestRequest;
import java.util.Arrays;
import java.util.List;

/**
 * What a simulation is of, and how it is explored. Immutable: each {@code with…} gives a copy.
 *
 * @param lab the lab that each run has; its name is the test's id, which replay files carry
 * @param engine who drives a run
 * @param schedule how chance chooses what happens next
 * @param pctDepth for {@link SimSchedule#PCT}: how many events must come in one certain order, 1 or
 *     more
 * @param seeds how many runs an exploration makes at most, 1 or more
 * @param firstSeed the seed of the first run; each next run has the next number
 * @param maxShrinkTries how many runs shrinking may take, 0 or more
 * @param maxSteps how many calls, packets and alarms a run may have before it counts as endless
 */
public record SimulationOptions(
    LabRequest lab,
    SimEngine engine,
    SimSchedule schedule,
    int pctDepth,
    int seeds,
    long firstSeed,
    int maxShrinkTries,
    long maxSteps) {

  /** Our choice: a few seconds for a small test. */
  public static final int DEFAULT_SEEDS = 1000;

  /** As much as Hypothesis gives, which shrinks in the same way. */
  public static final int DEFAULT_SHRINK_TRIES = 500;

  /** Our choice: some 64 GB of payload, or a second of a loop that polls. */
  public static final long DEFAULT_MAX_STEPS = 1_000_000;

  /** Our choice, as in the PCT paper's experiments: most bugs need 3 events or fewer. */
  public static final int DEFAULT_PCT_DEPTH = 3;

  /**
   * Checks the numbers.
   *
   * @param lab the lab that each run has; its name is the test's id, which replay files carry
   * @param engine who drives a run
   * @param schedule how chance chooses what happens next
   * @param pctDepth for {@link SimSchedule#PCT}: how many events must come in one certain order, 1
   *     or more
   * @param seeds how many runs an exploration makes at most, 1 or more
   * @param firstSeed the seed of the first run; each next run has the next number
   * @param maxShrinkTries how many runs shrinking may take, 0 or more
   * @param maxSteps how many calls, packets and alarms a run may have before it counts as endless
   * @throws IllegalArgumentException if one is too small
   */
  public SimulationOptions {
    atLeast(1, pctDepth, "pctDepth");
    atLeast(1, seeds, "seeds");
    atLeast(0, maxShrinkTries, "maxShrinkTries");
    atLeast(1, maxSteps, "maxSteps");
  }

  private static void atLeast(long least, long number, String name) {
    if (number < least) {
      throw new IllegalArgumentException(
          "A simulation with "
              + name
              + " "
              + number
              + " does nothing. Give at least "
              + least
              + ".");
    }
  }

  /**
   * A simulation of a host and its guests by blocking threads, with everything else as it is usual.
   *
   * @param testId what reports and replay files call it
   * @param guestCids the guests
   * @return the options
   */
  public static SimulationOptions of(String testId, long... guestCids) {
    List<GuestRequest> guests =
        Arrays.stream(guestCids).mapToObj(cid -> new GuestRequest(cid, false)).toList();
    return of(new LabRequest(testId, "", guests));
  }

  /**
   * A simulation of a lab by blocking threads, with everything else as it is usual.
   *
   * @param lab the lab
   * @return the options
   */
  public static SimulationOptions of(LabRequest lab) {
    return new SimulationOptions(
        lab,
        SimEngine.THREADS,
        SimSchedule.RANDOM,
        DEFAULT_PCT_DEPTH,
        DEFAULT_SEEDS,
        1,
        DEFAULT_SHRINK_TRIES,
        DEFAULT_MAX_STEPS);
  }

  /**
   * With another engine.
   *
   * @param other who drives a run
   * @return a copy
   */
  public SimulationOptions withEngine(SimEngine other) {
    return new SimulationOptions(
        lab, other, schedule, pctDepth, seeds, firstSeed, maxShrinkTries, maxSteps);
  }

  /**
   * With another schedule.
   *
   * @param other how chance chooses
   * @return a copy
   */
  public SimulationOptions withSchedule(SimSchedule other) {
    return new SimulationOptions(
        lab, engine, other, pctDepth, seeds, firstSeed, maxShrinkTries, maxSteps);
  }

  /**
   * With another depth of {@link SimSchedule#PCT}.
   *
   * @param depth how many events must come in one certain order, 1 or more
   * @return a copy
   */
  public SimulationOptions withPctDepth(int depth) {
    return new SimulationOptions(
        lab, engine, schedule, depth, seeds, firstSeed, maxShrinkTries, maxSteps);
  }

  /**
   * With other seeds.
   *
   * @param first the first run's
   * @param count how many runs at most, 1 or more
   * @return a copy
   */
  public SimulationOptions withSeeds(long first, int count) {
    return new SimulationOptions(
        lab, engine, schedule, pctDepth, count, first, maxShrinkTries, maxSteps);
  }

  /**
   * With another bound for shrinking.
   *
   * @param tries how many runs, 0 or more
   * @return a copy
   */
  public SimulationOptions withMaxShrinkTries(int tries) {
    return new SimulationOptions(
        lab, engine, schedule, pctDepth, seeds, firstSeed, tries, maxSteps);
  }

  /**
   * With another bound for a run's length.
   *
   * @param steps calls, packets and alarms, 1 or more
   * @return a copy
   */
  public SimulationOptions withMaxSteps(long steps) {
    return new SimulationOptions(
        lab, engine, schedule, pctDepth, seeds, firstSeed, maxShrinkTries, steps);
  }
}
