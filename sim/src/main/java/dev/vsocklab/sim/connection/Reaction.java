package dev.vsocklab.sim.connection;

/** What a packet leads to: the cells of {@link PacketRules}. */
public enum Reaction {
  /** Answer RST, made without a socket: no credit in it, the addresses swapped. */
  REPLY_RST,
  /** Do nothing beyond what every packet does: take its credit. */
  IGNORE,
  /** A listener's: make a child and answer RESPONSE, or RST if the backlog is full. */
  ACCEPT,
  /** The connect succeeds. */
  ESTABLISH,
  /** The connect fails with ECONNRESET. */
  REFUSED,
  /** The connect fails with EPROTO; answer RST. */
  PROTOCOL_ERROR,
  /** Queue the payload. */
  RECEIVE,
  /** The packet's credit was all there was to it: writers may go on. */
  UPDATE_CREDIT,
  /** Answer CREDIT_UPDATE. */
  ANSWER_CREDIT,
  /** Remember which directions the peer gave up. */
  PEER_SHUTDOWN,
  /** The connection is over; what was received can still be read. */
  PEER_RESET
}
