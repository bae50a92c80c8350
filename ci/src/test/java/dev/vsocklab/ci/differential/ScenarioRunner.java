package dev.vsocklab.ci.differential;

import java.io.IOException;
import java.util.List;

/** Runs scenarios somewhere and tells what a program saw there. */
interface ScenarioRunner {

  /**
   * Runs scenarios, each on its own sockets and ports, none of which is left open.
   *
   * @return for each scenario one outcome a step
   * @throws IOException if the machine cannot be reached
   */
  List<List<Outcome>> run(List<Scenario> scenarios) throws IOException;

  /** For example {@code Linux 6.12}. */
  String name();
}
