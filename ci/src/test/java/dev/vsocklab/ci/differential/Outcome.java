package dev.vsocklab.ci.differential;

import dev.vsocklab.spi.KernelSocket;

/**
 * What a program saw of one step.
 *
 * @param result what the call gave, or a negative errno
 * @param flags MSG_EOR and MSG_TRUNC as a receive told them
 * @param value the hash of the bytes received, an option's value, a count, or CID and port
 * @param readiness one byte for each slot, slot 0 the lowest: 0 for an empty one, else {@link
 *     #OPEN} and what {@code poll} tells
 */
record Outcome(int result, int flags, long value, long readiness) {
  static final int OPEN = 0x80;
  static final int IN = 1;
  static final int OUT = 2;
  static final int ERR = 4;
  static final int HUP = 8;
  static final int RDHUP = 16;

  /** What is kept of {@code poll}'s events. */
  static int readiness(int events) {
    return OPEN
        | bit(events, KernelSocket.POLLIN, IN)
        | bit(events, KernelSocket.POLLOUT, OUT)
        | bit(events, KernelSocket.POLLERR, ERR)
        | bit(events, KernelSocket.POLLHUP, HUP)
        | bit(events, KernelSocket.POLLRDHUP, RDHUP);
  }

  private static int bit(int events, int event, int bit) {
    return (events & event) == 0 ? 0 : bit;
  }

  int readinessOf(int slot) {
    return (int) (readiness >>> (slot * Byte.SIZE)) & 0xFF;
  }
}
