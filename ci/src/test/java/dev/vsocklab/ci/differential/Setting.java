package dev.vsocklab.ci.differential;

import dev.vsocklab.VsockSocketOptions;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import java.io.IOException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.time.Duration;
import java.util.Locale;

/**
 * The options of a scenario, each with a value that is one number: bytes, milliseconds, or the
 * seconds of SO_LINGER with −1 for off.
 */
@SuppressWarnings("ImmutableEnumChecker") // a socket option is a name and a type
enum Setting {
  BUFFER_SIZE(0, VsockSocketOptions.BUFFER_SIZE),
  BUFFER_MIN_SIZE(1, VsockSocketOptions.BUFFER_MIN_SIZE),
  BUFFER_MAX_SIZE(2, VsockSocketOptions.BUFFER_MAX_SIZE),
  CONNECT_TIMEOUT(3, VsockSocketOptions.CONNECT_TIMEOUT),
  RECEIVE_TIMEOUT(4, VsockSocketOptions.RECEIVE_TIMEOUT),
  SEND_TIMEOUT(5, VsockSocketOptions.SEND_TIMEOUT),
  RECEIVE_LOW_WATER(6, VsockSocketOptions.RECEIVE_LOW_WATER),
  LINGER(7, StandardSocketOptions.SO_LINGER);

  private final int number;
  private final SocketOption<?> option;

  Setting(int number, SocketOption<?> option) {
    this.number = number;
    this.option = option;
  }

  /** As {@code call-script.c} counts them. */
  int number() {
    return number;
  }

  static Setting of(int number) {
    return values()[number];
  }

  String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  static Setting parse(String text) {
    return valueOf(text.toUpperCase(Locale.ROOT).replace('-', '_'));
  }

  void set(KernelSocket socket, long value) throws ErrnoException, IOException {
    if (option.type() == Duration.class) {
      setAs(socket, Duration.class, Duration.ofMillis(value));
    } else if (option.type() == Integer.class) {
      setAs(socket, Integer.class, (int) value);
    } else {
      setAs(socket, Long.class, value);
    }
  }

  long get(KernelSocket socket) throws ErrnoException, IOException {
    Object value = socket.getOption(option);
    return value instanceof Duration duration ? duration.toMillis() : ((Number) value).longValue();
  }

  @SuppressWarnings("unchecked") // the option's type was looked at
  private <T> void setAs(KernelSocket socket, Class<T> type, T value)
      throws ErrnoException, IOException {
    socket.setOption((SocketOption<T>) option, type.cast(value));
  }
}
