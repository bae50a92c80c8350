package dev.vsocklab.sim.connection;

/**
 * What the socket's calls go by, {@code sock->state} in Linux. Not always in step with {@link
 * State}.
 */
public enum CallState {
  /** {@code SS_UNCONNECTED}. */
  UNCONNECTED,
  /** {@code SS_CONNECTING}; stays so after a non-blocking connect was refused. */
  CONNECTING,
  /** {@code SS_CONNECTED}. */
  CONNECTED,
  /** {@code SS_DISCONNECTING}: this end called shutdown(). */
  DISCONNECTING
}
