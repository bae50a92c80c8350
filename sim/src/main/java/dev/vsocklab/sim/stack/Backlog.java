package dev.vsocklab.sim.stack;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** Connections that wait to be accepted. One more fits than the backlog says, as in Linux. */
final class Backlog {
  /** {@code net.core.somaxconn}'s default; a negative backlog is a huge one. */
  private static final int SOMAXCONN = 4096;

  private final ArrayDeque<Sock> waiting = new ArrayDeque<>();
  private final int limit;

  Backlog(int wanted) {
    limit = wanted < 0 ? SOMAXCONN : Math.min(wanted, SOMAXCONN);
  }

  Backlog resized(int wanted) {
    Backlog resized = new Backlog(wanted);
    resized.waiting.addAll(waiting);
    return resized;
  }

  boolean isFull() {
    return waiting.size() > limit; // sk_acceptq_is_full
  }

  boolean isEmpty() {
    return waiting.isEmpty();
  }

  void add(Sock child) {
    waiting.addLast(child);
  }

  @Nullable Sock poll() {
    return waiting.pollFirst();
  }

  @Override
  public String toString() {
    return waiting.size() + "/" + limit;
  }
}
