package dev.vsocklab.fault;

import java.io.IOException;

/**
 * A fault that a lab has, until it is closed. The lab closes what its test leaves open, and warns
 * of each that never did anything: a rule that matches nothing tests nothing.
 */
public interface InjectedFault extends AutoCloseable {

  /**
   * What was injected.
   *
   * @return the fault
   */
  Fault fault();

  /**
   * How often it did something: packets that it held, changed or answered, calls that it cut short,
   * machines that it struck.
   *
   * @return 0 or more
   */
  long hits();

  /**
   * Ends the fault. Packets that it held go on, in order; credit that it kept is told; a machine
   * that it paused or crashed runs again. What it ended, such as a connection, stays ended. Closing
   * again does nothing.
   *
   * @throws IOException if a real guest cannot be reached for that
   */
  @Override
  void close() throws IOException;
}
