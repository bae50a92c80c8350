package dev.vsocklab.sim.stack;

import java.util.concurrent.locks.ReentrantLock;

/** What a stack needs of the engine: time that comes back as a call, waiting, and a first port. */
public interface Surroundings {

  /**
   * Runs something later.
   *
   * @param delayNanos how much later, in nanoseconds
   * @param task what; takes the locks it needs by itself
   * @return the alarm, to cancel it
   */
  Alarm schedule(long delayNanos, Runnable task);

  /**
   * Makes the place where threads wait for one kind of event of one socket.
   *
   * @param lock the socket's lock
   * @return the place
   */
  WaitPoint waitPoint(ReentrantLock lock);

  /**
   * Where automatic ports begin, as Linux draws it once at random.
   *
   * @return any port above 1023
   */
  long firstAutomaticPort();

  /** Something that will run later. */
  interface Alarm {
    /** Forgets it, unless it runs already. */
    void cancel();
  }

  /** Where threads wait. Every method is called with the socket's lock held. */
  interface WaitPoint {
    /**
     * Waits, with the lock given up meanwhile. The thread's interrupt status neither ends the wait
     * nor is lost.
     *
     * @param timeoutNanos at most how long; {@link Long#MAX_VALUE} for ever
     * @return what is left of the time; 0 or less if it is over
     */
    long await(long timeoutNanos);

    /** Wakes all that wait. */
    void wakeAll();
  }
}
