package dev.vsocklab.sim;

/** How chance chooses what happens next in a deterministic run. */
public enum SimSchedule {
  /** Everything that can happen next is as likely as anything else. */
  RANDOM,

  /**
   * Random priorities that change a few times a run: finds bugs that need few events in one certain
   * order among very many. See {@link SimulationOptions#withPctDepth}.
   */
  PCT,

  /**
   * Every schedule, one after the other, the simplest first: for very small tests. It counts
   * through every other decision too, and ends early where it has seen all.
   */
  EXHAUSTIVE
}
