package dev.vsocklab.qemu.vhostuser;

import java.util.ArrayDeque;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What happened to a device, for a test's report: the last events, each with its time, and how
 * often packets were dropped for which reason. Bounded, and safe for any number of threads.
 */
final class DeviceLog {
  private static final int MAX_EVENTS = 200;

  private final ReentrantLock lock = new ReentrantLock();
  private final long startNanos = System.nanoTime();
  private final ArrayDeque<String> events = new ArrayDeque<>();
  private final Map<String, Long> drops = new TreeMap<>();
  private long forgotten;

  void event(String what) {
    double millis = (System.nanoTime() - startNanos) / 1e6;
    String line = String.format(Locale.ROOT, "%10.3f ms  %s", millis, what);
    lock.lock();
    try {
      if (events.size() == MAX_EVENTS) {
        events.removeFirst();
        forgotten++;
      }
      events.add(line);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Counts a packet that is dropped. The first of a kind is an event with its details; a flood of
   * them leaves the other events alone.
   *
   * @param reason one of a few constants
   * @param details the numbers of this one
   */
  void drop(String reason, String details) {
    long count;
    lock.lock();
    try {
      count = drops.merge(reason, 1L, Long::sum);
    } finally {
      lock.unlock();
    }
    if (count == 1) {
      event("dropped a packet, " + reason + ": " + details);
    }
  }

  /** Packets that were dropped so far. */
  long dropCount() {
    lock.lock();
    try {
      return drops.values().stream().mapToLong(Long::longValue).sum();
    } finally {
      lock.unlock();
    }
  }

  String text() {
    StringBuilder text = new StringBuilder();
    lock.lock();
    try {
      if (forgotten > 0) {
        text.append("(").append(forgotten).append(" earlier events are forgotten)\n");
      }
      events.forEach(line -> text.append(line).append('\n'));
      drops.forEach(
          (reason, count) ->
              text.append("packets dropped, ")
                  .append(reason)
                  .append(": ")
                  .append(count)
                  .append('\n'));
    } finally {
      lock.unlock();
    }
    return text.toString();
  }
}
