package dev.vsocklab.sim.choice;

/** Where one stream's choices come from. */
interface Source {

  /**
   * The next choice.
   *
   * @param bound how many there are, 2 or more
   * @param proposal what chance would choose
   * @return 0 to bound - 1
   */
  long next(long bound, Proposal proposal);

  /** Chance. */
  record Chance(Dice dice) implements Source {
    @Override
    public long next(long bound, Proposal proposal) {
      return proposal.propose(dice);
    }
  }

  /** A recording, then 0 for ever. */
  final class Recording implements Source {
    private final long[] values;
    private int next;

    Recording(long[] values) {
      this.values = values;
    }

    @Override
    public long next(long bound, Proposal proposal) {
      // A recording of slightly other code may say more than there is to choose from now.
      return next < values.length ? Math.min(values[next++], bound - 1) : 0;
    }
  }
}
