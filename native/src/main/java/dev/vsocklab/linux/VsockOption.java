package dev.vsocklab.linux;

import dev.vsocklab.VsockSocketOptions;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Map;
import java.util.function.Function;

/**
 * How one socket option of AF_VSOCK stands in Linux: level, name and the value's bytes. For whoever
 * makes the calls: this module on the local kernel, an agent in another.
 *
 * <p>Source: {@code include/uapi/linux/vm_sockets.h}, {@code vsock_connectible_setsockopt}; the
 * levels and names are those of x86-64 and AArch64.
 *
 * @param level SOL_SOCKET or AF_VSOCK
 * @param name the option's number
 * @param lengthBytes the value's length
 * @param encode Java's value to the kernel's
 * @param decode the kernel's value to Java's; both little-endian
 * @param <T> the value's type
 */
public record VsockOption<T>(
    int level,
    int name,
    int lengthBytes,
    Function<T, ByteBuffer> encode,
    Function<ByteBuffer, T> decode) {

  /** SOL_SOCKET. */
  public static final int LEVEL_SOCKET = 1;

  /** SO_ERROR, of level SOL_SOCKET: read by the calls themselves, never set. */
  public static final int SO_ERROR = 4;

  /** AF_VSOCK, which is also its level. */
  private static final int LEVEL_VSOCK = 40;

  private static final int MAX_LINGER_SECONDS = 65535; // as the JDK caps it

  private static final Map<SocketOption<?>, VsockOption<?>> OPTIONS =
      Map.ofEntries(
          Map.entry(VsockSocketOptions.BUFFER_SIZE, vsockSize(0)),
          Map.entry(VsockSocketOptions.BUFFER_MIN_SIZE, vsockSize(1)),
          Map.entry(VsockSocketOptions.BUFFER_MAX_SIZE, vsockSize(2)),
          Map.entry(VsockSocketOptions.CONNECT_TIMEOUT, time(LEVEL_VSOCK, 6)),
          Map.entry(VsockSocketOptions.RECEIVE_LOW_WATER, socketInt(18)),
          Map.entry(VsockSocketOptions.RECEIVE_TIMEOUT, time(LEVEL_SOCKET, 20)),
          Map.entry(VsockSocketOptions.SEND_TIMEOUT, time(LEVEL_SOCKET, 21)),
          Map.entry(StandardSocketOptions.SO_REUSEADDR, socketFlag(2)),
          Map.entry(StandardSocketOptions.SO_SNDBUF, socketBuffer(7)),
          Map.entry(StandardSocketOptions.SO_RCVBUF, socketBuffer(8)),
          Map.entry(StandardSocketOptions.SO_KEEPALIVE, socketFlag(9)),
          Map.entry(
              StandardSocketOptions.SO_LINGER,
              new VsockOption<>(
                  LEVEL_SOCKET, 13, 8, VsockOption::encodeLinger, VsockOption::decodeLinger)));

  /**
   * The option's place in Linux.
   *
   * @param option one of {@link VsockSocketOptions}, or of the standard ones that Linux takes on
   *     every family
   * @param <T> the value's type
   * @return its place
   * @throws UnsupportedOperationException if AF_VSOCK does not have it, such as TCP_NODELAY
   */
  @SuppressWarnings("unchecked") // OPTIONS maps each option to one of its own type
  public static <T> VsockOption<T> of(SocketOption<T> option) {
    VsockOption<?> known = OPTIONS.get(option);
    if (known == null) {
      throw new UnsupportedOperationException(
          "Linux has no " + option.name() + " on AF_VSOCK sockets.");
    }
    return (VsockOption<T>) known;
  }

  private static ByteBuffer value(int lengthBytes) {
    return ByteBuffer.allocate(lengthBytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static VsockOption<Long> vsockSize(int name) {
    return new VsockOption<>(
        LEVEL_VSOCK, name, 8, bytes -> value(8).putLong(0, bytes), bytes -> bytes.getLong(0));
  }

  private static VsockOption<Boolean> socketFlag(int name) {
    return new VsockOption<>(
        LEVEL_SOCKET, name, 4, on -> value(4).putInt(0, on ? 1 : 0), bytes -> bytes.getInt(0) != 0);
  }

  private static VsockOption<Integer> socketInt(int name) {
    return new VsockOption<>(
        LEVEL_SOCKET, name, 4, number -> value(4).putInt(0, number), bytes -> bytes.getInt(0));
  }

  private static VsockOption<Duration> time(int level, int name) {
    return new VsockOption<>(level, name, 16, VsockOption::encodeTime, VsockOption::decodeTime);
  }

  /** The kernel keeps twice what was asked for and tells that; the JDK halves it again. */
  private static VsockOption<Integer> socketBuffer(int name) {
    return new VsockOption<>(
        LEVEL_SOCKET, name, 4, size -> value(4).putInt(0, size), bytes -> bytes.getInt(0) / 2);
  }

  /** struct timeval; a negative duration becomes negative seconds, which Linux refuses. */
  private static ByteBuffer encodeTime(Duration time) {
    return value(16).putLong(0, time.getSeconds()).putLong(8, time.getNano() / 1000);
  }

  private static Duration decodeTime(ByteBuffer bytes) {
    return Duration.ofSeconds(bytes.getLong(0), Math.multiplyExact(bytes.getLong(8), 1000L));
  }

  /** struct linger; a negative time switches it off, as in the JDK. */
  private static ByteBuffer encodeLinger(Integer seconds) {
    return value(8)
        .putInt(0, seconds < 0 ? 0 : 1)
        .putInt(4, Math.max(0, Math.min(MAX_LINGER_SECONDS, seconds)));
  }

  private static Integer decodeLinger(ByteBuffer bytes) {
    return bytes.getInt(0) == 0 ? -1 : bytes.getInt(4);
  }
}
