package dev.vsocklab.ci.differential;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * The divergences in which the simulator does not follow the kernel on purpose, each with the
 * reason. One that no entry covers fails the run.
 *
 * <p>The only entry is found by trying, not by a pattern: the kernel itself does now this, now
 * that, and the simulator does one of the two. What a kernel leaves to chance no program can depend
 * on. Seen is a call that waits and is woken by an event just as its time runs out: {@code
 * vsock_connectible_sendmsg} and {@code vsock_connect} ask for the time before they ask for what
 * woke them, so the tick decides.
 */
final class KnownDifferences {
  private static final int TRIES = 20;

  private final ScenarioRunner kernel;

  KnownDifferences(ScenarioRunner kernel) {
    this.kernel = kernel;
  }

  /**
   * Why this divergence is none that a test could show.
   *
   * @return the reason, or empty where the simulator is wrong
   */
  Optional<String> reason(Divergence divergence) throws IOException {
    List<Scenario> tries = new ArrayList<>(Collections.nCopies(TRIES, divergence.scenario()));
    return kernel.run(tries).contains(divergence.actual())
        ? Optional.of("the kernel itself gives the simulator's record, too: a race")
        : Optional.empty();
  }
}
