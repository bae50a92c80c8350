package dev.vsocklab.sim.connection;

import dev.vsocklab.sim.wire.Op;
import java.nio.ByteBuffer;

/** What a connection asks of the stack around it. Called while the connection's owner holds it. */
public interface Effects {

  /**
   * Send a packet without payload, stamped with this connection's credit.
   *
   * @param op the op
   * @param flags SHUTDOWN's flags, else 0
   */
  void send(Op op, int flags);

  /**
   * Send an RW packet, stamped with this connection's credit.
   *
   * @param src the caller's buffer; its position is not looked at
   * @param offset where the payload begins
   * @param lengthBytes its length, at most 64 KiB
   * @param flags the packet's {@code SEQ_EOM} and {@code SEQ_EOR}, else 0
   */
  void sendData(ByteBuffer src, int offset, int lengthBytes, int flags);

  /**
   * A call took data out of the receive buffer.
   *
   * @param dst where to; its position is behind what was copied
   * @param copiedBytes how much was copied
   * @param takenBytes how much was taken, which is more where a message was cut off
   * @param messageFlags of a message, else 0
   */
  void consumed(ByteBuffer dst, int copiedBytes, int takenBytes, int messageFlags);

  /** Something that a reader, an accepter or a poller waits for may have happened. */
  void wakeReaders();

  /** Something that a writer, a connecter or a poller waits for may have happened. */
  void wakeWriters();

  /** Enter the table of connections, so that packets find this socket by both addresses. */
  void enterConnectedTable();

  /**
   * Leave the table of connections; and that of bound sockets too, if the user closed the socket.
   * Source: Linux {@code vsock_remove_sock}.
   */
  void leaveTables();

  /** Call {@link Connection#onCloseTimeout} 8 s from now, unless cancelled. */
  void startCloseTimer();

  /** The close timer is not needed any more. */
  void cancelCloseTimer();
}
