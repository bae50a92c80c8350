package dev.vsocklab.sim.fault;

import dev.vsocklab.fault.HeaderField;
import dev.vsocklab.sim.wire.Packet;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/** What a broken device or peer does to packets. */
abstract class BrokenRule extends Rule {
  BrokenRule(Struck struck) {
    super(struck);
  }

  @Override
  boolean takes(Passing passing) {
    if (!struck().isItsTurn(passing.header())) {
      return false;
    }
    breakIt(passing);
    return true;
  }

  abstract void breakIt(Passing passing);

  /** Loses packets. */
  static final class Dropping extends BrokenRule {
    Dropping(Struck struck) {
      super(struck);
    }

    @Override
    void breakIt(Passing passing) {}
  }

  /** Brings packets twice. */
  static final class Duplicating extends BrokenRule {
    Duplicating(Struck struck) {
      super(struck);
    }

    @Override
    void breakIt(Passing passing) {
      Packet packet = passing.packet().owned();
      passing.sendOn(packet);
      passing.sendOn(packet);
    }
  }

  /** Writes nonsense into a header. */
  static final class Corrupting extends BrokenRule {
    private final HeaderField field;
    private final int value;

    Corrupting(Struck struck, HeaderField field, long value) {
      super(struck);
      this.field = field;
      this.value = (int) value;
    }

    @Override
    void breakIt(Passing passing) {
      passing.sendOn(Headers.with(passing.header(), field, value));
    }
  }

  /** Brings a packet after the next one. */
  static final class Reordering extends BrokenRule {
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Direction, Kept> kept = new HashMap<>();

    private record Kept(Passing passing, Packet packet) {}

    Reordering(Struck struck) {
      super(struck);
    }

    @Override
    boolean takes(Passing passing) {
      Kept earlier;
      lock.lock();
      try {
        earlier = kept.remove(passing.direction());
        if (earlier == null) {
          if (!struck().isItsTurn(passing.header())) {
            return false;
          }
          kept.put(passing.direction(), new Kept(passing, passing.packet().owned()));
          return true;
        }
      } finally {
        lock.unlock();
      }
      passing.sendOn(passing.packet());
      passing.sendOn(earlier.packet());
      return true;
    }

    @Override
    void breakIt(Passing passing) {}

    @Override
    void end() {
      Map<Direction, Kept> left;
      lock.lock();
      try {
        left = new HashMap<>(kept);
        kept.clear();
      } finally {
        lock.unlock();
      }
      left.values().forEach(one -> one.passing().sendOn(one.packet()));
    }
  }
}
