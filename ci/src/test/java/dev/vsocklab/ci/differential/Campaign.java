package dev.vsocklab.ci.differential;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Many scenarios, batch by batch: scenario n of a campaign comes from seed {@code base + n}, so any
 * of them can be had again alone.
 */
final class Campaign {
  private static final int BATCH = 200;

  private final Duel duel;
  private final ScenarioGenerator generator;
  private final KnownDifferences known;

  Campaign(Duel duel, ScenarioGenerator generator) {
    this.duel = duel;
    this.generator = generator;
    this.known = new KnownDifferences(duel.kernel());
  }

  /**
   * What a campaign found.
   *
   * @param scenarios how many ran, each from a seed of its own
   * @param steps how many calls
   * @param known how many diverged as documented
   * @param bySignature the others: for each signature those that showed it
   * @param time how long it took
   */
  record Result(
      int scenarios,
      long steps,
      int known,
      Map<String, List<Divergence>> bySignature,
      Duration time) {

    int divergences() {
      return bySignature.values().stream().mapToInt(List::size).sum();
    }

    String summary() {
      double seconds = Math.max(1e-3, time.toMillis() / 1e3);
      return String.format(
          "%,d scenarios from distinct seeds, %,d calls, in %.0f s: %,.0f scenarios a minute; %d"
              + " diverged as documented, %d otherwise",
          scenarios, steps, seconds, scenarios / seconds * 60, known, divergences());
    }
  }

  Result run(long baseSeed, int scenarios) throws IOException {
    Map<String, List<Divergence>> bySignature = new LinkedHashMap<>();
    long start = System.nanoTime();
    long steps = 0;
    int knownCount = 0;
    for (int from = 0; from < scenarios; from += BATCH) {
      List<Scenario> batch = new ArrayList<>();
      for (int n = from; n < Math.min(from + BATCH, scenarios); n++) {
        batch.add(generator.generate(baseSeed + n));
      }
      steps += batch.stream().mapToInt(scenario -> scenario.steps().size()).sum();
      for (Optional<Divergence> found : duel.run(batch)) {
        if (found.isPresent() && known.reason(found.get()).isPresent()) {
          knownCount++;
        } else {
          found.ifPresent(
              divergence ->
                  bySignature
                      .computeIfAbsent(divergence.signature(), any -> new ArrayList<>())
                      .add(divergence));
        }
      }
    }
    Duration time = Duration.ofNanos(System.nanoTime() - start);
    return new Result(scenarios, steps, knownCount, bySignature, time);
  }

  /** The shortest scenario that shows the same as this one. */
  Divergence shrink(Divergence divergence) throws IOException {
    String signature = divergence.signature();
    return new Shrinker(duel::run)
        .shrink(divergence, smaller -> smaller.signature().equals(signature));
  }

  /** A seed that no earlier campaign had. */
  static long freshSeed() {
    return RandomGenerator.getDefault().nextLong() >>> 16;
  }
}
