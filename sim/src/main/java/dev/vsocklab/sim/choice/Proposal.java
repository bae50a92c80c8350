package dev.vsocklab.sim.choice;

/** What chance chooses where nothing was recorded: any distribution, for example a rare fault. */
@FunctionalInterface
public interface Proposal {

  /**
   * Rolls the dice.
   *
   * @param dice the stream's own
   * @return 0 to bound - 1 of the draw that it is for
   */
  long propose(Dice dice);
}
