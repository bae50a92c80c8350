package dev.vsocklab.junit;

import dev.vsocklab.spi.BackendLab;
import dev.vsocklab.spi.BackendLab.ReportSection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.MediaType;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Shows with a failure what its lab saw: the end of every section where the failure is printed, and
 * all of it in a file.
 *
 * <p>The printed part is a suppressed exception without a stack trace, the one form that every
 * runner prints below the failure while it leaves the failure's own message as the test wrote it.
 */
final class FailureReport extends Exception {

  private static final long serialVersionUID = 1L;

  /** Our choice: a failure fits on one screen. */
  private static final int PRINTED_LINES = 15;

  /** Our choice: a hex dump of 32 bytes with its address still fits. */
  private static final int PRINTED_LINE_CHARS = 160;

  /** Our choice: a guest that logs without end must not fill the disk. */
  private static final int FILED_SECTION_CHARS = 1 << 20;

  private static final String FILE_NAME = "vsocklab-report.txt";

  private FailureReport(String message) {
    super(message, null, false, false);
  }

  /**
   * Adds sections to a failure, and publishes all of them as a file.
   *
   * @param context the test
   * @param title the test and its backend
   * @param sections what there is to show
   * @param failure what the test failed with
   */
  static void attach(
      ExtensionContext context, String title, List<ReportSection> sections, Throwable failure) {
    if (!sections.isEmpty()) {
      attach(title, sections, publish(context, title, sections, failure), failure);
    }
  }

  /**
   * Adds sections to a failure where no file can be published.
   *
   * @param title the test and its backend
   * @param sections what there is to show
   * @param failure what the test failed with
   */
  static void attach(String title, List<ReportSection> sections, Throwable failure) {
    if (!sections.isEmpty()) {
      attach(title, sections, Optional.empty(), failure);
    }
  }

  private static void attach(
      String title, List<ReportSection> sections, Optional<Path> file, Throwable failure) {
    failure.addSuppressed(new FailureReport(printed(title, sections, file)));
  }

  /** What a lab tells; nothing if it cannot, which the failure then says. */
  static List<ReportSection> sections(BackendLab lab, Throwable failure) {
    try {
      return lab.report();
    } catch (RuntimeException e) {
      failure.addSuppressed(e); // the test's own failure stays the first thing to read
      return List.of();
    }
  }

  private static Optional<Path> publish(
      ExtensionContext context, String title, List<ReportSection> sections, Throwable failure) {
    AtomicReference<Path> written = new AtomicReference<>();
    try {
      context.publishFile(
          FILE_NAME,
          MediaType.TEXT_PLAIN_UTF_8,
          file -> {
            Files.writeString(file, filed(title, sections));
            written.set(file);
          });
    } catch (RuntimeException e) {
      failure.addSuppressed(e);
    }
    return Optional.ofNullable(written.get());
  }

  private static String filed(String title, List<ReportSection> sections) {
    StringBuilder text = new StringBuilder(title).append('\n');
    for (ReportSection section : sections) {
      String whole = section.text();
      int from = Math.max(0, whole.length() - FILED_SECTION_CHARS);
      text.append("\n== ").append(section.title());
      if (from > 0) {
        text.append(", without its first ").append(from).append(" characters");
      }
      text.append(" ==\n").append(whole, from, whole.length()).append('\n');
    }
    return text.toString();
  }

  private static String printed(String title, List<ReportSection> sections, Optional<Path> file) {
    StringBuilder text = new StringBuilder("the lab of ").append(title);
    file.ifPresent(path -> text.append("\nall of it: ").append(fromWorkingDirectory(path)));
    for (ReportSection section : sections) {
      List<String> lines = section.text().lines().toList();
      int from = Math.max(0, lines.size() - PRINTED_LINES);
      text.append("\n== ").append(section.title());
      if (from > 0) {
        text.append(", last ").append(PRINTED_LINES).append(" of ").append(lines.size());
        text.append(" lines");
      }
      text.append(" ==");
      for (String line : lines.subList(from, lines.size())) {
        boolean isToBePasted = line.contains(Replay.PROPERTY);
        text.append("\n  ");
        text.append(
            line, 0, isToBePasted ? line.length() : Math.min(line.length(), PRINTED_LINE_CHARS));
      }
    }
    return text.toString();
  }

  static Path fromWorkingDirectory(Path file) {
    Path here = Path.of("").toAbsolutePath();
    Path absolute = file.toAbsolutePath();
    return absolute.startsWith(here) ? here.relativize(absolute) : file;
  }
}
