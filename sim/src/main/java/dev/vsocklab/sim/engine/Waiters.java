package dev.vsocklab.sim.engine;

import java.util.ArrayDeque;

/** Tasks that wait for one thing, the first that came first; and what that thing is. */
final class Waiters {
  final ArrayDeque<Task> tasks = new ArrayDeque<>(0);
  private final Object awaited;
  private final Object where;

  /**
   * Nobody waits yet.
   *
   * @param awaited what they will wait for
   * @param where of what; its {@code toString} tells where it stands, when somebody asks
   */
  Waiters(Object awaited, Object where) {
    this.awaited = awaited;
    this.where = where;
  }

  /** For example {@code input of vm(42) vsock:…}. */
  @Override
  public String toString() {
    return awaited + " of " + where;
  }
}
