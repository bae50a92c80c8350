package dev.vsocklab.sim;

import java.util.Optional;

/**
 * What running a body over many seeds came to.
 *
 * @param runs how many runs there were, without shrinking
 * @param exhausted whether these were all the runs that there are
 * @param failure the first failure, shrunk, if there was one
 */
public record Exploration(int runs, boolean exhausted, Optional<SimulationFailure> failure) {

  /**
   * Throws what failed, with the report below it.
   *
   * @throws Exception what the body threw
   */
  public void orThrow() throws Exception {
    if (failure.isPresent()) {
      throw failure.get().reported();
    }
  }
}
