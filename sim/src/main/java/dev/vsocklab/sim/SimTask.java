package dev.vsocklab.sim;

import dev.vsocklab.sim.engine.Baton;
import dev.vsocklab.sim.engine.Task;

/** A task of a simulation: a thread that runs only when its turn comes. */
public final class SimTask {
  private final Baton baton;
  private final Task task;

  SimTask(Baton baton, Task task) {
    this.baton = baton;
    this.task = task;
  }

  /** Waits until the task is done. One that failed fails the whole run, at once. */
  public void join() {
    baton.join(task);
  }

  /**
   * Interrupts the task, as {@link Thread#interrupt} does: its blocking call closes the channel.
   */
  public void interrupt() {
    task.interrupt();
  }

  @Override
  public String toString() {
    return task.toString();
  }
}
