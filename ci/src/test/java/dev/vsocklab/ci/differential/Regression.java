package dev.vsocklab.ci.differential;

import java.util.ArrayList;
import java.util.List;

/**
 * A scenario that once told a wrong simulator from a kernel, with what the kernel said.
 *
 * @param name what it is about
 * @param rule what holds, and where Linux has it
 * @param kernels the series whose record it is
 * @param text one step a line, {@code step = outcome}
 */
record Regression(String name, String rule, List<String> kernels, String text) {
  Regression {
    kernels = List.copyOf(kernels);
  }

  Scenario scenario() {
    return Scenario.parse(text);
  }

  List<Outcome> outcomes() {
    List<Outcome> outcomes = new ArrayList<>();
    for (String line : text.lines().toList()) {
      String[] halves = line.split(" = ", 2);
      outcomes.add(OutcomeText.parse(StepText.parse(halves[0]).call(), halves[1]));
    }
    return outcomes;
  }

  @Override
  public String toString() {
    return name;
  }
}
