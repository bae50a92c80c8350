package dev.vsocklab.spi.nio;

/**
 * Which JDK type its user holds: the two differ in what interrupts and closing do to a call that
 * waits.
 */
enum Face {
  /**
   * A {@link java.nio.channels.SocketChannel} or what its {@code socket()} gives: an interrupt
   * closes the channel, and a call that waits during close gives {@link
   * java.nio.channels.AsynchronousCloseException}.
   */
  CHANNEL,
  /**
   * A {@link java.net.Socket} of its own: interrupts do nothing, and a call that waits during close
   * gives {@code SocketException("Socket closed")}.
   */
  SOCKET
}
