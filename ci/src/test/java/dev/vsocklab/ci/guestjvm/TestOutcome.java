package dev.vsocklab.ci.guestjvm;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * How one test went in the guest, as a line of that JVM's output.
 *
 * @param kind how
 * @param path the display names from the class down to the test
 * @param detail the stack trace, or the reason of a skip; may be empty
 */
record TestOutcome(Kind kind, List<String> path, String detail) {
  private static final String MARK = "@@vsocklab-test";

  enum Kind {
    PASSED,
    FAILED,
    SKIPPED,
    /** Not a test's: the run as a whole is over, {@code detail} tells how many tests there were. */
    END
  }

  String line() {
    return String.join(
        " ", MARK, kind.name(), encoded(String.join("\n", path)), encoded(detail) + ".");
  }

  /** Reads a line; empty for what the tests themselves printed. */
  static Optional<TestOutcome> parse(String line) {
    String[] fields = line.split(" ", -1);
    if (fields.length != 4 || !fields[0].equals(MARK) || !fields[3].endsWith(".")) {
      return Optional.empty();
    }
    String detail = fields[3].substring(0, fields[3].length() - 1);
    return Optional.of(
        new TestOutcome(
            Kind.valueOf(fields[1]), List.of(decoded(fields[2]).split("\n")), decoded(detail)));
  }

  private static String encoded(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String decoded(String text) {
    return new String(Base64.getDecoder().decode(text), StandardCharsets.UTF_8);
  }
}
