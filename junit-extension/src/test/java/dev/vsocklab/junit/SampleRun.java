package dev.vsocklab.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.OutputDirectoryCreator;
import org.junit.platform.engine.TestDescriptor;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;
import org.junit.platform.testkit.engine.EventType;

/** One run of one sample class, whose events and labs a test then looks at. */
final class SampleRun {

  private final EngineExecutionResults results;
  private final List<FakeLab> labs;

  private SampleRun(EngineExecutionResults results, List<FakeLab> labs) {
    this.results = results;
    this.labs = labs;
  }

  static Plan of(Class<?> sample) {
    return of(selectClass(sample));
  }

  static Plan of(DiscoverySelector sample) {
    return new Plan(sample);
  }

  /**
   * Does something under these system properties of the extension and no others: those of the build
   * that runs this test are kept away and put back.
   */
  static <T> T withSettings(Map<String, String> properties, Supplier<T> action) {
    Map<String, Optional<String>> before = new HashMap<>();
    for (String key : List.of(Settings.BACKENDS, Settings.REQUIRE, Replay.PROPERTY)) {
      before.put(key, Optional.ofNullable(System.getProperty(key)));
      set(key, Optional.ofNullable(properties.get(key)));
    }
    try {
      return action.get();
    } finally {
      before.forEach(SampleRun::set);
    }
  }

  private static void set(String key, Optional<String> value) {
    value.ifPresentOrElse(given -> System.setProperty(key, given), () -> System.clearProperty(key));
  }

  /** What a run is given. */
  static final class Plan {

    private final Map<String, String> properties = new HashMap<>();
    private final EngineTestKit.Builder kit;

    private Plan(DiscoverySelector sample) {
      this.kit = EngineTestKit.engine("junit-jupiter").selectors(sample);
    }

    Plan property(String key, String value) {
      properties.put(key, value);
      return this;
    }

    Plan parameter(String key, String value) {
      kit.configurationParameter(key, value);
      return this;
    }

    Plan filesIn(Path directory) {
      kit.outputDirectoryCreator(new FilesIn(directory));
      return this;
    }

    SampleRun run() {
      FakeBackend.forget();
      return withSettings(properties, () -> new SampleRun(kit.execute(), FakeBackend.labs()));
    }
  }

  private record FilesIn(Path directory) implements OutputDirectoryCreator {

    @Override
    public Path getRootDirectory() {
      return directory;
    }

    @Override
    public Path createOutputDirectory(TestDescriptor test) {
      try {
        return Files.createDirectories(directory.resolve("of-the-test"));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  EngineExecutionResults results() {
    return results;
  }

  /** The labs that were opened, in the order of opening. */
  List<FakeLab> labs() {
    return labs;
  }

  /** The display names of tests that ran to their end, whatever the end was; sorted. */
  List<String> namesOfFinished() {
    return results.testEvents().finished().map(SampleRun::nameOf).sorted().toList();
  }

  /** The reasons of skipped tests by display name, template methods included. */
  Map<String, String> skipped() {
    Map<String, String> reasons = new HashMap<>();
    results
        .allEvents()
        .filter(byType(EventType.SKIPPED))
        .forEach(event -> reasons.put(nameOf(event), event.getRequiredPayload(String.class)));
    return reasons;
  }

  /** The one failure of this run, of a test or of a class. */
  Throwable failure() {
    List<Throwable> failures = failures();
    assertEquals(1, failures.size(), failures::toString);
    return failures.get(0);
  }

  List<Throwable> failures() {
    return results
        .allEvents()
        .filter(byType(EventType.FINISHED))
        .map(event -> event.getRequiredPayload(TestExecutionResult.class))
        .filter(result -> result.getStatus() == TestExecutionResult.Status.FAILED)
        .map(result -> result.getThrowable().orElseThrow())
        .toList();
  }

  /** Fails unless so many tests ran and all of them passed. */
  SampleRun passed(int tests) {
    assertEquals(List.of(), failures());
    assertEquals(tests, results.testEvents().succeeded().count(), "tests that passed");
    return this;
  }

  /** The message of a failure that must have one. */
  static String message(Throwable failure) {
    return Objects.requireNonNull(failure.getMessage());
  }

  static String nameOf(Event event) {
    return event.getTestDescriptor().getDisplayName();
  }

  private static Predicate<Event> byType(EventType type) {
    return event -> event.getType() == type;
  }
}
