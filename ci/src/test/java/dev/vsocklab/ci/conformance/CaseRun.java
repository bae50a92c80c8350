package dev.vsocklab.ci.conformance;

import dev.vsocklab.VsockCapability;
import dev.vsocklab.ci.conformance.report.Cell;
import dev.vsocklab.ci.conformance.report.Outcome;
import dev.vsocklab.sim.connection.CellVisits;
import dev.vsocklab.spi.Backend;
import dev.vsocklab.spi.BackendLab;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.opentest4j.TestAbortedException;

/**
 * Decides cells on one backend, each in a lab of its own.
 *
 * @param backend the backend
 * @param kernel its kernel, as in {@code vhost-user:6.1}; may be empty
 * @param visits what the labs' simulated machines met is added to it
 */
record CaseRun(Backend backend, String kernel, CellVisits visits) {
  private static final Duration DEADLINE = Duration.ofSeconds(15);

  /**
   * Where the host is real, too, each call goes to an emulated machine, perhaps through another.
   */
  private static final Duration REAL_HOST_DEADLINE = Duration.ofMinutes(2);

  private static final int REPORT_CHARS = 2000;

  /** Lets guests that cases need boot while others run. */
  void prepare(Guests guests) {
    if (backend.unavailable(kernel).isEmpty()) {
      backend.prepare(guests.request("conformance", kernel));
    }
  }

  /** Runs a case and tells how it went. */
  Cell decide(ConformanceCase each, Way way) {
    if (!each.notSimulated().isEmpty()) {
      return new Cell(Outcome.NOT_SIMULATED, each.notSimulated());
    }
    KernelSeries series = KernelSeries.of(kernel);
    Optional<String> known = each.knownDifference(backend.name(), series, way);
    Cell cell = run(each, series, way);
    if (known.isEmpty()) {
      return cell;
    }
    return switch (cell.outcome()) {
      case FAIL -> new Cell(Outcome.KNOWN_DIFFERENCE, known.get() + "\n\n" + cell.text());
      case PASS ->
          new Cell(
              Outcome.FAIL,
              "It passes, but is declared a known difference. Take that away: " + known.get());
      case NOT_APPLICABLE, KNOWN_DIFFERENCE, NOT_SIMULATED -> cell;
    };
  }

  private Cell run(ConformanceCase each, KernelSeries series, Way way) {
    try (BackendLab lab = backend.open(each.guests().request(each.row().id(), kernel))) {
      Cell cell = run(each, lab, series, way);
      lab.host().as(CellVisits.class).ifPresent(this::add);
      return cell.outcome() == Outcome.FAIL
          ? new Cell(Outcome.FAIL, cell.text() + report(lab))
          : cell;
    } catch (IOException e) {
      return new Cell(Outcome.FAIL, "The lab: " + e);
    }
  }

  /** Runs share them, and may be at work at the same time. */
  private void add(CellVisits met) {
    synchronized (visits) {
      visits.add(met);
    }
  }

  /** On a thread of its own, so that a call that never returns fails and does not hold up all. */
  private static Cell run(ConformanceCase each, BackendLab lab, KernelSeries series, Way way) {
    FutureTask<Cell> body = new FutureTask<>(() -> cellOf(each, Ends.of(lab, series, way)));
    Thread thread = new Thread(body, each.row().id());
    thread.setDaemon(true);
    thread.start();
    boolean realHost = lab.host().vsock().capabilities().contains(VsockCapability.REAL_KERNEL);
    Duration deadline = realHost ? REAL_HOST_DEADLINE : DEADLINE;
    try {
      return body.get(deadline.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      return new Cell(Outcome.FAIL, "Not over after " + deadline + ": it waits" + place(thread));
    } catch (ExecutionException e) {
      return failure(e.getCause() == null ? e : e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Cell(Outcome.FAIL, "Interrupted.");
    }
  }

  private static Cell cellOf(ConformanceCase each, Ends ends) {
    try {
      each.run(ends);
      return Cell.PASS;
    } catch (TestAbortedException e) {
      return new Cell(Outcome.NOT_APPLICABLE, message(e));
    } catch (Throwable e) { // whatever a case throws is its result
      return failure(e);
    }
  }

  private static Cell failure(Throwable e) {
    return new Cell(Outcome.FAIL, e + line(e.getStackTrace()));
  }

  private static String message(Throwable e) {
    @Nullable String message = e.getMessage();
    return message == null ? e.toString() : message;
  }

  private static String place(Thread thread) {
    return line(thread.getStackTrace());
  }

  /** The innermost line of a case: the rest of the stack tells nothing. */
  private static String line(StackTraceElement[] stack) {
    for (StackTraceElement frame : stack) {
      String name = frame.getClassName();
      if (name.startsWith(CaseRun.class.getPackageName() + ".")
          && (name.endsWith("Tests") || name.endsWith("Cases"))) {
        return " at " + frame.getFileName() + ":" + frame.getLineNumber();
      }
    }
    return "";
  }

  /** The first source of the lab's report: the last packets, where there are any. */
  private static String report(BackendLab lab) {
    return lab.report().stream()
        .filter(section -> section.title().equals("last packets"))
        .findFirst()
        .map(section -> "\n\nlast packets:\n" + end(section.text()))
        .orElse("");
  }

  private static String end(String text) {
    return text.length() <= REPORT_CHARS
        ? text
        : "...\n" + text.substring(text.indexOf('\n', text.length() - REPORT_CHARS) + 1);
  }
}
