package dev.vsocklab.ci.traces;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Compares the ledgers that runs of the deterministic tests wrote, and says how that went. */
public final class CompareTraces {
  private CompareTraces() {}

  /**
   * Compares. Ends the JVM with 1 if anything differs.
   *
   * @param args two or more files that {@code -Dvsocklab.trace.hashes} named, each the ledger of
   *     one run of the same tests
   * @throws IOException if one cannot be read
   */
  public static void main(String[] args) throws IOException {
    if (args.length < 2) {
      System.err.println("Usage: CompareTraces LEDGER LEDGER..., files of vsocklab.trace.hashes.");
      System.exit(2);
    }
    List<TraceLedger> ledgers = new ArrayList<>();
    for (String file : args) {
      ledgers.add(TraceLedger.read(Path.of(file)));
    }
    Comparison comparison = new Comparison(ledgers, WithoutTraces.reasons());
    if (!comparison.differences().isEmpty()) {
      comparison.differences().forEach(difference -> System.out.println("  FAILED  " + difference));
      System.exit(1);
    }
    System.out.println("  ok      " + comparison.summary());
    WithoutTraces.reasons()
        .forEach((name, reason) -> System.out.println("  none    " + name + ": " + reason));
  }
}
