package dev.vsocklab.ci.differential;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.ci.differential.ScenarioGenerator.Topology;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What is made up: always the same for a seed, and worth running. */
class GeneratorTest {
  private static final int SCENARIOS = 500;
  private static final ScenarioGenerator GENERATOR = new ScenarioGenerator(Topology.LOOPBACK);
  private static final List<Scenario> GENERATED =
      LongStream.range(0, SCENARIOS).mapToObj(GENERATOR::generate).toList();

  @Test
  void theSameSeedGivesTheSameScenario() {
    assertEquals(GENERATED.get(7), GENERATOR.generate(7));
  }

  @Test
  void noTwoSeedsGiveTheSame() {
    assertEquals(SCENARIOS, new HashSet<>(GENERATED).size());
  }

  @Test
  void lengthsAreThose() {
    for (Scenario scenario : GENERATED) {
      int length = scenario.steps().size();
      assertTrue(length >= 5 && length <= 60, scenario::toString);
    }
  }

  @Test
  void mostScenariosMoveData() throws IOException {
    int moved = 0;
    Set<Call> calls = new HashSet<>();
    try (Machines machines = Machines.simulator("6.12")) {
      List<List<Outcome>> records = machines.simulated().run(GENERATED);
      for (int i = 0; i < SCENARIOS; i++) {
        boolean moves = false;
        for (int step = 0; step < records.get(i).size(); step++) {
          Call call = GENERATED.get(i).steps().get(step).call();
          calls.add(call);
          moves |= call == Call.RECEIVE && records.get(i).get(step).result() > 0;
        }
        moved += moves ? 1 : 0;
      }
    }
    assertTrue(moved > SCENARIOS * 6 / 10, moved + " of " + SCENARIOS + " read something");
    assertEquals(Set.of(Call.values()), calls);
  }

  @Test
  void betweenTwoMachinesConnectionsGoAcross() {
    ScenarioGenerator generator = new ScenarioGenerator(Topology.TWO_MACHINES);
    for (long seed = 0; seed < SCENARIOS; seed++) {
      for (Step step : generator.generate(seed).steps()) {
        if (step.call() == Call.ACCEPT) {
          assertEquals(step.slot() / Step.SLOTS_OF_A, step.x() / Step.SLOTS_OF_A, step::toString);
        }
        if (step.call() == Call.CONNECT || step.call() == Call.BIND) {
          assertTrue(step.x() == Step.LOCAL || step.x() == Step.ANY, step::toString);
        }
      }
    }
  }
}
