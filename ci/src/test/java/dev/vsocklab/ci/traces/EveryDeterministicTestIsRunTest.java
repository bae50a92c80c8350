package dev.vsocklab.ci.traces;

import static java.util.stream.Collectors.toCollection;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Who writes a deterministic test must add it to those whose trace hashes are compared. */
class EveryDeterministicTestIsRunTest {
  private static final Path ROOT = Path.of("..");

  private static final Pattern MAKES_RUNS =
      Pattern.compile(
          "@Vsock(?:Simulation)|Simulation\\.(once|open|explore|replay)\\(|\\bSimulation \\w+[,)]");

  @Test
  void eachTestThatMakesDeterministicRunsIsInTheListOfItsPart() throws IOException {
    Predicate<String> listed = listed("DETERMINISTIC").or(listed("BESIDE"));
    Set<String> tests = testsThatMakeRuns();
    assertTrue(tests.size() >= 8, tests::toString);
    tests.removeIf(listed);
    assertEquals(Set.of(), tests, "add them to DETERMINISTIC in ci/test");
  }

  private static Set<String> testsThatMakeRuns() throws IOException {
    try (Stream<Path> files = Files.walk(ROOT)) {
      return files
          .filter(file -> file.toString().endsWith("Test.java"))
          .filter(file -> file.toString().contains("src/test/java"))
          .filter(file -> MAKES_RUNS.matcher(text(file)).find())
          .map(file -> String.valueOf(file.getFileName()).replace(".java", ""))
          .collect(toCollection(TreeSet::new));
    }
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One of the script's lists: names with stars, and commas between. */
  private static Predicate<String> listed(String variable) {
    Matcher list =
        Pattern.compile("^" + variable + "='(.*)'$", Pattern.MULTILINE)
            .matcher(text(ROOT.resolve("ci").resolve("test")));
    assertTrue(list.find(), variable);
    return Pattern.compile(list.group(1).replace("*", "\\w*").replace(",", "|")).asMatchPredicate();
  }
}
