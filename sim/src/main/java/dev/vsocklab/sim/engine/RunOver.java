package dev.vsocklab.sim.engine;

/**
 * Unwinds a task of a run that is over: thrown from the call in which it waits, and caught where
 * the task began. An error and not an exception, so that nobody's catch clause takes it for one of
 * the call's own.
 */
final class RunOver extends Error {
  private static final long serialVersionUID = 1L;

  RunOver() {
    super("The simulated run is over: this thread is unwound.", null, false, false);
  }
}
