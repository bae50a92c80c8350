package dev.vsocklab.ci.differential;

import java.util.List;

/** A divergence for people: both records side by side, and the test that holds the kernel's. */
final class DivergenceReport {
  private final Duel duel;

  DivergenceReport(Duel duel) {
    this.duel = duel;
  }

  String write(Divergence divergence) {
    return table(divergence) + "\n" + java(divergence);
  }

  private String table(Divergence divergence) {
    List<Step> steps = divergence.scenario().steps();
    int stepWidth = width(steps.stream().map(Step::toString).toList(), "step");
    List<String> left = texts(divergence.scenario(), divergence.expected());
    List<String> right = texts(divergence.scenario(), divergence.actual());
    int leftWidth = width(left, duel.kernel().name());
    String format = "%s %-" + stepWidth + "s   %-" + leftWidth + "s   %s%n";
    StringBuilder text =
        new StringBuilder(
            String.format(format, " ", "step", duel.kernel().name(), duel.simulator().name()));
    for (int i = 0; i < steps.size(); i++) {
      boolean differs = !divergence.expected().get(i).equals(divergence.actual().get(i));
      text.append(
          String.format(
              format,
              differs ? "!" : " ",
              steps.get(i),
              left.get(i),
              differs ? right.get(i) : "="));
    }
    return text.toString();
  }

  /** What goes into the corpus, as Java. */
  private String java(Divergence divergence) {
    StringBuilder text = new StringBuilder("new Regression(\n    \"NAME\",\n");
    text.append("    \"THE RULE, with the kernel's function\",\n    List.of(\"");
    text.append(duel.kernel().name().replace("Linux ", "")).append("\"),\n    \"\"\"\n");
    record(divergence.scenario(), divergence.expected())
        .lines()
        .forEach(line -> text.append("    ").append(line).append('\n'));
    return text.append("    \"\"\"),\n").toString();
  }

  /** A scenario with its record, one step a line. */
  static String record(Scenario scenario, List<Outcome> outcomes) {
    List<String> texts = texts(scenario, outcomes);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < texts.size(); i++) {
      text.append(scenario.steps().get(i)).append(" = ").append(texts.get(i)).append('\n');
    }
    return text.toString();
  }

  private static List<String> texts(Scenario scenario, List<Outcome> outcomes) {
    return java.util.stream.IntStream.range(0, outcomes.size())
        .mapToObj(i -> OutcomeText.write(scenario.steps().get(i).call(), outcomes.get(i)))
        .toList();
  }

  private static int width(List<String> texts, String title) {
    return Math.max(title.length(), texts.stream().mapToInt(String::length).max().orElse(1));
  }
}
