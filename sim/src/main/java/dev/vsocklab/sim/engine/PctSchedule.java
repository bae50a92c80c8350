package dev.vsocklab.sim.engine;

import dev.vsocklab.sim.choice.Dice;
import java.util.ArrayList;
import java.util.List;

/**
 * Probabilistic concurrency testing: everything has a random priority and the highest goes first,
 * but for a few moments, chosen at random, at which the one that was to go on falls below all
 * others. A bug that needs a certain order of {@code depth} events is found with a probability that
 * does not depend on how many others happen.
 *
 * <p>Source: Burckhardt, Kothari, Musuvathi and Nagarakatte, "A randomized scheduler with
 * probabilistic guarantees of finding bugs", ASPLOS 2010.
 */
final class PctSchedule implements Schedule {
  private final int depth;
  private final int expectedDecisions;
  private final List<Integer> changes = new ArrayList<>();
  private int decision;

  /** The next who falls comes below all that fell before. */
  private long lowest;

  /**
   * Creates the schedule of one run.
   *
   * @param depth how many events must come in a certain order, 1 or more
   * @param expectedDecisions about how many decisions the run has, 1 or more
   */
  PctSchedule(int depth, int expectedDecisions) {
    this.depth = depth;
    this.expectedDecisions = expectedDecisions;
  }

  @Override
  public int propose(List<Candidate> options, Dice dice) {
    if (decision == 0) {
      for (int i = 1; i < depth; i++) {
        changes.add(dice.below(expectedDecisions));
      }
    }
    int highest = highest(options, dice);
    if (changes.contains(decision)) {
      options.get(highest).priority = --lowest;
      highest = highest(options, dice);
    }
    decision++;
    return highest;
  }

  private static int highest(List<Candidate> options, Dice dice) {
    int highest = 0;
    for (int i = 0; i < options.size(); i++) {
      Candidate option = options.get(i);
      if (option.priority == 0) {
        option.priority = 1L + dice.below(Integer.MAX_VALUE);
      }
      if (option.priority > options.get(highest).priority) {
        highest = i;
      }
    }
    return highest;
  }
}
