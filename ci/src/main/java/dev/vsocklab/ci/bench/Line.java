package dev.vsocklab.ci.bench;

import java.util.Locale;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.util.Statistics;

/**
 * One line of the table.
 *
 * @param what what was measured
 * @param subject whose it is
 * @param median the median of all measured iterations
 * @param least the smallest of them
 * @param most the largest of them
 * @param samples how many there were
 * @param unit what the numbers count
 */
record Line(
    String what,
    String subject,
    double median,
    double least,
    double most,
    long samples,
    Unit unit) {

  /** What a number counts, and whether more of it is better. */
  enum Unit {
    MIB_PER_SECOND("MiB/s", true),
    PER_SECOND("1/s", true),
    MICROSECONDS("us", false),
    MILLISECONDS("ms", false);

    private final String symbol;
    private final boolean moreIsBetter;

    Unit(String symbol, boolean moreIsBetter) {
      this.symbol = symbol;
      this.moreIsBetter = moreIsBetter;
    }

    String symbol() {
      return symbol;
    }
  }

  static Line of(RunResult result) {
    BenchmarkParams params = result.getParams();
    Statistics scores = result.getPrimaryResult().getStatistics();
    String benchmark = params.getBenchmark();
    String name =
        benchmark.substring(benchmark.lastIndexOf('.', benchmark.lastIndexOf('.') - 1) + 1);
    return switch (name) {
      case "Streaming.write" -> {
        int writeBytes = Integer.parseInt(params.getParam("writeBytes"));
        double factor = writeBytes / (1024.0 * 1024.0);
        String what = "throughput, writes of " + writeBytes + " B";
        yield of(what, params.getParam("transport"), scores, factor, Unit.MIB_PER_SECOND);
      }
      case "RoundTrip.thereAndBack" ->
          of("round trip of 64 B", params.getParam("transport"), scores, 1, Unit.MICROSECONDS);
      case "Connecting.connectAcceptClose" ->
          of("connect+accept+close", params.getParam("transport"), scores, 1, Unit.PER_SECOND);
      case "EmptyTests.plain" -> of("empty test", "@Test", scores, 1, Unit.MICROSECONDS);
      case "EmptyTests.vsockTest" -> of("empty test", "@VsockTest", scores, 1, Unit.MICROSECONDS);
      case "GuestBoot.start" -> {
        String what =
            switch (GuestBoot.From.valueOf(params.getParam("from"))) {
              case BOOT -> "guest booted, connected";
              case FILE -> "guest restored, connected";
            };
        yield of(what, linux(params), scores, 1, Unit.MILLISECONDS);
      }
      case "GuestStreaming.move" -> {
        String way =
            GuestStreaming.Way.valueOf(params.getParam("way")) == GuestStreaming.Way.GUEST_TO_JVM
                ? "guest to JVM"
                : "JVM to guest";
        double factor = GuestStreaming.OPERATION_BYTES / (1024.0 * 1024.0);
        yield of("throughput, " + way, linux(params), scores, factor, Unit.MIB_PER_SECOND);
      }
      default -> throw new IllegalArgumentException("No line for the benchmark " + name + ".");
    };
  }

  private static String linux(BenchmarkParams params) {
    return "Linux " + params.getParam("kernel");
  }

  private static Line of(String what, String subject, Statistics scores, double factor, Unit unit) {
    return new Line(
        what,
        subject,
        scores.getPercentile(50) * factor,
        scores.getMin() * factor,
        scores.getMax() * factor,
        scores.getN(),
        unit);
  }

  /** What one line has more than another. */
  static Line difference(String subject, Line more, Line less) {
    return new Line(
        more.what,
        subject,
        more.median - less.median,
        more.least - less.most,
        more.most - less.least,
        Math.min(more.samples, less.samples),
        more.unit);
  }

  /** How much better this is than another line: above 1 is better, whatever is counted. */
  double timesBetterThan(Line other) {
    return unit.moreIsBetter ? median / other.median : other.median / median;
  }

  String toJson() {
    return String.format(
        Locale.ROOT,
        "{\"what\": \"%s\", \"subject\": \"%s\", \"median\": %.4f, \"min\": %.4f, \"max\": %.4f,"
            + " \"samples\": %d, \"unit\": \"%s\"}",
        what,
        subject,
        median,
        least,
        most,
        samples,
        unit.symbol());
  }
}
