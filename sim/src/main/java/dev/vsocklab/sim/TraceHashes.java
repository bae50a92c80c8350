package dev.vsocklab.sim;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * Writes down what every deterministic run came to, where {@code -Dvsocklab.trace.hashes=FILE} asks
 * for that: so runs on other machines and JDKs can be held against each other. Each run, those of
 * shrinking too, is a line at the end of the file, its fields with a tab between:
 *
 * <pre>
 *   run  com.example.TransferTest.resumes  seed 17   57   8c01b2a45e1f0d37
 *   run  com.example.TransferTest.resumes  replayed  57   8c01b2a45e1f0d37
 * </pre>
 *
 * <p>the test's id, where the choices come from, how many events there were, and the trace hash.
 */
public final class TraceHashes {
  /** The system property that names the file; without it, nothing is written. */
  public static final String PROPERTY = "vsocklab.trace.hashes";

  private TraceHashes() {}

  /**
   * Whether they are asked for: then whoever draws a seed of its own takes a fixed one, since only
   * the same run can have the same hash.
   *
   * @return true if the property names a file
   */
  public static boolean areWanted() {
    return file().isPresent();
  }

  private static Optional<String> file() {
    return Optional.ofNullable(System.getProperty(PROPERTY))
        .map(String::strip)
        .filter(text -> !text.isEmpty()); // as an unset property of a build
  }

  /** Adds a run that is over. */
  static void add(String testId, Simulation run) {
    file().ifPresent(file -> append(file, line(testId, run)));
  }

  private static String line(String testId, Simulation run) {
    return String.join(
            "\t",
            "run",
            testId.replaceAll("\\s", " "),
            run.choices().origin(),
            Long.toString(run.run().events()),
            Long.toHexString(run.traceHash()))
        + "\n";
  }

  private static void append(String file, String line) {
    try {
      Files.writeString(Path.of(file), line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "-D%s=%s cannot be written: %s. Name a file in a folder that is there."
              .formatted(PROPERTY, file, e),
          e);
    }
  }
}
