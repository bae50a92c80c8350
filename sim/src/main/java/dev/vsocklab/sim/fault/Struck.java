package dev.vsocklab.sim.fault;

import dev.vsocklab.fault.Fault;
import dev.vsocklab.sim.capture.PacketText;
import dev.vsocklab.sim.wire.Header;
import java.math.BigDecimal;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntUnaryOperator;
import java.util.function.LongSupplier;

/** What a fault did: how often, first and last. It also says whose turn it is to be struck. */
public final class Struck {
  private static final int CERTAIN_PERCENT = 100;

  private final ReentrantLock lock = new ReentrantLock();
  private final Fault fault;
  private final IntUnaryOperator draw;
  private final LongSupplier nanos;

  private long occasions;
  private long hits;
  private long firstNanos;
  private long lastNanos;
  private String first = "";
  private String last = "";

  Struck(Fault fault, IntUnaryOperator draw, LongSupplier nanos) {
    this.fault = fault;
    this.draw = draw;
    this.nanos = nanos;
  }

  /**
   * The fault.
   *
   * @return what was injected
   */
  public Fault fault() {
    return fault;
  }

  /** As {@link #isItsTurn()}, for a packet. */
  boolean isItsTurn(Header header) {
    lock.lock();
    try {
      if (!isItsTurn()) {
        return false;
      }
      count(header);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Whether this occasion is one that the fault's count and chance choose.
   *
   * @return true if the fault is to do its deed now, and to {@link #count} it
   */
  public boolean isItsTurn() {
    lock.lock();
    try {
      return occasions++ >= fault.skipped() && hits < fault.times() && isDrawn();
    } finally {
      lock.unlock();
    }
  }

  /** The simplest draw, 0, is no fault. */
  private boolean isDrawn() {
    int percent = fault.percent();
    return percent == CERTAIN_PERCENT
        || draw.applyAsInt(CERTAIN_PERCENT) >= CERTAIN_PERCENT - percent;
  }

  /** Counts one packet, with no regard to count and chance. */
  void count(Header header) {
    count(PacketText.describe(header));
  }

  /**
   * Counts one deed.
   *
   * @param what what was done, in a few words
   */
  public void count(String what) {
    lock.lock();
    try {
      lastNanos = nanos.getAsLong();
      last = what;
      if (hits++ == 0) {
        firstNanos = lastNanos;
        first = what;
      }
    } finally {
      lock.unlock();
    }
  }

  long hits() {
    lock.lock();
    try {
      return hits;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Draws a number.
   *
   * @param bound how many there are to choose from, 1 or more
   * @return 0 to {@code bound - 1}; 0 is the simplest
   */
  public int draw(int bound) {
    return bound <= 1 ? 0 : draw.applyAsInt(bound);
  }

  /** One fault of the report: a line, and two more if it did something. */
  String text(boolean over) {
    lock.lock();
    try {
      StringBuilder text = new StringBuilder();
      text.append(fault).append(over ? " (over): " : ": ");
      if (hits == 0) {
        return text.append("did nothing\n").toString();
      }
      text.append(hits).append(hits == 1 ? " time\n" : " times\n");
      text.append("  first at ").append(seconds(firstNanos)).append(" s: ").append(first);
      if (hits > 1) {
        text.append("\n  last at  ").append(seconds(lastNanos)).append(" s: ").append(last);
      }
      return text.append('\n').toString();
    } finally {
      lock.unlock();
    }
  }

  private static String seconds(long atNanos) {
    return BigDecimal.valueOf(atNanos, 9).toPlainString();
  }
}
