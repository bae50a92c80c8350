package dev.vsocklab.ci.differential;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.ci.differential.ScenarioGenerator.Topology;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The shrinker, over a fault that is made up. */
class ShrinkerTest {
  private static final Outcome RIGHT = new Outcome(0, 0, 0, 0);
  private static final Outcome WRONG = new Outcome(1, 0, 0, 0);

  /** Wrong at the first receive that follows a send of at least 100 bytes by slot B0. */
  private static Optional<Divergence> trial(Scenario scenario) {
    boolean sent = false;
    List<Outcome> expected = new ArrayList<>();
    List<Outcome> actual = new ArrayList<>();
    boolean diverged = false;
    for (Step step : scenario.steps()) {
      boolean wrong = sent && step.call() == Call.RECEIVE;
      sent |= step.call() == Call.SEND && step.slot() == 4 && step.x() >= 100;
      expected.add(RIGHT);
      actual.add(wrong ? WRONG : RIGHT);
      diverged |= wrong;
    }
    return diverged ? Optional.of(new Divergence(scenario, expected, actual)) : Optional.empty();
  }

  private static List<Optional<Divergence>> trials(List<Scenario> scenarios) {
    return scenarios.stream().map(ShrinkerTest::trial).toList();
  }

  @Test
  void onlyWhatMattersIsLeftWithPlainArguments() throws IOException {
    ScenarioGenerator generator = new ScenarioGenerator(Topology.LOOPBACK);
    int shrunk = 0;
    for (long seed = 0; seed < 200; seed++) {
      Optional<Divergence> found = trial(generator.generate(seed));
      if (found.isPresent()) {
        Divergence small = new Shrinker(ShrinkerTest::trials).shrink(found.get(), any -> true);
        assertEquals(2, small.scenario().steps().size(), small.scenario()::toString);
        assertEquals("B0 send 100 dontwait", small.scenario().steps().get(0).toString());
        assertTrue(
            small.scenario().steps().get(1).toString().endsWith(" receive 0 dontwait"),
            small.scenario()::toString);
        shrunk++;
      }
    }
    assertTrue(shrunk > 10, shrunk + " scenarios showed the fault");
  }

  @Test
  void whatShowsAnotherFaultIsNotTaken() throws IOException {
    Scenario scenario = Scenario.parse("B0 send 150\nA0 close\nA1 receive 7");
    Divergence found = trial(scenario).orElseThrow();

    Divergence small =
        new Shrinker(ShrinkerTest::trials)
            .shrink(found, smaller -> smaller.scenario().steps().get(0).x() == 150);

    assertEquals("B0 send 150 dontwait", small.scenario().steps().get(0).toString());
  }
}
