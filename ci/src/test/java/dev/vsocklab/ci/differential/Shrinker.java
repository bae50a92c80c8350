package dev.vsocklab.ci.differential;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Makes a divergence as short and plain as it gets: deletes steps, many at first, then simplifies
 * arguments. All candidates of a round run in one batch, for a batch costs little more than one.
 */
final class Shrinker {
  private static final int MAX_ROUNDS = 200;
  private static final List<Integer> PLAIN_LENGTHS = List.of(0, 1, 100, 1000);

  /** Runs scenarios and tells how each diverges. */
  interface Trial {
    List<Optional<Divergence>> run(List<Scenario> scenarios) throws IOException;
  }

  private final Trial trial;

  Shrinker(Trial trial) {
    this.trial = trial;
  }

  /**
   * Shrinks.
   *
   * @param isTheSame whether a smaller divergence still shows what the first one showed
   */
  Divergence shrink(Divergence divergence, Predicate<Divergence> isTheSame) throws IOException {
    Divergence smallest = cut(divergence);
    for (int round = 0; round < MAX_ROUNDS; round++) {
      Optional<Divergence> smaller = firstOf(deletions(smallest.scenario()), isTheSame);
      if (smaller.isEmpty()) {
        smaller = firstOf(simplifications(smallest.scenario()), isTheSame);
      }
      if (smaller.isEmpty()) {
        return smallest;
      }
      smallest = cut(smaller.get());
    }
    return smallest;
  }

  /** What follows the first difference does not matter. */
  private static Divergence cut(Divergence divergence) {
    int length = divergence.firstStep() + 1;
    return new Divergence(
        new Scenario(divergence.scenario().steps().subList(0, length)),
        divergence.expected().subList(0, length),
        divergence.actual().subList(0, length));
  }

  private Optional<Divergence> firstOf(List<Scenario> candidates, Predicate<Divergence> isTheSame)
      throws IOException {
    return trial.run(candidates).stream().flatMap(Optional::stream).filter(isTheSame).findFirst();
  }

  /** The scenario without a run of steps, long runs first. */
  private static List<Scenario> deletions(Scenario scenario) {
    List<Scenario> candidates = new ArrayList<>();
    int count = scenario.steps().size();
    for (int length = count / 2; length > 0; length /= 2) {
      for (int from = count - length; from >= 0; from -= length) {
        List<Step> steps = new ArrayList<>(scenario.steps());
        steps.subList(from, from + length).clear();
        candidates.add(new Scenario(steps));
      }
    }
    if (count > 2) {
      candidates.addAll(pairDeletions(scenario));
    }
    return candidates;
  }

  /** Without two steps that only together can go, such as a socket and its close. */
  private static List<Scenario> pairDeletions(Scenario scenario) {
    List<Scenario> candidates = new ArrayList<>();
    int count = scenario.steps().size();
    for (int first = 0; first < count && count <= 16; first++) {
      for (int second = first + 1; second < count; second++) {
        List<Step> steps = new ArrayList<>(scenario.steps());
        steps.remove(second);
        steps.remove(first);
        candidates.add(new Scenario(steps));
      }
    }
    return candidates;
  }

  private static List<Scenario> simplifications(Scenario scenario) {
    List<Scenario> candidates = new ArrayList<>();
    for (int i = 0; i < scenario.steps().size(); i++) {
      for (Step simpler : simpler(scenario.steps().get(i))) {
        List<Step> steps = new ArrayList<>(scenario.steps());
        steps.set(i, simpler);
        candidates.add(new Scenario(steps));
      }
    }
    return candidates;
  }

  /** Steps that are plainer than this one; never one that it would be plainer than. */
  private static List<Step> simpler(Step step) {
    List<Step> simpler = new ArrayList<>();
    switch (step.call()) {
      case SEND, RECEIVE -> {
        for (int bit = 1; bit <= step.y(); bit <<= 1) {
          if ((step.y() & bit) != 0 && bit != Step.DONT_WAIT) {
            simpler.add(Step.of(step.call(), step.slot(), step.x(), step.y() & ~bit));
          }
        }
        if ((step.y() & Step.DONT_WAIT) == 0) {
          simpler.add(Step.of(step.call(), step.slot(), step.x(), step.y() | Step.DONT_WAIT));
        }
        PLAIN_LENGTHS.stream()
            .filter(length -> length < step.x())
            .forEach(length -> simpler.add(Step.of(step.call(), step.slot(), length, step.y())));
      }
      case SOCKET -> {
        if (step.x() != Step.STREAM) {
          simpler.add(Step.of(Call.SOCKET, step.slot(), Step.STREAM));
        }
      }
      case CONNECT -> {
        if (step.z() == 0) {
          simpler.add(Step.connect(step.slot(), step.x(), step.y(), true));
        }
      }
      case BIND -> {
        if (step.x() != Step.ANY) {
          simpler.add(Step.of(Call.BIND, step.slot(), Step.ANY, step.y()));
        }
      }
      default -> {
        // Its arguments say what it is about.
      }
    }
    return simpler;
  }
}
