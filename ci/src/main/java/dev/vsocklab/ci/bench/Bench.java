package dev.vsocklab.ci.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/** Runs the benchmarks and prints their medians side by side. */
public final class Bench {
  private Bench() {}

  /**
   * Runs the benchmarks.
   *
   * @param args {@code --json FILE}, {@code --long}, {@code --only PATTERN}
   * @throws RunnerException if JMH fails
   * @throws IOException if the JSON file cannot be written
   */
  public static void main(String[] args) throws RunnerException, IOException {
    BenchOptions options = BenchOptions.parse(args);
    ChainedOptionsBuilder jmh =
        new OptionsBuilder().include(options.only()).shouldFailOnError(true);
    if (options.thorough()) {
      jmh.forks(3).warmupIterations(5).measurementIterations(10);
    }
    List<Line> lines = sideBySide(new Runner(jmh.build()).run());

    print(lines);
    if (options.json() != null) {
      writeJson(lines, options.json());
    }
  }

  /** Lines about the same thing together, however JMH ordered its benchmarks. */
  private static List<Line> sideBySide(Collection<RunResult> results) {
    Map<String, List<Line>> byWhat = new LinkedHashMap<>();
    for (RunResult result : results) {
      Line line = Line.of(result);
      byWhat.computeIfAbsent(line.what(), what -> new ArrayList<>()).add(line);
    }
    List<Line> emptyTests = byWhat.getOrDefault("empty test", List.of());
    if (emptyTests.size() == 2) {
      emptyTests.add(Line.difference("added by a lab", emptyTests.get(1), emptyTests.get(0)));
    }
    return byWhat.values().stream().flatMap(List::stream).toList();
  }

  private static void print(List<Line> lines) {
    System.out.println();
    String format = "%-30s %-12s %14s %-6s %10s   %s%n";
    System.out.printf(format, "what", "of", "median", "", "x TCP", "min .. max (samples)");
    for (Line line : lines) {
      System.out.printf(
          Locale.ROOT,
          format,
          line.what(),
          line.subject(),
          String.format(Locale.ROOT, "%,.2f", line.median()),
          line.unit().symbol(),
          timesTcp(line, lines),
          String.format(
              Locale.ROOT, "%,.2f .. %,.2f (%d)", line.least(), line.most(), line.samples()));
    }
    System.out.println();
    System.out.println("x TCP: how many times better than TCP loopback in the same run.");
  }

  private static String timesTcp(Line line, List<Line> lines) {
    return lines.stream()
        .filter(other -> other.what().equals(line.what()) && other.subject().equals("TCP"))
        .findFirst()
        .map(tcp -> String.format(Locale.ROOT, "%.2f", line.timesBetterThan(tcp)))
        .orElse("");
  }

  private static void writeJson(List<Line> lines, Path file) throws IOException {
    Files.writeString(
        file,
        lines.stream().map(Line::toJson).collect(Collectors.joining(",\n  ", "[\n  ", "\n]\n")));
  }
}
