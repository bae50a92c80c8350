package dev.vsocklab.sim.stack;

import dev.vsocklab.sim.wire.Packet;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/** Time that stands still until a test moves it; nobody ever waits. */
final class ManualTime implements Surroundings {
  private final List<Entry> entries = new ArrayList<>();
  private long nowNanos;

  private record Entry(long dueNanos, Runnable task) {}

  @Override
  public Alarm schedule(long delayNanos, Runnable task) {
    Entry entry = new Entry(nowNanos + delayNanos, task);
    entries.add(entry);
    return () -> entries.remove(entry);
  }

  void advance(long nanos) {
    nowNanos += nanos;
    List<Entry> due =
        entries.stream()
            .filter(entry -> entry.dueNanos <= nowNanos)
            .sorted(Comparator.comparingLong(Entry::dueNanos))
            .toList();
    entries.removeAll(due);
    due.forEach(entry -> entry.task.run());
  }

  int alarms() {
    return entries.size();
  }

  @Override
  public WaitPoint waitPoint(ReentrantLock lock, Awaited awaited, Object socket) {
    return new WaitPoint() {
      @Override
      public long await(long timeoutNanos) {
        throw new AssertionError("nobody waits here");
      }

      @Override
      public void wakeAll() {}
    };
  }

  @Override
  public void carry(Packet packet, Consumer<Packet> way) {
    way.accept(packet);
  }

  @Override
  public long firstAutomaticPort() {
    return 5000;
  }
}
