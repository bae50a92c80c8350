package dev.vsocklab.ci.demo;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/** Runs one test class on several backends and prints a table of how it went. */
public final class Demo {
  private Demo() {}

  /**
   * Runs the class on each backend.
   *
   * @param args the test class, then backends as in {@code -Dvsocklab.backends}
   */
  public static void main(String[] args) {
    if (args.length < 2) {
      System.err.println("Usage: Demo TEST-CLASS BACKEND..., for example: Demo MyTest sim");
      System.exit(2);
    }
    boolean passed = run(args[0], List.of(args).subList(1, args.length), System.out);
    // Not by returning: a thread that a broken backend left behind must not keep the demo alive.
    System.exit(passed ? 0 : 1);
  }

  private static boolean run(String testClass, List<String> backends, PrintStream out) {
    List<BackendRun> runs = new ArrayList<>();
    for (String backend : backends) {
      out.println("Running " + testClass + " on " + backend + " ...");
      BackendRun run = BackendRun.of(testClass, backend);
      run.failures().forEach(out::println);
      runs.add(run);
    }
    out.println();
    String format = "%-12s %-16s %7s %8s %9s%n";
    out.printf(format, "backend", "kernel", "tests", "passed", "time");
    for (BackendRun run : runs) {
      String time = String.format("%.2f s", run.elapsedNanos() / 1e9);
      out.printf(format, run.backend(), run.kernel(), run.tests(), run.passed(), time);
    }
    return runs.stream().allMatch(BackendRun::allPassed);
  }
}
