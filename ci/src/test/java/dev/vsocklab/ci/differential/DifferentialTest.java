package dev.vsocklab.ci.differential;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.ci.coverage.CellTable;
import dev.vsocklab.ci.differential.ScenarioGenerator.Topology;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/**
 * Scenarios from fresh seeds, on the simulator and on a real kernel. Settings: {@code
 * -Dvsocklab.differential.scenarios=} how many for each kernel, {@code
 * -Dvsocklab.differential.two.machines=} how many on a host and a guest, {@code
 * -Dvsocklab.differential.seed=} where to begin, {@code -Dvsocklab.differential.kernels=}.
 */
@Tag("differential")
class DifferentialTest {
  private static final int DEFAULT_SCENARIOS = 3000;

  private static final int DEFAULT_TWO_MACHINE_SCENARIOS = 300;

  /** More shrunk ones would tell nothing that the first do not. */
  private static final int MOST_SHRUNK = 5;

  @TestFactory
  Stream<DynamicTest> theSimulatorGivesTheKernelsRecord() {
    int scenarios = Integer.getInteger("vsocklab.differential.scenarios", DEFAULT_SCENARIOS);
    long seed = Long.getLong("vsocklab.differential.seed", Campaign.freshSeed());
    return Kernels.asked()
        .map(
            series ->
                DynamicTest.dynamicTest(
                    "Linux " + series,
                    () -> {
                      try (Machines machines = Machines.both(series)) {
                        run(machines.duel(), Topology.LOOPBACK, seed, scenarios);
                        System.out.println(new CellTable(machines.visits()).write());
                      }
                    }));
  }

  /** A call costs a round trip to the guest here, so there are fewer of them. */
  @TestFactory
  Stream<DynamicTest> theSimulatedGuestGivesTheGuestsRecord() {
    int scenarios =
        Integer.getInteger("vsocklab.differential.two.machines", DEFAULT_TWO_MACHINE_SCENARIOS);
    long seed = Long.getLong("vsocklab.differential.seed", Campaign.freshSeed());
    return Kernels.asked()
        .map(
            series ->
                DynamicTest.dynamicTest(
                    "Linux " + series + " as guest",
                    () -> {
                      try (TwoMachines machines = TwoMachines.of(series)) {
                        run(machines.duel(), Topology.TWO_MACHINES, seed, scenarios);
                      }
                    }));
  }

  private static void run(Duel duel, Topology topology, long seed, int scenarios)
      throws IOException {
    Campaign campaign = new Campaign(duel, new ScenarioGenerator(topology));
    Campaign.Result result = campaign.run(seed, scenarios);
    System.out.printf(
        "Differential run, %s, seeds from %d: %s%n", duel.kernel().name(), seed, result.summary());
    assertEquals(0, result.divergences(), () -> report(duel, campaign, result));
  }

  private static String report(Duel duel, Campaign campaign, Campaign.Result result) {
    StringBuilder text = new StringBuilder("The simulator is not as the kernel.\n");
    List<Map.Entry<String, List<Divergence>>> mostFrequentFirst =
        result.bySignature().entrySet().stream()
            .sorted(Comparator.comparingInt(entry -> -entry.getValue().size()))
            .toList();
    for (Map.Entry<String, List<Divergence>> entry : mostFrequentFirst) {
      text.append(entry.getValue().size()).append(" times: ").append(entry.getKey()).append('\n');
    }
    for (Map.Entry<String, List<Divergence>> entry :
        mostFrequentFirst.subList(0, Math.min(MOST_SHRUNK, mostFrequentFirst.size()))) {
      text.append('\n').append(entry.getKey()).append(":\n");
      try {
        Divergence shrunk = campaign.shrink(entry.getValue().get(0));
        text.append(new DivergenceReport(duel).write(shrunk));
      } catch (IOException e) {
        text.append("could not be shrunk: ").append(e.getMessage()).append('\n');
      }
    }
    return text.toString();
  }
}
