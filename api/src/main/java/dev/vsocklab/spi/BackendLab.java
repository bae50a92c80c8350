package dev.vsocklab.spi;

import dev.vsocklab.Lab;
import java.util.List;
import java.util.function.Consumer;

/** A lab that can also tell what happened in it. */
public interface BackendLab extends Lab {

  /**
   * What a failure report shows: consoles, agent logs, packets. Called after a test failed and
   * before the lab is closed.
   *
   * @return one section for each source, most telling first
   */
  List<ReportSection> report();

  /**
   * Asks to be told when the lab breaks: a machine ended that the test did not end, such as by a
   * kernel panic. What the test waits for may then never come, and the lab will not close cleanly.
   *
   * @param listener told at most once, from any thread and at once if it happened before: what
   *     happened, and why. Must be prompt
   */
  default void whenBroken(Consumer<String> listener) {}

  /**
   * One source of a report.
   *
   * @param title for example {@code console of vm(42)}
   * @param text its lines
   */
  record ReportSection(String title, String text) {}
}
