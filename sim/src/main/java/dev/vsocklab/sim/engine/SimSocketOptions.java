package dev.vsocklab.sim.engine;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockSocketOptions;
import dev.vsocklab.sim.stack.Sock;
import dev.vsocklab.spi.ErrnoException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A socket's options. Those of the AF_VSOCK level act; of the generic ones Linux keeps the value
 * and vsock makes nothing of it, so it is kept here too.
 */
final class SimSocketOptions {
  /** {@code net.core.wmem_default} and {@code rmem_default}. */
  private static final int DEFAULT_BUFFER_BYTES = 212_992;

  /** {@code SOCK_MIN_SNDBUF} and {@code SOCK_MIN_RCVBUF} on 64-bit. */
  private static final int MIN_SEND_BYTES = 4608;

  private static final int MIN_RECEIVE_BYTES = 2304;

  private static final int MAX_LINGER_SECONDS = 65535; // as the JDK caps it

  private static final Map<SocketOption<?>, Object> DEFAULTS =
      Map.of(
          StandardSocketOptions.SO_SNDBUF,
          DEFAULT_BUFFER_BYTES,
          StandardSocketOptions.SO_RCVBUF,
          DEFAULT_BUFFER_BYTES,
          StandardSocketOptions.SO_REUSEADDR,
          false,
          StandardSocketOptions.SO_KEEPALIVE,
          false,
          StandardSocketOptions.SO_LINGER,
          -1);

  private final Sock sock;

  /** What was set of the {@link #DEFAULTS}. */
  private final Map<SocketOption<?>, Object> kept = new HashMap<>(0);

  SimSocketOptions(Sock sock) {
    this.sock = sock;
  }

  <T> void set(SocketOption<T> option, T value) throws ErrnoException {
    if (option.equals(VsockSocketOptions.BUFFER_SIZE)) {
      sock.resize(sock.sizes().withSize((Long) value));
    } else if (option.equals(VsockSocketOptions.BUFFER_MIN_SIZE)) {
      sock.resize(sock.sizes().withMin((Long) value));
    } else if (option.equals(VsockSocketOptions.BUFFER_MAX_SIZE)) {
      sock.resize(sock.sizes().withMax((Long) value));
    } else if (option.equals(VsockSocketOptions.CONNECT_TIMEOUT)) {
      setConnectTimeout((Duration) value);
    } else if (option.equals(VsockSocketOptions.RECEIVE_TIMEOUT)) {
      sock.receiveTimeoutNanos(Ticks.timeoutNanos((Duration) value));
    } else if (option.equals(VsockSocketOptions.SEND_TIMEOUT)) {
      sock.sendTimeoutNanos(Ticks.timeoutNanos((Duration) value));
    } else if (option.equals(VsockSocketOptions.RECEIVE_LOW_WATER)) {
      sock.receiveLowWaterBytes((Integer) value);
    } else {
      keep(option, value);
    }
  }

  private <T> void keep(SocketOption<T> option, T value) {
    if (option.equals(StandardSocketOptions.SO_LINGER)) {
      int seconds = Math.min((Integer) value, MAX_LINGER_SECONDS);
      kept.put(option, Math.max(-1, seconds));
      sock.lingerNanos(TimeUnit.SECONDS.toNanos(Math.max(0, seconds)));
    } else if (option.equals(StandardSocketOptions.SO_SNDBUF)) {
      kept.put(option, doubled((Integer) value, MIN_SEND_BYTES));
    } else if (option.equals(StandardSocketOptions.SO_RCVBUF)) {
      kept.put(option, doubled((Integer) value, MIN_RECEIVE_BYTES));
    } else if (DEFAULTS.containsKey(option)) {
      kept.put(option, value);
    } else {
      throw unsupported(option);
    }
  }

  /** Linux keeps twice what was asked for, between bounds. */
  private static int doubled(int bytes, int minBytes) {
    return Math.max(Math.min(bytes, DEFAULT_BUFFER_BYTES) * 2, minBytes);
  }

  private void setConnectTimeout(Duration timeout) throws ErrnoException {
    if (timeout.isNegative() || timeout.toSeconds() > Ticks.MAX_SECONDS) {
      throw new ErrnoException(
          Errno.ERANGE,
          "a connect timeout of " + timeout + " is not from 0 to " + Ticks.MAX_SECONDS + " s");
    }
    sock.connectTimeoutNanos(Ticks.roundedNanos(timeout));
  }

  <T> T get(SocketOption<T> option) {
    return option.type().cast(valueOf(option));
  }

  private Object valueOf(SocketOption<?> option) {
    if (option.equals(VsockSocketOptions.BUFFER_SIZE)) {
      return sock.sizes().sizeBytes();
    }
    if (option.equals(VsockSocketOptions.BUFFER_MIN_SIZE)) {
      return sock.sizes().minBytes();
    }
    if (option.equals(VsockSocketOptions.BUFFER_MAX_SIZE)) {
      return sock.sizes().maxBytes();
    }
    if (option.equals(VsockSocketOptions.CONNECT_TIMEOUT)) {
      return Duration.ofNanos(sock.connectTimeoutNanos());
    }
    if (option.equals(VsockSocketOptions.RECEIVE_TIMEOUT)) {
      return Ticks.told(sock.receiveTimeoutNanos());
    }
    if (option.equals(VsockSocketOptions.SEND_TIMEOUT)) {
      return Ticks.told(sock.sendTimeoutNanos());
    }
    if (option.equals(VsockSocketOptions.RECEIVE_LOW_WATER)) {
      return sock.receiveLowWaterBytes();
    }
    Object value = kept.getOrDefault(option, DEFAULTS.get(option));
    if (value == null) {
      throw unsupported(option);
    }
    return value;
  }

  private static UnsupportedOperationException unsupported(SocketOption<?> option) {
    return new UnsupportedOperationException("AF_VSOCK has no " + option.name());
  }
}
