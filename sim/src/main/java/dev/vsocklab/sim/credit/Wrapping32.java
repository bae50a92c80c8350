package dev.vsocklab.sim.credit;

/** Arithmetic of 32-bit counters that wrap: {@code tx_cnt}, {@code fwd_cnt}. */
final class Wrapping32 {
  private Wrapping32() {}

  /**
   * How far one counter is ahead of another.
   *
   * @param later the counter that is ahead, modulo 2^32
   * @param earlier the counter behind it, modulo 2^32
   * @return 0 to 2^32 - 1
   */
  static long distance(int later, int earlier) {
    return Integer.toUnsignedLong(later - earlier);
  }
}
