package dev.vsocklab;

import java.net.SocketOption;
import java.time.Duration;

/**
 * Socket options of the AF_VSOCK level. A channel that does not know one throws {@link
 * UnsupportedOperationException}, as the JDK's do.
 *
 * <p>Source: Linux {@code vsock_connectible_setsockopt}, {@code vsock_update_buffer_size}.
 */
public final class VsockSocketOptions {

  /**
   * SO_VM_SOCKETS_BUFFER_SIZE: the receive buffer in bytes, announced to the peer as {@code
   * buf_alloc}. Default 262144. Linux clamps it silently: up to the minimum, then down to the
   * maximum.
   */
  public static final SocketOption<Long> BUFFER_SIZE = new Option<>("BUFFER_SIZE", Long.class);

  /** SO_VM_SOCKETS_BUFFER_MIN_SIZE: the least {@link #BUFFER_SIZE} in bytes. Default 128. */
  public static final SocketOption<Long> BUFFER_MIN_SIZE =
      new Option<>("BUFFER_MIN_SIZE", Long.class);

  /** SO_VM_SOCKETS_BUFFER_MAX_SIZE: the largest {@link #BUFFER_SIZE} in bytes. Default 262144. */
  public static final SocketOption<Long> BUFFER_MAX_SIZE =
      new Option<>("BUFFER_MAX_SIZE", Long.class);

  /**
   * SO_VM_SOCKETS_CONNECT_TIMEOUT: how long connect waits for an answer. Default 2 s; zero means
   * the default again; a negative one gives ERANGE.
   */
  public static final SocketOption<Duration> CONNECT_TIMEOUT =
      new Option<>("CONNECT_TIMEOUT", Duration.class);

  /**
   * SO_RCVTIMEO: how long a receive or an accept waits before it gives EAGAIN. Zero, the default,
   * is for ever. Linux counts in ticks of 1 to 10 ms.
   */
  public static final SocketOption<Duration> RECEIVE_TIMEOUT =
      new Option<>("RECEIVE_TIMEOUT", Duration.class);

  /** SO_SNDTIMEO: how long a send waits for credit before it gives EAGAIN. Zero is for ever. */
  public static final SocketOption<Duration> SEND_TIMEOUT =
      new Option<>("SEND_TIMEOUT", Duration.class);

  /**
   * SO_RCVLOWAT: with how many bytes the socket is readable, and how many a receive that waits
   * waits for. Default 1; 0 means 1; above {@link #BUFFER_SIZE} a stream socket gives EINVAL.
   */
  public static final SocketOption<Integer> RECEIVE_LOW_WATER =
      new Option<>("RECEIVE_LOW_WATER", Integer.class);

  private VsockSocketOptions() {}

  private static final class Option<T> implements SocketOption<T> {
    private final String name;
    private final Class<T> type;

    Option(String name, Class<T> type) {
      this.name = name;
      this.type = type;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public Class<T> type() {
      return type;
    }

    @Override
    public String toString() {
      return name;
    }
  }
}
