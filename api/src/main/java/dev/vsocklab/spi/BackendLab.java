package dev.vsocklab.spi;

import dev.vsocklab.Lab;
import java.util.List;

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
   * One source of a report.
   *
   * @param title for example {@code console of vm(42)}
   * @param text its lines
   */
  record ReportSection(String title, String text) {}
}
