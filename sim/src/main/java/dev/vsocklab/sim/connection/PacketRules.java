package dev.vsocklab.sim.connection;

import dev.vsocklab.sim.wire.Op;

/**
 * What a packet does in every state. Total: there is no default, so the compiler rejects a row or
 * an op without a cell.
 *
 * <p>Source: Linux {@code virtio_transport_recv_pkt} and the {@code virtio_transport_recv_*} it
 * calls. The spec leaves most of the ignored cells open: they are Linux's habit.
 */
public final class PacketRules {
  private PacketRules() {}

  /**
   * One cell.
   *
   * @param row what the packet met
   * @param op what it asks for
   * @return what happens
   */
  public static Reaction reaction(Row row, Op op) {
    return switch (row) {
      case NO_CONNECTION ->
          switch (op) {
            case RST -> Reaction.IGNORE; // RST never answers RST
            case INVALID, REQUEST, RESPONSE, SHUTDOWN, RW, CREDIT_UPDATE, CREDIT_REQUEST, UNKNOWN ->
                Reaction.REPLY_RST;
          };
      case LISTENING ->
          switch (op) {
            case REQUEST -> Reaction.ACCEPT;
            case RST -> Reaction.IGNORE;
            case INVALID, RESPONSE, SHUTDOWN, RW, CREDIT_UPDATE, CREDIT_REQUEST, UNKNOWN ->
                Reaction.REPLY_RST;
          };
      case CONNECTING ->
          switch (op) {
            case RESPONSE -> Reaction.ESTABLISH;
            case RST -> Reaction.REFUSED; // ECONNRESET; never ECONNREFUSED
            case INVALID -> Reaction.IGNORE;
            case REQUEST, SHUTDOWN, RW, CREDIT_UPDATE, CREDIT_REQUEST, UNKNOWN ->
                Reaction.PROTOCOL_ERROR;
          };
      case ESTABLISHED ->
          switch (op) {
            case RW -> Reaction.RECEIVE; // also after the peer's SHUTDOWN(SEND)
            case CREDIT_UPDATE -> Reaction.UPDATE_CREDIT;
            case CREDIT_REQUEST -> Reaction.ANSWER_CREDIT;
            case SHUTDOWN -> Reaction.PEER_SHUTDOWN;
            case RST -> Reaction.PEER_RESET;
            case REQUEST, RESPONSE, INVALID, UNKNOWN -> Reaction.IGNORE; // a duplicate gets silence
          };
      case CLOSING ->
          switch (op) {
            case RST -> Reaction.PEER_RESET;
            case CREDIT_UPDATE, CREDIT_REQUEST -> Reaction.IGNORE; // the window is taken, no answer
            case INVALID, REQUEST, RESPONSE, SHUTDOWN, RW, UNKNOWN -> Reaction.IGNORE;
          };
      case DONE ->
          switch (op) {
            case RST -> Reaction.IGNORE;
            case INVALID, REQUEST, RESPONSE, SHUTDOWN, RW, CREDIT_UPDATE, CREDIT_REQUEST, UNKNOWN ->
                Reaction.REPLY_RST;
          };
    };
  }
}
