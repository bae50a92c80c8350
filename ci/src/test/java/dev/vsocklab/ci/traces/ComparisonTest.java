package dev.vsocklab.ci.traces;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What two ledgers may not differ in. */
class ComparisonTest {
  private static final String TEST = "[engine:e]/[class:a.ATest]/[method:x()]";
  private static final String OTHER = "[engine:e]/[class-template:a.BTest]/[method:y()]";

  private static final String MEND =
      " What is tested depends on something besides the lab: real time, the order of a hash table,"
          + " chance or a thread of its own; replay that seed on both and compare the schedules.";

  private static String begin(String jdk, String test) {
    return "begin\t" + jdk + "\t" + test;
  }

  private static String end(String jdk, String test) {
    return "end\t" + jdk + "\t" + test;
  }

  private static String run(int seed, String hash) {
    return "run\tthe sim\tseed " + seed + "\t9\t" + hash;
  }

  private static TraceLedger ledger(String name, String jdk, String... runs) {
    List<String> lines = new ArrayList<>(List.of(runs));
    lines.add(0, begin(jdk, TEST));
    lines.add(end(jdk, TEST));
    return TraceLedger.of(name, lines);
  }

  private static final TraceLedger FIRST = ledger("one", "17.0.1", run(1, "aa"), run(2, "bb"));

  private static List<String> differences(TraceLedger... others) {
    List<TraceLedger> ledgers = new ArrayList<>(List.of(others));
    ledgers.add(0, FIRST);
    return new Comparison(ledgers, Map.of()).differences();
  }

  @Test
  void theSameRunsAreCounted() {
    Comparison comparison =
        new Comparison(
            List.of(
                FIRST,
                ledger("two", "17.0.1", run(1, "aa"), run(2, "bb")),
                ledger("three", "25", run(1, "aa"), run(2, "bb"))),
            Map.of());
    assertEquals(List.of(), comparison.differences());
    assertEquals(
        "2 trace hashes of 1 tests: the same in 2 runs on JDK 17.0.1 and in one run on JDK 25",
        comparison.summary());
  }

  @Test
  void anotherHashNamesTestSeedHashesAndJdks() {
    assertEquals(
        List.of(
            TEST
                + ": run 2 of the sim is seed 2, 9 events, hash bb on JDK 17.0.1 (one), but seed 2,"
                + " 9 events, hash cc on JDK 25 (two)."
                + MEND),
        differences(ledger("two", "25", run(1, "aa"), run(2, "cc"))));
  }

  @Test
  void onlyTheFirstDifferenceOfATestIsTold() {
    assertEquals(1, differences(ledger("two", "25", run(1, "xx"), run(2, "yy"))).size());
  }

  @Test
  void aRunThatIsInOneLedgerOnly() {
    String complaint =
        ": the sim has 2 runs on JDK 17.0.1 (one), but 1 on JDK 25 (two); run 2 (seed 2, 9 events,"
            + " hash bb) has none to be compared with. What decides how many there are must be"
            + " drawn, too.";
    assertEquals(List.of(TEST + complaint), differences(ledger("two", "25", run(1, "aa"))));
  }

  @Test
  void aTestThatMadeRunsInOneLedgerOnly() {
    assertEquals(1, differences(ledger("two", "25")).size());
    Comparison turned = new Comparison(List.of(ledger("two", "25"), FIRST), Map.of());
    assertEquals(1, turned.differences().size());
  }

  @Test
  void aTestThatOneLedgerDoesNotHave() {
    TraceLedger without =
        TraceLedger.of("two", List.of(begin("25", OTHER), run(7, "dd"), end("25", OTHER)));
    assertEquals(
        List.of(
            OTHER
                + ": 1 of its runs on JDK 25 (two), but one, of JDK 17.0.1, does not have it. Run the"
                + " same tests for all ledgers.",
            TEST
                + ": 2 of its runs on JDK 17.0.1 (one), but two, of JDK 25, does not have it. Run the"
                + " same tests for all ledgers."),
        differences(without));
  }

  @Test
  void aTestThatOneLedgerHasTwiceMustBeTheSameThere() {
    TraceLedger twice =
        TraceLedger.of(
            "two",
            List.of(
                begin("17.0.1", TEST),
                run(1, "aa"),
                run(2, "bb"),
                end("17.0.1", TEST),
                begin("17.0.1", TEST),
                run(1, "aa"),
                run(2, "b!"),
                end("17.0.1", TEST)));
    assertEquals(1, differences(twice).size());
  }

  @Test
  void whatATestRunsInALauncherOfItsOwnIsItsOwn() {
    TraceLedger nested =
        TraceLedger.of(
            "two",
            List.of(
                begin("25", TEST),
                run(1, "aa"),
                begin("25", OTHER),
                run(2, "bb"),
                end("25", OTHER),
                end("25", TEST)));
    assertEquals(List.of(), differences(nested));
  }

  @Test
  void aClassWithoutRunsMustHaveAReason() {
    TraceLedger more =
        TraceLedger.of(
            "two",
            List.of(
                begin("25", TEST),
                run(1, "aa"),
                run(2, "bb"),
                end("25", TEST),
                begin("25", OTHER),
                end("25", OTHER)));
    assertEquals(
        List.of(
            "BTest made no deterministic run, and nobody says why. Give the reason in"
                + " WithoutTraces, or let it use a Simulation."),
        differences(more));
    assertEquals(
        List.of(), new Comparison(List.of(FIRST, more), Map.of("BTest", "why")).differences());
  }

  @Test
  void aReasonMustBeOfAClassThatIsRunAndMakesNone() {
    assertEquals(
        List.of(
            "ATest made 4 deterministic runs, but WithoutTraces says that it makes none. Remove it"
                + " there.",
            "Gone is in WithoutTraces, but was not run. Run it, or remove it there."),
        new Comparison(List.of(FIRST, FIRST), Map.of("ATest", "why", "Gone", "why")).differences());
  }

  @Test
  void aDamagedLedgerSaysWhere() {
    for (List<String> damaged :
        List.of(
            List.of("hello"),
            List.of(run(1, "aa")),
            List.of(begin("25", TEST)),
            List.of(end("25", TEST)),
            List.of("begin\t" + TEST),
            List.of(begin("25", TEST), end("25", OTHER)))) {
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> TraceLedger.of("two", damaged));
      String message = String.valueOf(e.getMessage());
      assertEquals(
          "two cannot be compared: line " + damaged.size(),
          message.substring(0, message.indexOf(String.valueOf(damaged.size())) + 1));
    }
  }
}
