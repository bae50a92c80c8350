package dev.vsocklab.ci.traces;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What one run of the tests wrote down, from one JVM or several: lines that say which test begins
 * and ends, and between them its runs. A test that runs others in a launcher of its own has their
 * lines inside its own; their runs are its.
 *
 * @param name what messages call it
 * @param traces each execution of a test, whether it made runs or not
 */
record TraceLedger(String name, List<TestTrace> traces) {

  /** Reads a ledger's file. */
  static TraceLedger read(Path file) throws IOException {
    return of(String.valueOf(file.getFileName()), Files.readAllLines(file));
  }

  /**
   * Reads a ledger's lines.
   *
   * @throws IllegalArgumentException if one means nothing, or has no test around it
   */
  static TraceLedger of(String name, List<String> lines) {
    Reader reader = new Reader(name);
    lines.forEach(reader::take);
    reader.end();
    return new TraceLedger(name, List.copyOf(reader.traces));
  }

  /** The JDKs that its tests ran on: one, if it was written as it should be. */
  String jdks() {
    Set<String> jdks = new TreeSet<>();
    traces.forEach(trace -> jdks.add(trace.jdk()));
    return String.join(" and ", jdks);
  }

  private static final class Reader {
    private final String name;
    private final List<TestTrace> traces = new ArrayList<>();
    private final Deque<String> begun = new ArrayDeque<>();
    private List<TraceRun> runs = new ArrayList<>();
    private int lineNumber;

    Reader(String name) {
      this.name = name;
    }

    void take(String line) {
      lineNumber++;
      String[] fields = line.split("\t", -1);
      switch (fields[0]) {
        case "begin" -> begin(fields);
        case "end" -> end(fields);
        case "run" -> run(fields);
        default -> throw wrong("begins with \"" + fields[0] + "\", which means nothing");
      }
    }

    private void begin(String[] fields) {
      check(fields, 3);
      if (begun.isEmpty()) {
        runs = new ArrayList<>();
        traces.add(new TestTrace(fields[2], fields[1], runs));
      }
      begun.push(fields[2]);
    }

    private void end(String[] fields) {
      check(fields, 3);
      if (begun.isEmpty() || !begun.pop().equals(fields[2])) {
        throw wrong("ends a test that had not begun");
      }
    }

    private void run(String[] fields) {
      check(fields, 5);
      if (begun.isEmpty()) {
        throw wrong("is a run of no test");
      }
      runs.add(new TraceRun(fields[1], fields[2], Long.parseLong(fields[3]), fields[4]));
    }

    void end() {
      if (!begun.isEmpty()) {
        throw wrong("is the last, and " + begun.peek() + " did not end");
      }
    }

    private void check(String[] fields, int count) {
      if (fields.length != count) {
        throw wrong("has " + fields.length + " fields and not " + count);
      }
    }

    private IllegalArgumentException wrong(String what) {
      return new IllegalArgumentException(
          "%s cannot be compared: line %d %s. Remove the file and run the tests again."
              .formatted(name, lineNumber, what));
    }
  }
}
