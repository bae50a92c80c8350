package dev.vsocklab.ci.differential;

import java.util.List;

/**
 * A scenario of which two runners gave different records.
 *
 * @param scenario the scenario
 * @param expected the kernel's record
 * @param actual the simulator's
 */
record Divergence(Scenario scenario, List<Outcome> expected, List<Outcome> actual) {

  /** The first step with different outcomes; both records are of the same length. */
  int firstStep() {
    int step = 0;
    while (expected.get(step).equals(actual.get(step))) {
      step++;
    }
    return step;
  }

  /** Scenarios with the same one most likely show the same fault: which call, and what differs. */
  String signature() {
    int step = firstStep();
    Outcome left = expected.get(step);
    Outcome right = actual.get(step);
    Call call = scenario.steps().get(step).call();
    StringBuilder text = new StringBuilder(call.text());
    if (left.result() != right.result()) {
      text.append(' ').append(kind(left)).append(" not ").append(kind(right));
    } else if (left.flags() != right.flags() || left.value() != right.value()) {
      text.append(" value");
    }
    for (int slot = 0; slot < Step.SLOTS; slot++) {
      int difference = left.readinessOf(slot) ^ right.readinessOf(slot);
      if (difference != 0) {
        text.append(" poll ").append(OutcomeText.events(difference));
        break;
      }
    }
    return text.toString();
  }

  private static String kind(Outcome outcome) {
    return outcome.result() > 0 ? "a count" : OutcomeText.result(outcome.result());
  }
}
