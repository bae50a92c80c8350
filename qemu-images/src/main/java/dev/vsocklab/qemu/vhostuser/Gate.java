package dev.vsocklab.qemu.vhostuser;

import java.util.concurrent.atomic.AtomicInteger;

/** Lets a queue's packets through, unless somebody stalls the queue. Safe for any thread. */
final class Gate {
  private final AtomicInteger stalls = new AtomicInteger();

  void stall() {
    stalls.incrementAndGet();
  }

  /** Takes one stall back. */
  void resume() {
    stalls.decrementAndGet();
  }

  boolean isStalled() {
    return stalls.get() > 0;
  }
}
