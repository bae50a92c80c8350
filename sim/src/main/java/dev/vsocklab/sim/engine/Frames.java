package dev.vsocklab.sim.engine;

import java.util.List;

/** Finds in a stack the line of the test, or of what it tests. */
public final class Frames {
  private static final List<String> NOT_THE_TESTS =
      List.of(
          "java.",
          "jdk.",
          "sun.",
          "dev.vsocklab.spi.",
          "dev.vsocklab.sim.engine.",
          "dev.vsocklab.sim.check.",
          "dev.vsocklab.sim.Sim",
          "org.junit.",
          "org.opentest4j.",
          "org.assertj.",
          "org.hamcrest.",
          "org.mockito.",
          "net.jqwik.");

  private Frames() {}

  /**
   * The first line that is the test's own.
   *
   * @param stack a thread's or a failure's
   * @return for example {@code " at InventoryTest.java:42"}; empty where there is none
   */
  public static String ofTest(StackTraceElement[] stack) {
    for (StackTraceElement frame : stack) {
      if (NOT_THE_TESTS.stream().noneMatch(frame.getClassName()::startsWith)) {
        return " at " + frame.getFileName() + ":" + frame.getLineNumber();
      }
    }
    return "";
  }
}
