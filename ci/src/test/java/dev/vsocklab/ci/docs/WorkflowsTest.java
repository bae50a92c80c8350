package dev.vsocklab.ci.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The workflow files and the page about them name what {@code ci/test} has, and nothing else. */
class WorkflowsTest {
  private static final Path ROOT = Path.of("..");
  private static final Path GITHUB = ROOT.resolve(".github/workflows/ci.yml");
  private static final Path GITLAB = ROOT.resolve(".gitlab-ci.yml");

  /** A branch of {@code run_parts}' case. */
  private static final Pattern KNOWN = Pattern.compile("(?m)^ {6}([a-z0-9 |-]+)\\) test_");

  private static final Pattern PART = Pattern.compile("(?i)\\bpart: ([a-z0-9-]+|\\[[^]]*])");

  /** A row of the page's first table. */
  private static final Pattern ROW = Pattern.compile("(?m)^\\| `([a-z0-9-]+)` \\|([^|\n]*\\|){4}$");

  @Test
  void everyPartOfAWorkflowIsOneOfCiTest() throws IOException {
    Set<String> known = all(KNOWN, "ci/test", "\\|");
    assertTrue(known.contains("sim") && known.size() > 10, () -> "found only " + known);

    for (Path workflow : new Path[] {GITHUB, GITLAB}) {
      Set<String> named = named(workflow);
      assertTrue(named.size() > 5, () -> workflow + " names only " + named);
      named.removeAll(known);
      assertEquals(Set.of(), named, () -> workflow + " names parts that ci/test does not have");
    }
  }

  @Test
  void thePageHasARowForEachPart() throws IOException {
    Set<String> known = all(KNOWN, "ci/test", "\\|");
    known.remove("jdk21"); // one row with jdk25
    Set<String> rows = all(ROW, "ci/README.md", "\\|");

    assertEquals(known, rows);
  }

  @Test
  void noWorkflowRunsMavenItself() throws IOException {
    for (Path workflow : new Path[] {GITHUB, GITLAB}) {
      String text = Files.readString(workflow);
      assertTrue(
          !Pattern.compile("(?m)^.*\\bmvn\\b").matcher(text).find(), () -> workflow + " runs mvn");
    }
  }

  private static Set<String> named(Path workflow) throws IOException {
    return PART.matcher(Files.readString(workflow))
        .results()
        .map(found -> found.group(1))
        .flatMap(value -> Stream.of(value.replaceAll("[\\[\\]]", "").split(",")))
        .map(String::strip)
        .filter(value -> !value.isEmpty())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Set<String> all(Pattern pattern, String file, String separator)
      throws IOException {
    return pattern
        .matcher(Files.readString(ROOT.resolve(file)))
        .results()
        .map((MatchResult found) -> found.group(1))
        .flatMap(names -> Stream.of(names.split(separator)))
        .map(String::strip)
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
