package dev.vsocklab.ci.conformance;

import java.time.Duration;
import java.util.concurrent.Callable;

/** Waits for what no call can wait for, by asking again and again. */
final class Eventually {
  /** Long past anything that is still going to happen. */
  static final Duration DEADLINE = Duration.ofSeconds(5);

  private Eventually() {}

  /**
   * Asks until it holds.
   *
   * @param what what should hold, for the failure
   * @param condition asked without a pause: each call takes its time
   */
  static void holds(String what, Callable<Boolean> condition) throws Exception {
    long startNanos = System.nanoTime();
    while (!condition.call()) {
      if (System.nanoTime() - startNanos > DEADLINE.toNanos()) {
        throw new AssertionError("Not within " + DEADLINE + ": " + what + ".");
      }
      Thread.onSpinWait();
    }
  }
}
