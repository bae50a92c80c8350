package dev.vsocklab.sim.engine;

import dev.vsocklab.sim.choice.Dice;
import java.util.List;

/** Everything that can happen next is as likely as anything else. */
final class RandomSchedule implements Schedule {
  @Override
  public int propose(List<Candidate> options, Dice dice) {
    return dice.below(options.size());
  }
}
