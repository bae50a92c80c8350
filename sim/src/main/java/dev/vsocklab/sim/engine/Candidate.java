package dev.vsocklab.sim.engine;

/** Something that could happen next in a deterministic run, for a {@link Schedule} to choose. */
abstract class Candidate {

  /** For {@link PctSchedule}: the highest goes first; 0 before it was given one. */
  long priority;

  /** In a schedule's text: who it is. */
  abstract String label();
}
