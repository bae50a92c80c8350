package dev.vsocklab.sim.engine;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** One thread of a {@link Baton}, and where it stands. Touched by whoever has the baton. */
public final class Task extends Candidate {

  enum State {
    /** It could go on. */
    READY,
    WAITING,
    DONE
  }

  final String name;
  final Thread thread;

  /** The end of the run does not wait for it. */
  final boolean daemon;

  State state = State.READY;
  @Nullable Waiters waitsFor;
  boolean waitsInterruptibly;
  int callsInARow;
  boolean started;

  /** Who joins it. */
  final Waiters joiners;

  private volatile boolean interruptSeen;

  /** Whether it stands still in here, and not in code of the test's. */
  private volatile boolean parked;

  Task(String name, Thread thread, boolean daemon) {
    this.name = name;
    this.thread = thread;
    this.daemon = daemon;
    this.joiners = new Waiters("the end", "task " + name);
  }

  boolean isReady() {
    return state == State.READY || (state == State.WAITING && waitsInterruptibly && interrupted());
  }

  private boolean interrupted() {
    // In this order: park() sets the one before it clears the other.
    return thread.isInterrupted() || interruptSeen;
  }

  /** Interrupts the task's thread. */
  public void interrupt() {
    thread.interrupt();
  }

  boolean isParked() {
    return parked;
  }

  /**
   * Says that it only waits for the baton from now on. Said before it hands the baton over: who has
   * it next may end the run at once, and must not take this task for one that blocks outside.
   */
  void willPark() {
    parked = true;
  }

  /**
   * Stands still until the baton is here. An interrupt does not end that, nor is it lost.
   *
   * @param baton who has it
   */
  void park(Baton baton) {
    while (!baton.isHeldBy(this)) {
      LockSupport.park(baton);
      if (thread.isInterrupted()) {
        interruptSeen = true;
        Thread.interrupted();
      }
    }
    parked = false;
    if (interruptSeen) {
      interruptSeen = false;
      thread.interrupt();
    }
  }

  @Override
  String label() {
    return name;
  }

  @Override
  public String toString() {
    return name;
  }
}
