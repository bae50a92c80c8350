package dev.vsocklab.qemu.agent;

import java.io.IOException;
import java.time.Duration;

/**
 * Tells a guest that hangs from one whose calls just wait long: after some silence it is asked, and
 * a guest that does not answer that is given up. Our choice; without it a test would wait for ever.
 *
 * <p>It begins to beat with the first byte: how long a boot may take is another's rule. Time is
 * handed in; only the I/O thread calls.
 */
final class Heartbeat {
  private final Duration pingAfter;
  private final Duration deadAfter;
  private boolean begun;
  private boolean pinged;
  private long sinceNanos;

  /**
   * A heart.
   *
   * @param pingAfter how long it may be silent while calls wait
   * @param deadAfter how long it may be silent after it was asked
   */
  Heartbeat(Duration pingAfter, Duration deadAfter) {
    this.pingAfter = pingAfter;
    this.deadAfter = deadAfter;
  }

  /** How often {@link #isPingDue} wants to be asked. */
  Duration pingAfter() {
    return pingAfter;
  }

  /**
   * Looks at the last while.
   *
   * @param heard whether anything came
   * @param callsWait whether anything is expected to come
   * @param nowNanos {@link System#nanoTime}
   * @return whether to ask the agent now
   * @throws IOException if it was asked and stayed silent for too long
   */
  boolean isPingDue(boolean heard, boolean callsWait, long nowNanos) throws IOException {
    if (heard || !callsWait || !begun) {
      begun |= heard;
      pinged = false;
      sinceNanos = nowNanos;
      return false;
    }
    long silentNanos = nowNanos - sinceNanos;
    if (pinged && silentNanos >= deadAfter.toNanos()) {
      throw new IOException(
          "nothing came from it for "
              + pingAfter.plus(deadAfter).toMillis()
              + " ms although calls wait; it hangs, or was stopped and never resumed");
    }
    if (pinged || silentNanos < pingAfter.toNanos()) {
      return false;
    }
    pinged = true;
    sinceNanos = nowNanos;
    return true;
  }
}
