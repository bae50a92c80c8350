package dev.vsocklab.ci.gallery;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import dev.vsocklab.sim.Simulation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.reporting.FileEntry;
import org.junit.platform.launcher.LauncherConstants;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** What a user sees who runs one exhibit's test: that it passed, or the failure with its report. */
final class GalleryRun implements TestExecutionListener {
  private static final String REPLAY = "vsocklab.replay";

  private final List<TestExecutionResult> results = new ArrayList<>();

  /** The report as it was filed; what is printed ends after some lines. */
  private String filed = "";

  private int runs;

  private GalleryRun() {}

  /**
   * Runs it.
   *
   * @param version with the bug, or mended
   * @param replay what the command line says after {@code -Dvsocklab.replay=}, if it does
   * @param files where the run puts its files
   */
  static GalleryRun of(
      Exhibit exhibit,
      Function<Exhibit, Simulation.Body> version,
      Optional<String> replay,
      Path files) {
    GalleryRun run = new GalleryRun();
    String before = System.getProperty(REPLAY);
    set(replay.orElse(null));
    GallerySimulations.version = version;
    GallerySimulations.runs = 0;
    try {
      LauncherFactory.create()
          .execute(
              LauncherDiscoveryRequestBuilder.request()
                  .selectors(
                      selectMethod(
                          GallerySimulations.class, methodOf(exhibit), Simulation.class.getName()))
                  .configurationParameter(
                      LauncherConstants.OUTPUT_DIR_PROPERTY_NAME, files.toString())
                  .build(),
              run);
    } finally {
      set(before);
    }
    run.runs = GallerySimulations.runs;
    return run;
  }

  private static void set(@Nullable String replay) {
    if (replay == null) {
      System.clearProperty(REPLAY);
    } else {
      System.setProperty(REPLAY, replay);
    }
  }

  /** LOST_WAKE_UP is tested by lostWakeUp. */
  private static String methodOf(Exhibit exhibit) {
    return Pattern.compile("_([A-Z])([A-Z]*)|^[A-Z]+")
        .matcher(exhibit.name())
        .replaceAll(
            word ->
                word.group(1) == null
                    ? word.group().toLowerCase(Locale.ROOT)
                    : word.group(1) + word.group(2).toLowerCase(Locale.ROOT));
  }

  @Override
  public void executionFinished(TestIdentifier test, TestExecutionResult result) {
    if (test.isTest()) {
      results.add(result);
    }
  }

  @Override
  public void fileEntryPublished(TestIdentifier test, FileEntry entry) {
    if (entry.getPath().endsWith("vsocklab-report.txt")) {
      try {
        filed = Files.readString(entry.getPath());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private TestExecutionResult result() {
    assertTrue(results.size() == 1, () -> "One test should have run, but: " + results);
    return results.get(0);
  }

  /** How many runs it took. */
  int runs() {
    return runs;
  }

  boolean passed() {
    return result().getStatus() == TestExecutionResult.Status.SUCCESSFUL;
  }

  Throwable failure() {
    return result()
        .getThrowable()
        .orElseThrow(() -> new AssertionError("It should have failed, but: " + result()));
  }

  /** What stands below the failure. */
  String report() {
    return String.valueOf(failure().getSuppressed()[0].getMessage());
  }

  /** The lines of one of the filed report's sections. */
  List<String> section(String name) {
    return filed
        .lines()
        .dropWhile(line -> !line.equals("== " + name + " =="))
        .skip(1)
        .takeWhile(line -> !line.isEmpty() && !line.startsWith("== "))
        .toList();
  }

  /** What a pattern's group is in the report. */
  String find(String pattern) {
    Matcher matcher = Pattern.compile(pattern).matcher(report());
    assertTrue(matcher.find(), () -> pattern + " is not in " + report());
    return matcher.group(1);
  }

  String traceHash() {
    return find("trace hash ([0-9a-f]+)");
  }

  /** What the report says after {@code -Dvsocklab.replay=}, as a shell hands it on. */
  String replayLine(String label) {
    String word = find(label + ": +-Dvsocklab\\.replay=('[^']*'|\\S+)");
    return word.startsWith("'") ? word.substring(1, word.length() - 1) : word;
  }
}
