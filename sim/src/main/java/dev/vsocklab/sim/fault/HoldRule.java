package dev.vsocklab.sim.fault;

import dev.vsocklab.sim.stack.Surroundings;
import java.util.ArrayDeque;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Keeps packets: for a time of their own, one after the other at a pace, or until the fault ends.
 * What is kept at the end goes on at once.
 */
abstract class HoldRule extends Rule {
  private final ReentrantLock lock = new ReentrantLock();
  private final ArrayDeque<Kept> kept = new ArrayDeque<>();
  private boolean ended;

  /** A packet and the lane that it waits in. */
  record Kept(Lane lane, Lane.Held held, int lengthBytes) {
    void release() {
      lane.release(held);
    }
  }

  HoldRule(Struck struck) {
    super(struck);
  }

  @Override
  boolean takes(Passing passing) {
    if (!concerns(passing) || !struck().isItsTurn(passing.header())) {
      return false;
    }
    Kept next;
    boolean isFirst;
    lock.lock();
    try {
      if (ended) {
        return false;
      }
      isFirst = kept.isEmpty();
      next = new Kept(passing.lane(), passing.hold(), passing.header().lengthBytes());
      kept.addLast(next);
    } finally {
      lock.unlock();
    }
    isKept(next, isFirst);
    return true;
  }

  boolean concerns(Passing passing) {
    return true;
  }

  /** A packet was kept; see to it that it goes on. */
  abstract void isKept(Kept next, boolean isFirst);

  /** Lets a packet go on. */
  final void letGo(Kept one) {
    lock.lock();
    try {
      kept.remove(one);
    } finally {
      lock.unlock();
    }
    one.release();
  }

  /** The one that is kept longest, or null. */
  final @Nullable Kept first() {
    lock.lock();
    try {
      return kept.peekFirst();
    } finally {
      lock.unlock();
    }
  }

  @Override
  void end() {
    lock.lock();
    try {
      ended = true;
    } finally {
      lock.unlock();
    }
    for (Kept one = first(); one != null; one = first()) {
      letGo(one);
    }
  }

  /** Each packet waits for a time of its own; one that is due waits for those before it. */
  static final class Delaying extends HoldRule {
    private final Surroundings timers;
    private final long minNanos;
    private final long maxNanos;

    Delaying(Struck struck, Surroundings timers, long minNanos, long maxNanos) {
      super(struck);
      this.timers = timers;
      this.minNanos = minNanos;
      this.maxNanos = maxNanos;
    }

    @Override
    void isKept(Kept next, boolean isFirst) {
      timers.schedule(minNanos + jitterNanos(), () -> letGo(next));
    }

    /** In steps of a thousandth of the range: a draw has 32 bits. */
    private long jitterNanos() {
      long range = maxNanos - minNanos;
      return range == 0 ? 0 : range / 1000 * struck().draw(1001);
    }
  }

  /** One packet after the other goes through the pipe, for as long as its payload takes. */
  static final class Pacing extends HoldRule {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final Surroundings timers;
    private final long bytesPerSecond;

    Pacing(Struck struck, Surroundings timers, long bytesPerSecond) {
      super(struck);
      this.timers = timers;
      this.bytesPerSecond = bytesPerSecond;
    }

    @Override
    boolean concerns(Passing passing) {
      return passing.header().lengthBytes() > 0;
    }

    @Override
    void isKept(Kept next, boolean isFirst) {
      if (isFirst) {
        begin(next);
      }
    }

    private void begin(Kept one) {
      long seconds = one.lengthBytes() / bytesPerSecond;
      long rest = one.lengthBytes() % bytesPerSecond * NANOS_PER_SECOND / bytesPerSecond;
      timers.schedule(seconds * NANOS_PER_SECOND + rest, () -> isThrough(one));
    }

    private void isThrough(Kept one) {
      if (!one.equals(first())) {
        return; // the fault ended meanwhile
      }
      letGo(one);
      Kept next = first();
      if (next != null) {
        begin(next);
      }
    }
  }

  /** A queue of one guest stands still until the fault ends. */
  static final class Stalling extends HoldRule {
    private final long guestCid;
    private final boolean toGuest;
    private final boolean fromGuest;

    Stalling(Struck struck, long guestCid, boolean toGuest, boolean fromGuest) {
      super(struck);
      this.guestCid = guestCid;
      this.toGuest = toGuest;
      this.fromGuest = fromGuest;
    }

    @Override
    boolean concerns(Passing passing) {
      return (toGuest && passing.header().dstCid() == guestCid)
          || (fromGuest && passing.header().srcCid() == guestCid);
    }

    @Override
    void isKept(Kept next, boolean isFirst) {}
  }
}
