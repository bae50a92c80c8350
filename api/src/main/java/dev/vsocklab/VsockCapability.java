package dev.vsocklab;

/** What a {@link VsockProvider} can do. Ask before you rely on it; nothing is silently faked. */
public enum VsockCapability {
  /** SOCK_STREAM sockets: {@code openSocketChannel}, {@code openServerSocketChannel}. */
  STREAM,
  /** SOCK_SEQPACKET sockets: {@code openSeqpacketChannel}, {@code openSeqpacketServerChannel}. */
  SEQPACKET,
  /** Non-blocking channels and {@code openSelector}. */
  SELECTOR,
  /** {@code openSocket} and {@code openServerSocket}. */
  SOCKET_FACES,
  /** The sockets live in a real kernel, not in the simulator. */
  REAL_KERNEL
}
