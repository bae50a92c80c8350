package dev.vsocklab.ci.differential;

import java.util.concurrent.atomic.AtomicInteger;

/** Gives each run of a scenario ports that no earlier one had, until they come round again. */
final class PortRanges {
  private static final int FIRST = 100_000;
  private static final int RANGES = 1 << 20;

  private final AtomicInteger used = new AtomicInteger();

  int next() {
    return FIRST + Math.floorMod(used.getAndIncrement(), RANGES) * PortBook.OWN;
  }
}
