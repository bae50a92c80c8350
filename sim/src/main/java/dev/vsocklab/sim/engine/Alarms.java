package dev.vsocklab.sim.engine;

import dev.vsocklab.sim.stack.Surroundings;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What is to happen later in virtual time: a heap, the earliest first, and of those at one time the
 * one that was set first. An alarm that is cancelled is gone at once, for a run sets and cancels
 * one with each connection.
 */
final class Alarms {
  private @Nullable Alarm[] heap = new Alarm[16];
  private int size;
  private long set;

  /** One alarm. */
  final class Alarm implements Surroundings.Alarm {
    final long dueNanos;
    final Runnable task;
    private final long number;
    private int index;

    private Alarm(long dueNanos, Runnable task) {
      this.dueNanos = dueNanos;
      this.task = task;
      this.number = set++;
    }

    @Override
    public void cancel() {
      if (index >= 0) {
        remove(this);
      }
    }

    private boolean isBefore(Alarm other) {
      return dueNanos != other.dueNanos ? dueNanos < other.dueNanos : number < other.number;
    }
  }

  Alarm set(long dueNanos, Runnable task) {
    Alarm alarm = new Alarm(dueNanos, task);
    if (size == heap.length) {
      heap = Arrays.copyOf(heap, size * 2);
    }
    place(alarm, size++);
    up(alarm);
    return alarm;
  }

  /** The earliest, which stays. */
  @Nullable Alarm first() {
    return size == 0 ? null : heap[0];
  }

  private void remove(Alarm alarm) {
    int hole = alarm.index;
    alarm.index = -1;
    Alarm last = at(--size);
    heap[size] = null;
    if (last != alarm) {
      place(last, hole);
      up(last);
      down(last);
    }
  }

  private void up(Alarm alarm) {
    while (alarm.index > 0) {
      Alarm parent = at((alarm.index - 1) / 2);
      if (!alarm.isBefore(parent)) {
        return;
      }
      swap(alarm, parent);
    }
  }

  private void down(Alarm alarm) {
    while (2 * alarm.index + 1 < size) {
      Alarm child = at(2 * alarm.index + 1);
      if (child.index + 1 < size && at(child.index + 1).isBefore(child)) {
        child = at(child.index + 1);
      }
      if (!child.isBefore(alarm)) {
        return;
      }
      swap(child, alarm);
    }
  }

  private void swap(Alarm one, Alarm other) {
    int index = one.index;
    place(one, other.index);
    place(other, index);
  }

  private void place(Alarm alarm, int index) {
    heap[index] = alarm;
    alarm.index = index;
  }

  private Alarm at(int index) {
    Alarm alarm = heap[index];
    if (alarm == null) {
      throw new AssertionError("no alarm at " + index + " of " + size);
    }
    return alarm;
  }
}
