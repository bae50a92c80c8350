package dev.vsocklab.sim.engine;

import dev.vsocklab.spi.KernelSocket;
import java.time.Duration;

/**
 * Socket timeouts as Linux keeps them: microseconds, rounded up to timer ticks.
 *
 * <p>Source: Linux {@code sock_set_timeout}, {@code vsock_connectible_setsockopt}; 250 ticks a
 * second as in Debian's kernels ({@code CONFIG_HZ}).
 */
final class Ticks {
  private static final long TICKS_PER_SECOND = 250;
  private static final long TICK_MICROS = 1_000_000 / TICKS_PER_SECOND;

  /**
   * The longest timeout that is taken for what it says. Our choice: Linux's own bound, {@code
   * MAX_SCHEDULE_TIMEOUT / HZ}, is beyond what nanoseconds count.
   */
  static final long MAX_SECONDS = 4_000_000_000L;

  private Ticks() {}

  /** A time that is not negative, at most {@link #MAX_SECONDS}, as the kernel rounds it. */
  static long roundedNanos(Duration time) {
    long micros = time.toNanosPart() / 1000;
    long ticks = time.toSeconds() * TICKS_PER_SECOND + (micros + TICK_MICROS - 1) / TICK_MICROS;
    return ticks * TICK_MICROS * 1000;
  }

  /** SO_RCVTIMEO and SO_SNDTIMEO: zero is for ever, a negative time does not wait. */
  static long timeoutNanos(Duration timeout) {
    if (timeout.isNegative()) {
      return KernelSocket.NO_WAIT;
    }
    if (timeout.toSeconds() > MAX_SECONDS) {
      return KernelSocket.FOREVER;
    }
    long nanos = roundedNanos(timeout);
    return nanos == 0 ? KernelSocket.FOREVER : nanos;
  }

  /** What getsockopt tells of such a timeout. */
  static Duration told(long timeoutNanos) {
    return timeoutNanos == KernelSocket.FOREVER ? Duration.ZERO : Duration.ofNanos(timeoutNanos);
  }
}
