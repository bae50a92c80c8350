package dev.vsocklab.sim.engine;

import dev.vsocklab.sim.stack.Surroundings;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What one simulated machine has of whoever runs it: the stack's {@link Surroundings}, and what the
 * calls above the stack need besides. Each machine has its own, and closes it when it ends.
 */
public interface Engine extends Surroundings, AutoCloseable {

  /** A program makes a call of a socket: another may be let run before it. No lock is held. */
  void callBegins();

  /**
   * A lock that may be held while a call waits, with conditions to wait for.
   *
   * @return a new lock, held by nobody
   */
  ReentrantLock newLock();

  /**
   * The time.
   *
   * @return nanoseconds from any origin
   */
  long nanoTime();

  /** Ends the machine's timers: what was scheduled does not happen. */
  @Override
  void close();
}
