package dev.vsocklab.ci.differential;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every scenario of the corpus gives its record on the simulator. */
class CorpusTest {

  @TestFactory
  Stream<DynamicTest> onTheSimulator() {
    return Stream.of("6.12", "6.1")
        .flatMap(
            series ->
                of(series).stream()
                    .map(
                        regression ->
                            DynamicTest.dynamicTest(
                                series + ": " + regression,
                                () -> {
                                  try (Machines machines = Machines.simulator(series)) {
                                    check(regression, machines.simulated());
                                  }
                                })));
  }

  @Test
  void everyNameIsThereOnce() {
    Set<String> seen = new TreeSet<>();
    List<String> twice = new ArrayList<>();
    for (Regression regression : Corpus.ALL) {
      for (String kernel : regression.kernels()) {
        if (!seen.add(regression.name() + " on " + kernel)) {
          twice.add(regression.name());
        }
      }
    }
    assertEquals(List.of(), twice);
  }

  static List<Regression> of(String series) {
    return Corpus.ALL.stream().filter(regression -> regression.kernels().contains(series)).toList();
  }

  static void check(Regression regression, ScenarioRunner runner) throws IOException {
    Scenario scenario = regression.scenario();
    List<Outcome> outcomes = runner.run(List.of(scenario)).get(0);
    assertEquals(
        DivergenceReport.record(scenario, regression.outcomes()),
        DivergenceReport.record(scenario, outcomes),
        () -> runner.name() + ": " + regression + "\n" + regression.rule());
  }
}
