package dev.vsocklab.sim.credit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class BufferSizesTest {
  @Test
  void theSizeIsClampedUpToTheMinimumAndThenDownToTheMaximum() {
    assertEquals(128, BufferSizes.DEFAULT.withSize(1).sizeBytes());
    assertEquals(262_144, BufferSizes.DEFAULT.withSize(1 << 30).sizeBytes());
    assertEquals(1 << 30, BufferSizes.DEFAULT.withMax(1 << 30).withSize(1 << 30).sizeBytes());
  }

  @Test
  void changingABoundClampsTheSizeAgain() {
    assertEquals(1000, BufferSizes.DEFAULT.withMax(1000).sizeBytes());
    assertEquals(262_144, BufferSizes.DEFAULT.withMin(200_000).sizeBytes());
  }

  @Test
  void aMinimumAboveTheMaximumIsNotRejectedAndTheMaximumWins() {
    assertEquals(262_144, BufferSizes.DEFAULT.withMin(1 << 20).sizeBytes());
  }

  @Test
  void theWireCarriesNoMoreThan32Bits() {
    BufferSizes huge = BufferSizes.DEFAULT.withMax(Long.MAX_VALUE).withSize(Long.MAX_VALUE);

    assertEquals(
        Long.MAX_VALUE, huge.sizeBytes(), "the option keeps it while there is no transport");
    assertEquals(0xFFFF_FFFFL, huge.announceable().sizeBytes());
    assertEquals(-1, huge.bufAlloc());
  }

  @Test
  void sizesAreUnsigned() {
    assertEquals(
        262_144, BufferSizes.DEFAULT.withSize(-1).sizeBytes(), "2^64 - 1 is above the maximum");
    assertEquals(-1, BufferSizes.DEFAULT.withMax(-1).withSize(-1).sizeBytes());
  }
}
