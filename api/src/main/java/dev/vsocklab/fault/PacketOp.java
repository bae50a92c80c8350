package dev.vsocklab.fault;

/** What a packet is for, where a fault is about some packets only. Source: virtio 1.3 5.10.6. */
public enum PacketOp {
  /** Asks for a connection. */
  REQUEST,
  /** Accepts one. */
  RESPONSE,
  /** Refuses or ends one at once. */
  RST,
  /** Says which directions its sender gives up. */
  SHUTDOWN,
  /** Carries data. */
  RW,
  /** Carries its sender's credit alone. */
  CREDIT_UPDATE,
  /** Asks for the peer's credit. */
  CREDIT_REQUEST
}
