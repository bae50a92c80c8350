package dev.vsocklab.sim.choice;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * A run as it is kept in a file: plain text that a person can read and a version control system can
 * compare.
 *
 * <pre>
 *   vsocklab-replay 1
 *   test com.example.TransferTest.resumes
 *   seed 17
 *   stream faults 1 3
 *   stream schedule 0*12 2 0 1
 *   end
 * </pre>
 *
 * <p>{@code 0*12} is twelve zeros. A stream may go on in a further line of its name. Lines that
 * begin with # are for people.
 *
 * @param testId the test that the choices belong to
 * @param seed the seed that the failure was found with
 * @param choices the choices
 */
public record ReplayFile(String testId, long seed, ChoiceSequence choices) {
  private static final String MAGIC = "vsocklab-replay";
  private static final int VERSION = 1;
  private static final int NUMBERS_IN_A_LINE = 24;

  /** A longer run of one number is a file that was damaged: no run draws so often. */
  private static final int MOST_REPEATS = 100_000_000;

  /**
   * The file's content.
   *
   * @param remarks lines for people, for example what failed
   * @return lines, each ended
   */
  public String text(List<String> remarks) {
    StringBuilder text = new StringBuilder();
    text.append(MAGIC).append(' ').append(VERSION).append('\n');
    text.append("test ").append(testId).append('\n');
    text.append("seed ").append(seed).append('\n');
    for (String remark : remarks) {
      remark.lines().forEach(line -> text.append("# ").append(line).append('\n'));
    }
    text.append(choices);
    return text.append("end\n").toString();
  }

  static void appendStream(StringBuilder text, String name, long[] values) {
    int inLine = NUMBERS_IN_A_LINE;
    for (int i = 0; i < values.length; ) {
      if (inLine == NUMBERS_IN_A_LINE) {
        text.append(i == 0 ? "" : "\n").append("stream ").append(name);
        inLine = 0;
      }
      int same = i;
      while (same < values.length && values[same] == values[i]) {
        same++;
      }
      text.append(' ').append(values[i]);
      if (same - i > 1) {
        text.append('*').append(same - i);
      }
      inLine++;
      i = same;
    }
    text.append('\n');
  }

  /**
   * Reads a file's content.
   *
   * @param text the content
   * @param name what messages call it, for example its path
   * @return the run
   * @throws IllegalArgumentException if it is no replay file, one of another version, or damaged;
   *     the message says what and the mend
   */
  public static ReplayFile parse(String text, String name) {
    return new Parser(name).parse(text);
  }

  /**
   * Checks that the choices are those of a test.
   *
   * @param wantedTestId the test
   * @param name what messages call the file
   * @throws IllegalArgumentException if they are another test's
   */
  public void checkTest(String wantedTestId, String name) {
    if (!testId.equals(wantedTestId)) {
      throw new IllegalArgumentException(
          name
              + " holds a run of "
              + testId
              + ", but the test is "
              + wantedTestId
              + ". Run that test alone, or give this one a replay file of its own.");
    }
  }

  private static final class Parser {
    private final String name;
    private final Map<String, LongStream.Builder> streams = new TreeMap<>();
    private @Nullable String testId;
    private @Nullable Long seed;
    private boolean ended;
    private int lineNumber;

    Parser(String name) {
      this.name = name;
    }

    ReplayFile parse(String text) {
      List<String> lines = text.lines().toList();
      checkVersion(lines.isEmpty() ? "" : lines.get(0).strip());
      for (lineNumber = 2; lineNumber <= lines.size() && !ended; lineNumber++) {
        String line = lines.get(lineNumber - 1).strip();
        if (!line.isEmpty() && !line.startsWith("#")) {
          take(line);
        }
      }
      if (testId == null || seed == null || !ended) {
        String missing = testId == null ? "test" : seed == null ? "seed" : "end";
        throw wrong(
            "it has no line \"" + missing + "\", so it was cut off. Take the whole file again");
      }
      Map<String, long[]> values = new TreeMap<>();
      streams.forEach((stream, builder) -> values.put(stream, builder.build().toArray()));
      return new ReplayFile(testId, seed, new ChoiceSequence(values));
    }

    private void checkVersion(String first) {
      if (!first.startsWith(MAGIC + " ")) {
        throw wrong(
            "its first line is not \""
                + MAGIC
                + " "
                + VERSION
                + "\". Name a file that a failed"
                + " run wrote, or a seed");
      }
      String version = first.substring(MAGIC.length()).strip();
      if (!version.equals(Integer.toString(VERSION))) {
        throw wrong(
            "it is of version "
                + version
                + ", and this vsocklab reads version "
                + VERSION
                + ". Run it with the vsocklab that wrote it, or find the failure again by its seed");
      }
    }

    private void take(String line) {
      String[] words = line.split(" +");
      switch (words[0]) {
        case "test" -> testId = line.substring("test".length()).strip();
        case "seed" -> seed = Choices.parseSeed(line.substring("seed".length()));
        case "stream" -> takeStream(words);
        case "end" -> ended = true;
        default ->
            throw wrong(
                "line "
                    + lineNumber
                    + " begins with \""
                    + words[0]
                    + "\", which means nothing."
                    + " Take the file again as it was written");
      }
    }

    private void takeStream(String[] words) {
      if (words.length < 2) {
        throw wrong(
            "line " + lineNumber + " names no stream. Take the file again as it was written");
      }
      String stream = ChoiceSequence.checkedName(words[1]);
      for (int i = 2; i < words.length; i++) {
        String[] parts = words[i].split("\\*", 2);
        long value = number(parts[0], Long.MAX_VALUE);
        int times = parts.length == 1 ? 1 : (int) number(parts[1], MOST_REPEATS);
        LongStream.Builder values = streams.computeIfAbsent(stream, key -> LongStream.builder());
        for (int time = 0; time < times; time++) {
          values.add(value);
        }
      }
    }

    private long number(String digits, long most) {
      try {
        long value = Long.parseLong(digits);
        if (value >= 0 && value <= most) {
          return value;
        }
      } catch (NumberFormatException e) {
        throw badNumber(digits, most, e);
      }
      throw badNumber(digits, most, null);
    }

    private IllegalArgumentException badNumber(
        String digits, long most, @Nullable Throwable cause) {
      return new IllegalArgumentException(
          name
              + " cannot be replayed: in line "
              + lineNumber
              + " \""
              + digits
              + "\" is not a number from 0 to "
              + most
              + ". Take the file again as it was written.",
          cause);
    }

    private IllegalArgumentException wrong(String what) {
      return new IllegalArgumentException(name + " cannot be replayed: " + what + ".");
    }
  }
}
