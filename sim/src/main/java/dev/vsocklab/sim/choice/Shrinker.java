package dev.vsocklab.sim.choice;

import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes a failing run's choices as simple as they can be while it still fails alike: forgets whole
 * streams, deletes blocks, zeroes blocks, and makes single numbers smaller. It knows nothing of
 * what the choices mean.
 */
public final class Shrinker {

  /** Runs a candidate. */
  @FunctionalInterface
  public interface Attempt {
    /**
     * Runs with other choices.
     *
     * @param candidate the choices to replay
     * @return what the run recorded if it failed in the same way, else null
     */
    @Nullable ChoiceSequence failsAlike(ChoiceSequence candidate);
  }

  /**
   * What shrinking came to.
   *
   * @param choices the simplest failing choices that were found
   * @param tries how many runs it took
   */
  public record Result(ChoiceSequence choices, int tries) {}

  private final Attempt attempt;
  private final int maxTries;
  private final Set<ChoiceSequence> tried = new HashSet<>();
  private ChoiceSequence best;
  private int tries;

  private Shrinker(ChoiceSequence failing, int maxTries, Attempt attempt) {
    this.best = failing;
    this.maxTries = maxTries;
    this.attempt = attempt;
    tried.add(failing);
  }

  /**
   * Shrinks.
   *
   * @param failing the choices of a run that failed
   * @param maxTries how many runs it may take, 0 or more
   * @param attempt runs a candidate
   * @return the simplest that was found: {@code failing} itself if nothing simpler fails alike
   */
  public static Result shrink(ChoiceSequence failing, int maxTries, Attempt attempt) {
    Shrinker shrinker = new Shrinker(failing, maxTries, attempt);
    shrinker.run();
    return new Result(shrinker.best, shrinker.tries);
  }

  private void run() {
    accepts(ChoiceSequence.SIMPLEST);
    ChoiceSequence before;
    do {
      before = best;
      forgetStreams();
      for (String name : best.streams()) {
        deleteBlocks(name);
        zeroBlocks(name);
        lowerNumbers(name);
      }
    } while (!best.equals(before) && tries < maxTries);
  }

  private void forgetStreams() {
    for (String name : best.streams()) {
      accepts(best.with(name, new long[0]));
    }
  }

  /** Blocks from the end, for later choices depend on earlier ones and not the other way round. */
  private void deleteBlocks(String name) {
    for (int size = best.values(name).length; size > 0; size /= 2) {
      for (int end = best.values(name).length; end >= size; end -= size) {
        long[] values = best.values(name);
        if (end <= values.length) {
          accepts(best.with(name, without(values, end - size, end)));
        }
      }
    }
  }

  private static long[] without(long[] values, int from, int to) {
    long[] rest = new long[values.length - (to - from)];
    System.arraycopy(values, 0, rest, 0, from);
    System.arraycopy(values, to, rest, from, values.length - to);
    return rest;
  }

  private void zeroBlocks(String name) {
    for (int size = best.values(name).length; size > 0; size /= 2) {
      for (int end = best.values(name).length; end >= size; end -= size) {
        long[] values = best.values(name).clone();
        boolean changed = false;
        for (int i = end - size; i < Math.min(end, values.length); i++) {
          changed |= values[i] != 0;
          values[i] = 0;
        }
        if (changed) {
          accepts(best.with(name, values));
        }
      }
    }
  }

  /** Each number by bisection: as far down as the failure allows. */
  private void lowerNumbers(String name) {
    for (int i = 0; i < best.values(name).length; i++) {
      long tooLow = 0;
      while (i < best.values(name).length && tooLow + 1 < best.values(name)[i]) {
        long[] values = best.values(name).clone();
        long middle = tooLow + (values[i] - tooLow) / 2;
        values[i] = middle;
        if (!accepts(best.with(name, values))) {
          tooLow = middle;
        }
      }
    }
  }

  private boolean accepts(ChoiceSequence candidate) {
    if (tries >= maxTries || !tried.add(candidate)) {
      return false;
    }
    tries++;
    ChoiceSequence recorded = attempt.failsAlike(candidate);
    if (recorded == null || !recorded.isSimplerThan(best)) {
      return false;
    }
    tried.add(recorded);
    best = recorded;
    return true;
  }
}
