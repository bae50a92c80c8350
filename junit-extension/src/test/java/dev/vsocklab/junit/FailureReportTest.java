package dev.vsocklab.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.vsocklab.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.engine.reporting.FileEntry;
import org.junit.platform.testkit.engine.EventType;

/** A failure shows the end of what its lab saw, and says where all of it is. */
class FailureReportTest {

  @VsockTest(backends = "fake")
  static class Failing {
    @Test
    void test(@Guest(42) Machine guest) {
      fail("its own failure");
    }
  }

  @VsockTest(backends = "fake")
  static class FailingWithoutReport {
    @Test
    void test(@Guest(88) Machine guest) {
      fail("its own failure");
    }
  }

  @VsockTest(backends = "fake")
  static class NotFailing {
    @Test
    void passes(@Guest(42) Machine guest) {}

    @Test
    void aborts(@Guest(42) Machine guest) {
      Assumptions.abort("not today");
    }
  }

  @TempDir private Path directory = Path.of("");

  @Test
  void printedPartIsSuppressedBelowTheTestsOwnFailure() {
    Throwable failure = SampleRun.of(Failing.class).filesIn(directory).run().failure();
    assertEquals("its own failure", failure.getMessage());
    List<String> lines = SampleRun.message(failure.getSuppressed()[0]).lines().toList();
    assertEquals("the lab of Failing.test on fake, Linux 2.0.7", lines.get(0));
    assertTrue(lines.get(1).startsWith("all of it: "), lines.get(1));
    assertTrue(lines.get(1).endsWith("vsocklab-report.txt"), lines.get(1));
    assertEquals("== console of vm(42), last 15 of 40 lines ==", lines.get(2));
    assertEquals("  console line 26", lines.get(3));
    assertEquals("  console line 40", lines.get(17));
    assertEquals("== packets ==", lines.get(18));
    assertEquals("  2:7000 > 42:1024 REQUEST", lines.get(19));
    assertEquals(20, lines.size());
  }

  @Test
  void wholeReportIsAFileOfTheTest() throws IOException {
    SampleRun run = SampleRun.of(Failing.class).filesIn(directory).run();
    List<Path> files =
        run.results()
            .testEvents()
            .fileEntryPublished()
            .map(event -> event.getRequiredPayload(FileEntry.class).getPath())
            .toList();
    assertEquals(1, files.size());
    List<String> lines = Files.readAllLines(files.get(0));
    assertEquals("Failing.test on fake, Linux 2.0.7", lines.get(0));
    assertTrue(lines.containsAll(List.of("== console of vm(42) ==", "console line 1")));
    assertTrue(lines.contains("2:7000 > 42:1024 REQUEST"));
  }

  @Test
  void fileThatCannotBeWrittenLeavesThePrintedPart() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "");
    Throwable failure = SampleRun.of(Failing.class).filesIn(file).run().failure();
    assertEquals("its own failure", failure.getMessage());
    assertEquals(2, failure.getSuppressed().length);
    String printed = SampleRun.message(failure.getSuppressed()[1]);
    assertTrue(printed.contains("console line 40"), printed);
    assertFalse(printed.contains("all of it"), printed);
  }

  @Test
  void labThatCannotTellLeavesTheTestsOwnFailureFirst() {
    SampleRun run = SampleRun.of(FailingWithoutReport.class).filesIn(directory).run();
    assertEquals("its own failure", run.failure().getMessage());
    assertEquals("vm(88) does not answer.", run.failure().getSuppressed()[0].getMessage());
    assertEquals(1, run.labs().get(0).closes());
  }

  @Test
  void testThatDoesNotFailPublishesNothing() {
    SampleRun run = SampleRun.of(NotFailing.class).filesIn(directory).run();
    assertEquals(
        0,
        run.results()
            .allEvents()
            .filter(event -> event.getType() == EventType.FILE_ENTRY_PUBLISHED)
            .count());
  }
}
