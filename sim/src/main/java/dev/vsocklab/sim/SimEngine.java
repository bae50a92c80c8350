package dev.vsocklab.sim;

/** Who drives a deterministic run. */
public enum SimEngine {
  /**
   * The test's own thread and the tasks that it spawns, one at a time: for code that blocks. Each
   * call of a socket may hand over to another task.
   */
  THREADS,

  /**
   * The test alone, step by step: for code that does not block. A call that would wait fails and
   * says so.
   */
  EVENT_LOOP
}
