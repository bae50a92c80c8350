package dev.vsocklab.sim.check;

import dev.vsocklab.sim.stack.SockWatch.Waiter;
import dev.vsocklab.sim.stack.Surroundings;

/** Counts who waits at one place of one socket. Used under the socket's lock. */
final class WaitCheck implements Surroundings.WaitPoint {
  private final Surroundings.WaitPoint place;
  private final Waiter kind;
  private int waiting;

  /** Those that wait were not woken since the last of them began. */
  private boolean asleep;

  WaitCheck(Surroundings.WaitPoint place, Waiter kind) {
    this.place = place;
    this.kind = kind;
  }

  @Override
  public long await(long timeoutNanos) {
    waiting++;
    asleep = true;
    try {
      return place.await(timeoutNanos);
    } finally {
      waiting--;
    }
  }

  @Override
  public void wakeAll() {
    asleep = false;
    place.wakeAll();
  }

  Waiter kind() {
    return kind;
  }

  int waiting() {
    return waiting;
  }

  /** Somebody waits and nobody woke it. */
  boolean sleeps() {
    return waiting > 0 && asleep;
  }
}
