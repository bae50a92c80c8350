package dev.vsocklab.sim.choice;

/**
 * Pseudo-random numbers from a seed: SplitMix64. The same seed gives the same numbers on every JDK
 * and machine.
 *
 * <p>Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
 */
public final class Dice {
  private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

  private long state;

  /**
   * Dice that roll what the seed says.
   *
   * @param seed any number; neighbours give unrelated numbers
   */
  Dice(long seed) {
    state = mix(seed + GOLDEN_GAMMA);
  }

  /** Dice for one stream of a run: unrelated to those of every other name. */
  static Dice of(long seed, String name) {
    long hash = seed;
    for (int i = 0; i < name.length(); i++) {
      hash = mix(hash * 31 + name.charAt(i));
    }
    return new Dice(hash);
  }

  private static long mix(long z) {
    long a = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    long b = (a ^ (a >>> 27)) * 0x94D049BB133111EBL;
    return b ^ (b >>> 31);
  }

  /**
   * A number of which every bit is as likely 0 as 1.
   *
   * @return any number
   */
  public long next() {
    state += GOLDEN_GAMMA;
    return mix(state);
  }

  /**
   * A number below a bound.
   *
   * @param bound 1 or more
   * @return 0 to bound - 1, each as likely as the others
   */
  public int below(int bound) {
    return (int) (((next() >>> 32) * bound) >>> 32);
  }

  /**
   * A number below a bound.
   *
   * @param bound 1 or more
   * @return 0 to bound - 1, each as likely as the others
   */
  public long below(long bound) {
    return bound <= Integer.MAX_VALUE ? below((int) bound) : Long.remainderUnsigned(next(), bound);
  }

  /**
   * Whether something happens that does so now and then.
   *
   * @param probability 0 to 1
   * @return true with that probability
   */
  public boolean happens(double probability) {
    return (next() >>> 11) * 0x1.0p-53 < probability;
  }
}
