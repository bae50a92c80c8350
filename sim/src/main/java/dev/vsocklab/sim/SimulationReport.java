package dev.vsocklab.sim;

/** Shows below a failure how it came about and how to have it again. It has no stack of its own. */
final class SimulationReport extends Exception {
  private static final long serialVersionUID = 1L;

  SimulationReport(SimulationFailure failure) {
    super(
        failure.summary()
            + "\nHave it again: -Dvsocklab.replay="
            + failure.seed()
            + ", or replay this file:\n"
            + failure.replayFileText()
            + "\n== schedule ==\n"
            + failure.run().schedule()
            + "\n== packets ==\n"
            + failure.run().ladder(),
        null,
        false,
        false);
  }
}
