package dev.vsocklab.ci.differential;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.ci.differential.ScenarioGenerator.Topology;
import java.io.IOException;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;

/** What holds for every scenario, whatever any kernel says. Shrinking is the shrinker's work. */
class ScenarioPropertyTest {

  @Provide
  Arbitrary<Scenario> scenarios() {
    ScenarioGenerator generator = new ScenarioGenerator(Topology.LOOPBACK);
    return Arbitraries.randomValue(random -> generator.generate(random.nextLong()));
  }

  @Property(tries = 300, shrinking = ShrinkingMode.OFF)
  void theSimulatorGivesTheSameRecordTwice(@ForAll("scenarios") Scenario scenario)
      throws IOException {
    try (Machines machines = Machines.simulator("6.12")) {
      ScenarioRunner simulator = machines.simulated();
      assertEquals(simulator.run(List.of(scenario)), simulator.run(List.of(scenario)));
    }
  }

  @Property(tries = 300, shrinking = ShrinkingMode.OFF)
  void aScenarioIsReadAsItWasWritten(@ForAll("scenarios") Scenario scenario) {
    assertEquals(scenario, Scenario.parse(scenario.toString()));
  }
}
