package dev.vsocklab.sim.stack;

import dev.vsocklab.sim.connection.Row;
import dev.vsocklab.sim.wire.Header;

/** Who looks on at a machine's stack, to judge it. Safe for any number of threads. */
public interface StackWatch {

  /** Nobody looks on. */
  StackWatch NONE = socket -> SockWatch.NONE;

  /**
   * A socket was made.
   *
   * @param socket the socket, still being made: to be kept, not to be asked
   * @return who looks on at it
   */
  SockWatch watch(Sock socket);

  /**
   * A REQUEST arrived.
   *
   * @param row what it met
   * @param header its header
   */
  default void requestArrived(Row row, Header header) {}

  /**
   * A packet is answered with an RST that is made without a socket.
   *
   * @param offender the packet's header
   */
  default void resets(Header offender) {}

  /**
   * A program makes a call: it fails at once if something was seen that must not be.
   *
   * @throws AssertionError if so, once
   */
  default void callBegins() {}

  /**
   * A packet is sent that somebody made by hand: what comes of it is not to be judged.
   *
   * @param header its header
   */
  default void isHandMade(Header header) {}

  /**
   * The machine's sockets are about to be closed.
   *
   * @param socket one of those that are in a table
   */
  default void machineEnds(Sock socket) {}
}
