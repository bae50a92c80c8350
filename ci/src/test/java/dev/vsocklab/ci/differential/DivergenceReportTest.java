package dev.vsocklab.ci.differential;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

/** How a divergence reads. */
class DivergenceReportTest {
  private static final Scenario SCENARIO = Scenario.parse("A0 socket stream\nA0 listen 3");
  private static final Outcome OPENED = outcome(Call.SOCKET, "0 | A0:out");
  private static final Divergence DIVERGENCE =
      new Divergence(
          SCENARIO,
          List.of(OPENED, outcome(Call.LISTEN, "EINVAL | A0:out")),
          List.of(OPENED, outcome(Call.LISTEN, "0 | A0:-")));

  private static Outcome outcome(Call call, String text) {
    return OutcomeText.parse(call, text);
  }

  private record Named(String name) implements ScenarioRunner {
    @Override
    public List<List<Outcome>> run(List<Scenario> scenarios) {
      throw new UnsupportedOperationException("only its name is asked for");
    }
  }

  @Test
  void bothRecordsStandSideBySideAndTheKernelsIsTheTest() {
    Duel duel = new Duel(new Named("Linux 6.12"), new Named("simulator"));

    assertEquals(
        """
          step               Linux 6.12        simulator
          A0 socket stream   0 | A0:out        =
        ! A0 listen 3        EINVAL | A0:out   0 | A0:-

        new Regression(
            "NAME",
            "THE RULE, with the kernel's function",
            List.of("6.12"),
            \"""
            A0 socket stream = 0 | A0:out
            A0 listen 3 = EINVAL | A0:out
            \"""),
        """,
        new DivergenceReport(duel).write(DIVERGENCE));
  }

  @Test
  void theSignatureTellsTheCallAndWhatDiffers() {
    assertEquals(1, DIVERGENCE.firstStep());
    assertEquals("listen EINVAL not 0 poll out", DIVERGENCE.signature());
  }
}
