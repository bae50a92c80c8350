package dev.vsocklab.sim.capture;

import dev.vsocklab.sim.fabric.Tap;
import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.Packet;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The last packets that crossed the fabric, printed when somebody asks.
 *
 * <p>Cheap where packets pass: one small object each, no lock, no copy of a payload, no text. Safe
 * under any number of threads; each connection's packets stay in the order in which they were sent.
 */
public final class PacketLog implements Tap {

  /** How many packets a failure report shows unless asked otherwise. */
  public static final int DEFAULT_PACKETS = 200;

  private final AtomicReferenceArray<@Nullable Entry> ring;
  private final AtomicLong seen = new AtomicLong();
  private final LongSupplier nanos;
  private final long startNanos;

  /**
   * A log of the last {@value #DEFAULT_PACKETS} packets.
   *
   * @param nanos the time now in nanoseconds, from any origin; text counts from this log's creation
   */
  public PacketLog(LongSupplier nanos) {
    this(DEFAULT_PACKETS, nanos);
  }

  /**
   * A log.
   *
   * @param packets how many packets it keeps, at least 1
   * @param nanos the time now in nanoseconds, from any origin; text counts from this log's creation
   * @throws IllegalArgumentException if it would keep none
   */
  public PacketLog(int packets, LongSupplier nanos) {
    if (packets < 1) {
      throw new IllegalArgumentException(
          "A packet log of " + packets + " packets keeps nothing. Ask for at least 1.");
    }
    this.ring = new AtomicReferenceArray<>(packets);
    this.nanos = nanos;
    this.startNanos = nanos.getAsLong();
  }

  @Override
  public void onPacket(Packet packet) {
    long number = seen.getAndIncrement();
    Entry entry = new Entry(number, nanos.getAsLong() - startNanos, packet.header());
    // A thread that was overtaken by a whole ring must not put its old packet over a newer one.
    ring.accumulateAndGet((int) (number % ring.length()), entry, Entry::newer);
  }

  /**
   * How many packets passed, kept or not.
   *
   * @return 0 or more
   */
  public long seenPackets() {
    return seen.get();
  }

  /**
   * The packets that are kept.
   *
   * @return oldest first
   */
  public List<Entry> entries() {
    List<Entry> kept = new ArrayList<>(ring.length());
    for (int i = 0; i < ring.length(); i++) {
      @Nullable Entry entry = ring.get(i);
      if (entry != null) {
        kept.add(entry);
      }
    }
    kept.sort(Comparator.comparingLong(Entry::number));
    return kept;
  }

  /**
   * The packets that are kept, as aligned text.
   *
   * @return a line that says how many, a line of titles, then one line for each packet, oldest
   *     first; the first line alone if there was none
   */
  public String text() {
    return PacketText.of(entries(), seenPackets());
  }

  /**
   * The packets that are kept, as a ladder: a column for each machine, an arrow for each packet.
   *
   * @return lines, oldest first
   */
  public String ladder() {
    return PacketLadder.of(entries(), seenPackets());
  }

  /**
   * One packet of the log.
   *
   * @param number 0 for the first packet that the log saw
   * @param timeNanos nanoseconds after the log's creation
   * @param header its header
   */
  public record Entry(long number, long timeNanos, Header header) {

    static Entry newer(@Nullable Entry old, Entry next) {
      return old != null && old.number > next.number ? old : next;
    }
  }
}
