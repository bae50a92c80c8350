package dev.vsocklab.ci.differential;

import java.util.List;
import java.util.stream.Collectors;

/**
 * A row of socket calls on up to four sockets of each of two machines. It always runs to its end:
 * what a step needs and an earlier one did not bring is an errno in the record.
 *
 * @param steps the calls in order
 */
record Scenario(List<Step> steps) {
  Scenario {
    steps = List.copyOf(steps);
  }

  /** Reads one step a line; a step's outcome may follow it after {@code =}. */
  static Scenario parse(String text) {
    return new Scenario(
        text.lines()
            .filter(line -> !line.isBlank())
            .map(line -> StepText.parse(line.split("=", 2)[0]))
            .toList());
  }

  @Override
  public String toString() {
    return steps.stream().map(Step::toString).collect(Collectors.joining("\n"));
  }
}
