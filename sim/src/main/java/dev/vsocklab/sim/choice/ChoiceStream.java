package dev.vsocklab.sim.choice;

import java.util.Arrays;
import java.util.List;

/**
 * One named stream of a run's choices. Draws of one stream do not shift those of another, so a
 * recorded schedule survives when a test draws one more length.
 *
 * <p>Whatever is drawn is recorded. 0 must mean the simplest: no fault, no delay, the lowest id,
 * the smallest size. For one thread at a time.
 */
public final class ChoiceStream {
  private final String name;
  private final Source source;
  private long[] recorded = new long[16];
  private int drawn;

  ChoiceStream(String name, Source source) {
    this.name = name;
    this.source = source;
  }

  /**
   * The stream's name.
   *
   * @return what {@link Choices#stream} was asked for
   */
  public String name() {
    return name;
  }

  /**
   * Draws a number.
   *
   * @param bound how many choices there are, 1 or more; the only choice of one is not recorded
   * @return 0 to bound - 1
   * @throws IllegalArgumentException if there is nothing to choose from
   */
  public int draw(int bound) {
    return (int) draw((long) bound);
  }

  /**
   * Draws a number.
   *
   * @param bound how many choices there are, 1 or more; the only choice of one is not recorded
   * @return 0 to bound - 1
   * @throws IllegalArgumentException if there is nothing to choose from
   */
  public long draw(long bound) {
    return draw(bound, dice -> dice.below(bound));
  }

  /**
   * Draws a number that chance does not draw evenly. A replay does not ask the proposal.
   *
   * @param bound how many choices there are, 1 or more; the only choice of one is not recorded
   * @param proposal what chance would choose
   * @return 0 to bound - 1
   * @throws IllegalArgumentException if there is nothing to choose from, or the proposal is beyond
   *     it
   */
  public long draw(long bound, Proposal proposal) {
    if (bound < 1) {
      throw new IllegalArgumentException(
          "Stream " + name + " cannot draw one of " + bound + " choices. Offer at least 1.");
    }
    if (bound == 1) {
      return 0;
    }
    long value = source.next(bound, proposal);
    if (value < 0 || value >= bound) {
      throw new IllegalArgumentException(
          "Stream " + name + " was proposed " + value + ", which is not from 0 to " + (bound - 1));
    }
    record(value);
    return value;
  }

  /**
   * Draws whether something happens; the simplest is that it does not.
   *
   * @param probability how likely it is to chance, 0 to 1; at 0 and 1 there is nothing to draw
   * @return whether it happens
   */
  public boolean chance(double probability) {
    if (probability <= 0 || probability >= 1) {
      return probability >= 1;
    }
    return draw(2, dice -> dice.happens(probability) ? 1 : 0) == 1;
  }

  /**
   * Draws one of some values; the first is the simplest.
   *
   * @param values at least one
   * @param <T> their type
   * @return one of them
   * @throws IllegalArgumentException if there is none
   */
  public <T> T oneOf(List<T> values) {
    return values.get(draw(values.size()));
  }

  private void record(long value) {
    if (drawn == recorded.length) {
      recorded = Arrays.copyOf(recorded, drawn * 2);
    }
    recorded[drawn++] = value;
  }

  long[] recorded() {
    return Arrays.copyOf(recorded, drawn);
  }
}
