package dev.vsocklab.sim.connection;

/** A connection's own state, {@code sk_state} in Linux. */
public enum State {
  /** {@code TCP_CLOSE}: never connected, refused, timed out, or reset by the transport. */
  CLOSED,
  /** {@code TCP_SYN_SENT}: a REQUEST is out. */
  CONNECTING,
  /** {@code TCP_ESTABLISHED}; stays so after the peer's RST while there is data to read. */
  ESTABLISHED,
  /** {@code TCP_CLOSING}: over, with nothing left to read. */
  CLOSING
}
