package dev.vsocklab.sim.engine;

/** Says below a failure in which task it happened. */
final class TaskNote extends Exception {
  private static final long serialVersionUID = 1L;

  TaskNote(String task) {
    super("in task " + task, null, false, false);
  }
}
