package dev.vsocklab.junit;

import dev.vsocklab.Lab;
import dev.vsocklab.spi.BackendLab;
import dev.vsocklab.spi.BackendLab.ReportSection;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.ParameterResolutionException;

/**
 * A backend's lab and, where its guests run no programs, the Java code that plays these. Whoever
 * opens it closes it, whatever {@link #begin} says.
 */
final class PlayedLab {
  private final BackendLab lab;
  private final List<GuestPlan> played;
  private final AnnotatedFaults faults;
  private final BrokenLab broken;
  private final StandIns standIns = new StandIns();

  /**
   * Takes a lab.
   *
   * @param lab the lab, open
   * @param played the guests whose programs Java code plays; none where they run them
   * @param faults the faults that it begins with
   * @param broken is told when the lab breaks
   */
  PlayedLab(BackendLab lab, List<GuestPlan> played, AnnotatedFaults faults, BrokenLab broken) {
    this.lab = lab;
    this.played = played;
    this.faults = faults;
    this.broken = broken;
  }

  /**
   * Injects the faults and starts who plays programs.
   *
   * @throws ParameterResolutionException if the backend has no such fault, or a program does not
   *     come as far as it should
   */
  void begin() {
    lab.whenBroken(broken::broke);
    try {
      faults.injectInto(lab);
    } catch (IOException | UnsupportedOperationException e) {
      throw new ParameterResolutionException(String.valueOf(e.getMessage()), e);
    }
    played.forEach(guest -> standIns.start(guest, lab));
  }

  Lab lab() {
    return lab;
  }

  /**
   * What programs printed, then what the lab tells; less where it cannot, which the failure says.
   */
  List<ReportSection> report(Throwable failure) {
    List<ReportSection> sections = new ArrayList<>(standIns.report());
    sections.addAll(FailureReport.sections(lab, failure));
    return sections;
  }

  /**
   * Ends programs and lab.
   *
   * @throws IOException if one did not end cleanly, unless the test has failed with just that
   */
  void close() throws IOException {
    try (standIns) { // closed last: they end when what they opened is closed
      standIns.end();
      lab.close();
    } catch (IOException e) {
      if (!broken.tells(String.valueOf(e.getMessage()))) {
        throw e;
      }
    }
  }
}
