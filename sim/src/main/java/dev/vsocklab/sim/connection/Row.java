package dev.vsocklab.sim.connection;

/** What a packet meets: the rows of {@link PacketRules}. */
public enum Row {
  /** No socket has that address, or the one that has it neither listens nor ever connected. */
  NO_CONNECTION,
  /** A listening socket. */
  LISTENING,
  /** connect() sent a REQUEST and waits ({@code TCP_SYN_SENT}). */
  CONNECTING,
  /** Both ends may send, or one end's half is closed ({@code TCP_ESTABLISHED}). */
  ESTABLISHED,
  /** Over, but shutdown() was called since ({@code TCP_CLOSING} with {@code SOCK_DONE} cleared). */
  CLOSING,
  /** Over: the peer's RST was received, or both ends are done ({@code SOCK_DONE}). */
  DONE
}
