package dev.vsocklab.ci.differential;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The simulator gives the records that real kernels gave, on every build and without a kernel. */
class RecordingTest {
  private static final int LEAST = 500;

  private final ScenarioGenerator generator =
      new ScenarioGenerator(ScenarioGenerator.Topology.LOOPBACK);

  @ParameterizedTest(name = "Linux {0}")
  @ValueSource(strings = {"6.12", "6.1"})
  void theSimulatorSaysWhatTheKernelSaid(String series) throws IOException {
    List<Recording.Entry> entries = Recording.of(series).entries();
    assertTrue(entries.size() >= LEAST, "only " + entries.size() + " scenarios are recorded");
    List<Scenario> scenarios = new ArrayList<>();
    for (Recording.Entry entry : entries) {
      scenarios.add(generator.generate(entry.seed()));
    }
    try (Machines machines = Machines.simulator(series)) {
      List<List<Outcome>> records = machines.simulated().run(scenarios);
      for (int i = 0; i < scenarios.size(); i++) {
        compare(entries.get(i), scenarios.get(i), records.get(i));
      }
    }
  }

  private static void compare(Recording.Entry kernel, Scenario scenario, List<Outcome> outcomes) {
    Recording.Entry simulator = Recording.Entry.of(kernel.seed(), scenario, outcomes);
    assertEquals(
        kernel.scenario(),
        simulator.scenario(),
        () ->
            "The generator makes another scenario of seed "
                + kernel.seed()
                + " than when the kernels were asked. Ask them again: ci/test record.");
    assertEquals(
        kernel.record(),
        simulator.record(),
        () ->
            "The kernel said something else of seed "
                + kernel.seed()
                + ". To see what, side by side: VSOCKLAB_DIFFERENTIAL_SCENARIOS=1"
                + " VSOCKLAB_DIFFERENTIAL_SEED="
                + kernel.seed()
                + " ci/test differential. The simulator said:\n"
                + DivergenceReport.record(scenario, outcomes));
  }
}
