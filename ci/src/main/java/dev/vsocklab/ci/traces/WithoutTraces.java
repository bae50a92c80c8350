package dev.vsocklab.ci.traces;

import java.util.Map;
import java.util.TreeMap;

/**
 * The classes among the deterministic tests of which no test makes a deterministic run, and why.
 * Any other class that makes none is an error, and so is one of these that does.
 */
final class WithoutTraces {
  private static final String FREE =
      "labs on free threads and in real time, whose order is the operating system's";
  private static final String NO_LAB = "opens no lab";

  private WithoutTraces() {}

  /** The reasons by the class's simple name, sorted. */
  static Map<String, String> reasons() {
    return new TreeMap<>(
        Map.ofEntries(
            Map.entry("ChoicesTest", NO_LAB + "; holds the drawn numbers against committed ones"),
            Map.entry("ShrinkerTest", NO_LAB),
            Map.entry("ReplayFileTest", NO_LAB),
            Map.entry("VsockArbitrariesTest", NO_LAB),
            Map.entry("OptionalLibrariesTest", NO_LAB),
            Map.entry("CheckerTeethTest", "runs each mutated simulator in a JVM of its own"),
            Map.entry("TraceLedgerTest", "has its runs written to files of its own"),
            Map.entry("FaultsTest", FREE),
            Map.entry("VsockFaultTest", FREE),
            Map.entry("SpyVsockTest", FREE),
            Map.entry("SpyVsockErrorsTest", "each of its samples is refused before a run begins"),
            Map.entry("LabPerTryTest", FREE),
            Map.entry("InventoryPropertiesTest", FREE)));
  }
}
