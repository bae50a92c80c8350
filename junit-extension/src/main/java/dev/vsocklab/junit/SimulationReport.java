package dev.vsocklab.junit;

import dev.vsocklab.sim.SimSchedule;
import dev.vsocklab.sim.SimulationFailure;
import dev.vsocklab.sim.SimulationOptions;
import dev.vsocklab.spi.BackendLab.ReportSection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.MediaType;
import org.junit.jupiter.api.extension.ExtensionContext;

/** What a failed simulation shows: how to have it again, its schedule and its packets. */
final class SimulationReport {
  private SimulationReport() {}

  /**
   * Publishes the replay file and adds the report.
   *
   * @return what the test failed with, to throw
   */
  static Throwable attached(
      ExtensionContext context, SimulationOptions options, SimulationFailure failure) {
    Throwable cause = failure.cause();
    Optional<Path> file = publish(context, failure, cause);
    FailureReport.attach(
        context,
        options.lab().name() + " in virtual time",
        List.of(
            new ReportSection("replay", replayText(options, failure, file)),
            new ReportSection("schedule", failure.run().schedule()),
            new ReportSection("packets", failure.run().ladder())),
        cause);
    return cause;
  }

  private static String replayText(
      SimulationOptions options, SimulationFailure failure, Optional<Path> file) {
    StringBuilder text = new StringBuilder(failure.summary());
    file.ifPresent(
        path ->
            text.append("\nthe shrunk run:  -D")
                .append(Replay.PROPERTY)
                .append('=')
                .append(quoted(FailureReport.fromWorkingDirectory(path).toString())));
    if (options.schedule() != SimSchedule.EXHAUSTIVE) {
      text.append("\nthe run as found: -D").append(Replay.PROPERTY).append('=');
      text.append(failure.seed());
    }
    text.append("\ntrace hash ").append(Long.toHexString(failure.run().traceHash()));
    return text.toString();
  }

  /**
   * As a shell takes it: JUnit's folders have the test's name, which may have spaces and commas.
   */
  private static String quoted(String path) {
    return path.matches("[\\w/.:@%+=-]*") ? path : "'" + path.replace("'", "'\\''") + "'";
  }

  private static Optional<Path> publish(
      ExtensionContext context, SimulationFailure failure, Throwable cause) {
    AtomicReference<Path> written = new AtomicReference<>();
    try {
      context.publishFile(
          context.getRequiredTestMethod().getName() + ".vsocklab-replay",
          MediaType.TEXT_PLAIN_UTF_8,
          path -> {
            Files.writeString(path, failure.replayFileText());
            written.set(path);
          });
    } catch (RuntimeException e) {
      cause.addSuppressed(e); // the test's own failure stays the first thing to read
    }
    return Optional.ofNullable(written.get());
  }
}
