package dev.vsocklab.ci.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.reporting.ReportEntry;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Every block of code on the page is in a class here, and every output is what a run prints. */
class PageTest {
  private static final Path PAGE = Path.of("..", "docs", "property-based-testing.md");
  private static final Path SOURCES =
      Path.of("src", "test", "java", "dev", "vsocklab", "ci", "docs");
  private static final Pattern BLOCK = Pattern.compile("```(\\w+)\n(.*?)```", Pattern.DOTALL);
  private static final Pattern REPLAY = Pattern.compile("vsocklab\\.replay=(-?\\d+@\\d+)");

  @Test
  void theCodeIsInClassesThatCompile() throws IOException {
    StringBuilder sources = new StringBuilder();
    for (String name : List.of("Frames", "FramesProperties", "FixedFrames", "FramesSimulations")) {
      sources.append(flat(Files.readString(SOURCES.resolve(name + ".java"))));
    }
    List<String> blocks = blocks("java");
    assertEquals(4, blocks.size());
    for (String block : blocks) {
      for (String part : block.split("\n\n", -1)) {
        assertTrue(sources.toString().contains(flat(part)), part);
      }
    }
  }

  @Test
  void theOutputIsThatOfTheRunThatThePageNames() throws IOException {
    List<String> lines =
        REPLAY.matcher(page()).results().map(it -> it.group(1)).distinct().toList();
    assertEquals(1, lines.size(), lines::toString);
    Outcome outcome = run(FramesProperties.class, Optional.of(lines.get(0)));
    assertEquals(1, outcome.failures.size());
    List<String> printed = outcome.text.toString().lines().map(String::strip).toList();
    for (String block : blocks("text")) {
      for (String line : block.lines().toList()) {
        assertTrue(printed.contains(line.strip()), () -> line + "\nis not in\n" + outcome.text);
      }
    }
  }

  @Test
  void theFixedProtocolHolds() {
    assertEquals(List.of(), run(FixedFramesProperties.class, Optional.empty()).failures);
  }

  @Test
  void withoutJqwikItIsFoundAsWell() {
    Outcome outcome = run(FramesSimulations.class, Optional.empty());
    assertEquals(1, outcome.failures.size());
    assertEquals("expected: <[x, x]> but was: <[x]>", outcome.failures.get(0).getMessage());
  }

  /** What a run of a class printed, and what failed. */
  private static final class Outcome implements TestExecutionListener {
    private final StringBuilder text = new StringBuilder();
    private final List<Throwable> failures = new ArrayList<>();

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
      result
          .getThrowable()
          .ifPresent(
              failure -> {
                failures.add(failure);
                text.append(failure.getMessage()).append('\n');
                for (Throwable report : failure.getSuppressed()) {
                  text.append(report.getMessage()).append('\n');
                }
              });
    }

    @Override
    public void reportingEntryPublished(TestIdentifier test, ReportEntry entry) {
      entry.getKeyValuePairs().values().forEach(value -> text.append(value).append('\n'));
    }
  }

  private static Outcome run(Class<?> sample, Optional<String> replay) {
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(selectClass(sample))
            .configurationParameter("jqwik.reporting.usejunitplatform", "true")
            .build();
    Outcome outcome = new Outcome();
    String backends = System.setProperty("vsocklab.backends", "sim");
    replay.ifPresent(it -> System.setProperty("vsocklab.replay", it));
    try {
      LauncherFactory.create().execute(request, outcome);
    } finally {
      System.clearProperty("vsocklab.replay");
      System.clearProperty("vsocklab.backends");
      if (backends != null) {
        System.setProperty("vsocklab.backends", backends);
      }
    }
    return outcome;
  }

  private static List<String> blocks(String language) throws IOException {
    return BLOCK
        .matcher(page())
        .results()
        .filter(block -> block.group(1).equals(language))
        .map((MatchResult block) -> block.group(2))
        .collect(Collectors.toList());
  }

  private static String page() throws IOException {
    return Files.readString(PAGE);
  }

  /** Without the spaces and line ends, in which page and class differ. */
  private static String flat(String text) {
    return text.replaceAll("\\s+", "");
  }
}
