package dev.vsocklab.sim.stack;

import dev.vsocklab.sim.connection.Row;
import dev.vsocklab.sim.wire.Header;
import java.nio.ByteBuffer;

/**
 * Who looks on at one socket, to judge it. Every method is called with the socket's lock held, in
 * the order in which things happen to the socket; it must not call the socket's own calls.
 */
public interface SockWatch {

  /** Nobody looks on. */
  SockWatch NONE = new SockWatch() {};

  /**
   * A place where the socket's threads wait was made.
   *
   * @param place the engine's
   * @param kind who waits there
   * @return the place that is used
   */
  default Surroundings.WaitPoint waitPoint(Surroundings.WaitPoint place, Waiter kind) {
    return place;
  }

  /**
   * A packet was put into the outbox.
   *
   * @param header its header
   * @param payload the buffer that has its payload; read by absolute index only
   * @param offset where the payload begins
   */
  default void sent(Header header, ByteBuffer payload, int offset) {}

  /**
   * A packet is about to be dealt with.
   *
   * @param row what it meets
   * @param header its header
   */
  default void receives(Row row, Header header) {}

  /**
   * The packet was dealt with.
   *
   * @param row what it met
   * @param header its header
   */
  default void received(Row row, Header header) {}

  /**
   * The socket is a listener's child and answers its REQUEST.
   *
   * @param request the REQUEST
   */
  default void accepted(Header request) {}

  /**
   * A call took data out of the receive buffer.
   *
   * @param dst where to
   * @param from where it begins there
   * @param copiedBytes how much is there
   * @param takenBytes how much was taken; more than was copied if a message was cut off
   * @param messageFlags of a message, else 0
   */
  default void consumed(
      ByteBuffer dst, int from, int copiedBytes, int takenBytes, int messageFlags) {}

  /** The user closes the socket; nothing happened yet. */
  default void closing() {}

  /** The user closed the socket, which wakes all that wait. */
  default void closed() {}

  /** Who waits. */
  enum Waiter {
    /** For data, the end of the stream, or a connection to accept. */
    READER,
    /** For credit, or for the answer to a connect. */
    WRITER,
    /** For whatever poll tells. */
    POLLER
  }
}
