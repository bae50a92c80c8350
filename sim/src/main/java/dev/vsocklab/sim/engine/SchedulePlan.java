package dev.vsocklab.sim.engine;

import java.util.function.Supplier;

/** How the runs of an exploration choose what happens next where nothing was recorded. */
public final class SchedulePlan {
  /** Everything that can happen next is as likely as anything else. */
  public static final SchedulePlan RANDOM = new SchedulePlan(RandomSchedule::new);

  private final Supplier<Schedule> schedules;

  private SchedulePlan(Supplier<Schedule> schedules) {
    this.schedules = schedules;
  }

  /**
   * Priorities that change now and then.
   *
   * @param depth how many events must come in a certain order for the bug to show, 1 or more
   * @param expectedDecisions about how many decisions a run has, 1 or more
   * @return the plan
   */
  public static SchedulePlan pct(int depth, int expectedDecisions) {
    return new SchedulePlan(() -> new PctSchedule(depth, expectedDecisions));
  }

  /** The schedule of one run. */
  Schedule begin() {
    return schedules.get();
  }
}
