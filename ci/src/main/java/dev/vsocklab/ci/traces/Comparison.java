package dev.vsocklab.ci.traces;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Holds ledgers against the first of them: each test with its runs must be in all, as often as it
 * was executed, and each run must be the same there.
 */
final class Comparison {
  private final List<TraceLedger> ledgers;
  private final Map<String, String> reasons;
  private final List<String> differences = new ArrayList<>();

  /** The first execution of each test that made runs, by the test. */
  private final Map<String, Found> wanted = new TreeMap<>();

  private record Found(TraceLedger ledger, TestTrace trace) {
    String where() {
      return "JDK " + trace.jdk() + " (" + ledger.name() + ")";
    }
  }

  /**
   * Compares.
   *
   * @param ledgers two or more; of the same tests
   * @param reasons why some classes make no runs, by their simple names
   */
  Comparison(List<TraceLedger> ledgers, Map<String, String> reasons) {
    this.ledgers = ledgers;
    this.reasons = reasons;
    ledgers.forEach(this::remember);
    ledgers.forEach(this::compareAll);
    ledgers.forEach(this::findMissing);
    checkReasons();
  }

  /** What is not as it should be: a sentence or two each; empty if all is the same. */
  List<String> differences() {
    return Collections.unmodifiableList(differences);
  }

  /** What was compared, in a line. */
  String summary() {
    int hashes = wanted.values().stream().mapToInt(found -> found.trace().runs().size()).sum();
    Map<String, Integer> executions = new LinkedHashMap<>();
    ledgers.forEach(ledger -> executions.merge(ledger.jdks(), 1, Integer::sum));
    return "%d trace hashes of %d tests: the same %s"
        .formatted(
            hashes,
            wanted.size(),
            executions.entrySet().stream()
                .map(jdk -> times(jdk.getValue()) + " on JDK " + jdk.getKey())
                .collect(Collectors.joining(" and ")));
  }

  private static String times(int count) {
    return count == 1 ? "in one run" : "in " + count + " runs";
  }

  private void remember(TraceLedger ledger) {
    for (TestTrace trace : ledger.traces()) {
      if (!trace.runs().isEmpty()) {
        wanted.putIfAbsent(trace.test(), new Found(ledger, trace));
      }
    }
  }

  private void compareAll(TraceLedger ledger) {
    for (TestTrace trace : ledger.traces()) {
      Found first = wanted.get(trace.test());
      if (first != null) {
        compare(first, new Found(ledger, trace));
      }
    }
  }

  private void compare(Found one, Found other) {
    Map<String, List<TraceRun>> runs = one.trace().runsByTestId();
    Map<String, List<TraceRun>> others = other.trace().runsByTestId();
    Set<String> testIds = new TreeSet<>(runs.keySet());
    testIds.addAll(others.keySet());
    for (String testId : testIds) {
      compare(
          one, runs.getOrDefault(testId, List.of()), other, others.getOrDefault(testId, List.of()));
    }
  }

  /** Tells of the first difference alone: what follows it may come of it. */
  private void compare(Found one, List<TraceRun> runs, Found other, List<TraceRun> others) {
    String test = one.trace().test();
    int both = Math.min(runs.size(), others.size());
    for (int i = 0; i < both; i++) {
      if (!runs.get(i).equals(others.get(i))) {
        differences.add(
            "%s: run %d of %s is %s on %s, but %s on %s. What is tested depends on something besides the lab: real time, the order of a hash table, chance or a thread of its own; replay that seed on both and compare the schedules."
                .formatted(
                    test,
                    i + 1,
                    runs.get(i).testId(),
                    text(runs.get(i)),
                    one.where(),
                    text(others.get(i)),
                    other.where()));
        return;
      }
    }
    if (runs.size() != others.size()) {
      TraceRun next = (runs.size() > both ? runs : others).get(both);
      differences.add(
          "%s: %s has %d runs on %s, but %d on %s; run %d (%s) has none to be compared with. What decides how many there are must be drawn, too."
              .formatted(
                  test,
                  next.testId(),
                  runs.size(),
                  one.where(),
                  others.size(),
                  other.where(),
                  both + 1,
                  text(next)));
    }
  }

  private static String text(TraceRun run) {
    return "%s, %d events, hash %s".formatted(run.origin(), run.events(), run.hash());
  }

  private void findMissing(TraceLedger ledger) {
    Set<String> tests =
        ledger.traces().stream()
            .map(TestTrace::test)
            .collect(Collectors.toCollection(TreeSet::new));
    wanted.forEach(
        (test, found) -> {
          if (!tests.contains(test)) {
            differences.add(
                "%s: %d of its runs on %s, but %s, of JDK %s, does not have it. Run the same tests for all ledgers."
                    .formatted(
                        test,
                        found.trace().runs().size(),
                        found.where(),
                        ledger.name(),
                        ledger.jdks()));
          }
        });
  }

  private void checkReasons() {
    Map<String, Integer> runsOfClasses = new TreeMap<>();
    for (TraceLedger ledger : ledgers) {
      for (TestTrace trace : ledger.traces()) {
        runsOfClasses.merge(trace.simpleClassName(), trace.runs().size(), Integer::sum);
      }
    }
    runsOfClasses.forEach(
        (name, runs) -> {
          if (runs == 0 && !reasons.containsKey(name)) {
            differences.add(
                "%s made no deterministic run, and nobody says why. Give the reason in WithoutTraces, or let it use a Simulation."
                    .formatted(name));
          } else if (runs > 0 && reasons.containsKey(name)) {
            differences.add(
                "%s made %d deterministic runs, but WithoutTraces says that it makes none. Remove it there."
                    .formatted(name, runs));
          }
        });
    reasons
        .keySet()
        .forEach(
            name -> {
              if (!runsOfClasses.containsKey(name)) {
                differences.add(
                    "%s is in WithoutTraces, but was not run. Run it, or remove it there."
                        .formatted(name));
              }
            });
  }
}
