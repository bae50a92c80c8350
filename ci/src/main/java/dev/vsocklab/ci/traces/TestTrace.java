package dev.vsocklab.ci.traces;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * All runs that one execution of a test made.
 *
 * @param test JUnit's unique id
 * @param jdk the JDK that it ran on
 * @param runs in the order in which they were made
 */
record TestTrace(String test, String jdk, List<TraceRun> runs) {
  private static final Pattern CLASS = Pattern.compile("\\[class(?:-template)?:([^\\]]+)\\]");

  /** The outermost class, without its package. */
  String simpleClassName() {
    Matcher matcher = CLASS.matcher(test);
    if (!matcher.find()) {
      throw new IllegalArgumentException("\"" + test + "\" names no class of a test.");
    }
    return matcher.group(1).substring(matcher.group(1).lastIndexOf('.') + 1);
  }

  /**
   * The runs by what each simulation was called. A test that runs several sample tests does so in
   * an order that another version of JUnit need not keep.
   */
  SortedMap<String, List<TraceRun>> runsByTestId() {
    SortedMap<String, List<TraceRun>> byTestId = new TreeMap<>();
    for (TraceRun run : runs) {
      byTestId.computeIfAbsent(run.testId(), id -> new ArrayList<>()).add(run);
    }
    return byTestId;
  }
}
