package dev.vsocklab.ledger;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;

/**
 * Writes between the trace hashes in the file of {@code -Dvsocklab.trace.hashes} where a test
 * begins and ends, whichever engine runs it, so that each run between is known to be that test's.
 * The fields have tabs between them:
 *
 * <pre>
 *   begin  17.0.13  [engine:junit-jupiter]/[class:com.example.TransferTest]/[method:resumes()]
 *   end    17.0.13  [engine:junit-jupiter]/[class:com.example.TransferTest]/[method:resumes()]
 * </pre>
 *
 * <p>A test may run others in a launcher of its own: their lines stand inside its own.
 */
public final class TestsInLedger implements TestExecutionListener {
  /** Made by JUnit. */
  public TestsInLedger() {}

  @Override
  public void executionStarted(TestIdentifier test) {
    add("begin", test);
  }

  @Override
  public void executionFinished(TestIdentifier test, TestExecutionResult result) {
    add("end", test);
  }

  private static void add(String what, TestIdentifier test) {
    String file = System.getProperty("vsocklab.trace.hashes", "").strip();
    if (file.isEmpty() || !test.isTest()) {
      return;
    }
    String line =
        String.join("\t", what, System.getProperty("java.version"), test.getUniqueId()) + "\n";
    try {
      Files.writeString(Path.of(file), line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
