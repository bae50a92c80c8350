package dev.vsocklab.sim.engine;

import dev.vsocklab.sim.choice.Dice;
import java.util.List;

/** How chance chooses what happens next. A replay does not ask it: the choices are recorded. */
interface Schedule {

  /**
   * Chooses.
   *
   * @param options two or more, the simplest first
   * @param dice the schedule's own
   * @return an index of {@code options}
   */
  int propose(List<Candidate> options, Dice dice);
}
