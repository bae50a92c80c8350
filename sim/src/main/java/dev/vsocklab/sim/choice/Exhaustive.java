package dev.vsocklab.sim.choice;

import java.util.ArrayList;
import java.util.List;

/**
 * Counts through every run of a small space, like an odometer whose wheels are the draws in the
 * order in which they were made. The first run is the simplest one; each next run differs from the
 * one before in its last draw that has another choice left.
 *
 * <p>A draw with more than {@value #WIDEST_WHEEL} choices, such as a port, is not counted through:
 * it stays 0.
 */
public final class Exhaustive {
  /** Our choice: what has more choices is a number and not a decision. */
  private static final int WIDEST_WHEEL = 64;

  private static final class Wheel {
    private final long bound;
    private long value;

    Wheel(long bound) {
      this.bound = bound;
    }
  }

  private final List<Wheel> wheels = new ArrayList<>();
  private int drawn;
  private boolean begun;

  /** Counts from the simplest run. */
  public Exhaustive() {}

  /**
   * Moves on to the next run, after the one before is over.
   *
   * @return whether there is one
   */
  public boolean advance() {
    if (!begun) {
      begun = true;
      return true;
    }
    // What the run did not reach this time is of no more use.
    wheels.subList(Math.min(drawn, wheels.size()), wheels.size()).clear();
    while (!wheels.isEmpty()) {
      Wheel last = wheels.get(wheels.size() - 1);
      if (last.value + 1 < last.bound) {
        last.value++;
        return true;
      }
      wheels.remove(wheels.size() - 1);
    }
    return false;
  }

  /**
   * The present run's choices.
   *
   * @return choices for one run
   */
  public Choices choices() {
    drawn = 0;
    return new Choices("counted", name -> (bound, proposal) -> next(bound));
  }

  private long next(long bound) {
    if (bound > WIDEST_WHEEL) {
      return 0;
    }
    if (drawn == wheels.size()) {
      wheels.add(new Wheel(bound));
    }
    return Math.min(wheels.get(drawn++).value, bound - 1);
  }
}
