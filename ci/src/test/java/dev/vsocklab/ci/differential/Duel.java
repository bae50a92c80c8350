package dev.vsocklab.ci.differential;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Runs the same scenarios on a kernel and on the simulator, side by side, and compares. */
final class Duel {
  private final ScenarioRunner kernel;
  private final ScenarioRunner simulator;

  Duel(ScenarioRunner kernel, ScenarioRunner simulator) {
    this.kernel = kernel;
    this.simulator = simulator;
  }

  ScenarioRunner kernel() {
    return kernel;
  }

  ScenarioRunner simulator() {
    return simulator;
  }

  /**
   * Runs scenarios on both.
   *
   * @return for each scenario its divergence, or empty where the records are equal
   */
  List<Optional<Divergence>> run(List<Scenario> scenarios) throws IOException {
    CompletableFuture<List<List<Outcome>>> expected =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return kernel.run(scenarios);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    List<List<Outcome>> actual = simulator.run(scenarios);
    return compare(scenarios, join(expected), actual);
  }

  private List<List<Outcome>> join(CompletableFuture<List<List<Outcome>>> future)
      throws IOException {
    try {
      return future.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof UncheckedIOException io) {
        throw new IOException(kernel.name() + ": " + io.getMessage(), io);
      }
      throw e;
    }
  }

  private static List<Optional<Divergence>> compare(
      List<Scenario> scenarios, List<List<Outcome>> expected, List<List<Outcome>> actual) {
    List<Optional<Divergence>> divergences = new ArrayList<>(scenarios.size());
    for (int i = 0; i < scenarios.size(); i++) {
      divergences.add(
          expected.get(i).equals(actual.get(i))
              ? Optional.empty()
              : Optional.of(new Divergence(scenarios.get(i), expected.get(i), actual.get(i))));
    }
    return divergences;
  }
}
