package dev.vsocklab.sim.check;

import java.util.List;
import java.util.stream.Collectors;

/** A lab in which something did not hold that must: a defect of the simulator or a real peer. */
public final class CheckerViolation extends AssertionError {
  private static final long serialVersionUID = 1L;

  /** Not needed where it is read from a stream. */
  private final transient List<Violation> violations;

  CheckerViolation(List<Violation> violations) {
    super(violations.stream().map(Violation::toString).collect(Collectors.joining("\n")));
    this.violations = violations;
  }

  /**
   * What did not hold.
   *
   * @return one or more
   */
  public List<Violation> violations() {
    return violations;
  }
}
