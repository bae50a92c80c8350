package dev.vsocklab.spi.nio;

import dev.vsocklab.VsockSocketOptions;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.util.Set;

/** Which options the channels name as supported, and the JDK's checks before one is set. */
final class SocketOptions {

  /**
   * Options of a connection: AF_VSOCK's own, and those of SOL_SOCKET that Linux takes on every
   * family. TCP's are ENOPROTOOPT on vsock.
   */
  static final Set<SocketOption<?>> CONNECTION =
      Set.of(
          VsockSocketOptions.BUFFER_SIZE,
          VsockSocketOptions.BUFFER_MIN_SIZE,
          VsockSocketOptions.BUFFER_MAX_SIZE,
          VsockSocketOptions.CONNECT_TIMEOUT,
          VsockSocketOptions.RECEIVE_TIMEOUT,
          VsockSocketOptions.SEND_TIMEOUT,
          VsockSocketOptions.RECEIVE_LOW_WATER,
          StandardSocketOptions.SO_SNDBUF,
          StandardSocketOptions.SO_RCVBUF,
          StandardSocketOptions.SO_KEEPALIVE,
          StandardSocketOptions.SO_REUSEADDR,
          StandardSocketOptions.SO_LINGER);

  /**
   * Options of a listener: accepted sockets inherit AF_VSOCK's own. Its RECEIVE_TIMEOUT bounds
   * accept and stays with it.
   */
  static final Set<SocketOption<?>> LISTENER =
      Set.of(
          VsockSocketOptions.BUFFER_SIZE,
          VsockSocketOptions.BUFFER_MIN_SIZE,
          VsockSocketOptions.BUFFER_MAX_SIZE,
          VsockSocketOptions.CONNECT_TIMEOUT,
          VsockSocketOptions.RECEIVE_TIMEOUT,
          StandardSocketOptions.SO_RCVBUF,
          StandardSocketOptions.SO_REUSEADDR);

  private SocketOptions() {}

  /**
   * Checks the option's name.
   *
   * @throws UnsupportedOperationException if the channel does not have it
   */
  static void check(Set<SocketOption<?>> supported, SocketOption<?> name) {
    if (!supported.contains(name)) {
      throw new UnsupportedOperationException("AF_VSOCK sockets have no option " + name + ".");
    }
  }

  /**
   * Checks the option's name and value.
   *
   * @throws UnsupportedOperationException if the channel does not have it
   * @throws IllegalArgumentException if the value is null or of another type
   */
  static <T> void check(Set<SocketOption<?>> supported, SocketOption<T> name, T value) {
    check(supported, name);
    if (!name.type().isInstance(value)) {
      throw new IllegalArgumentException(
          name + " takes a " + name.type().getSimpleName() + ", not " + value + ".");
    }
  }
}
