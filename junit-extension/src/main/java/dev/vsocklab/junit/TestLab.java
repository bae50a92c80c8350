package dev.vsocklab.junit;

import dev.vsocklab.Lab;
import dev.vsocklab.spi.BackendLab;
import dev.vsocklab.spi.BackendLab.ReportSection;
import dev.vsocklab.spi.LabRequest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.opentest4j.TestAbortedException;

/**
 * The lab of one test. It stands in that test's store, which closes it at the latest: a test that
 * fails in its constructor has no other end.
 */
final class TestLab implements AutoCloseable {

  private final ExtensionContext context;
  private final Turn turn;

  /** Null until a parameter asks for it. A test's callbacks and parameters share one thread. */
  private @Nullable BackendLab lab;

  private final StandIns standIns = new StandIns();
  private final BrokenLab broken = new BrokenLab();

  private TestLab(ExtensionContext context, Turn turn) {
    this.context = context;
    this.turn = turn;
  }

  /** The lab of the test that the context belongs to. */
  static TestLab of(ExtensionContext context, Turn turn) {
    return context
        .getStore(Turn.NAMESPACE)
        .getOrComputeIfAbsent(TestLab.class, key -> new TestLab(context, turn), TestLab.class);
  }

  /** The lab of the test that the context belongs to, if a parameter ever asked for it. */
  static Optional<TestLab> ifAny(ExtensionContext context) {
    return Optional.ofNullable(context.getStore(Turn.NAMESPACE).get(TestLab.class, TestLab.class));
  }

  /**
   * The open lab.
   *
   * @throws ParameterResolutionException if it cannot be opened, with the backend's own sentence
   */
  Lab lab() {
    BackendLab open = lab;
    if (open == null) {
      turn.reasonToFail()
          .ifPresent(
              reason -> {
                throw new ParameterResolutionException(reason);
              });
      open = open();
      lab = open;
    }
    return open;
  }

  private BackendLab open() {
    Choice choice = turn.choice();
    WantedGuests.Wanted wanted = WantedGuests.of(context);
    turn.unplayable(wanted)
        .ifPresent(
            reason -> {
              throw new ParameterResolutionException(reason);
            });
    LabRequest request =
        new LabRequest(testName(), choice.kernel(), requests(wanted), wanted.siblings());
    BackendLab open;
    try {
      open = choice.backend().open(request);
    } catch (IOException e) {
      throw new ParameterResolutionException(
          "No lab for %s on %s: %s".formatted(testName(), choice.description(), e.getMessage()), e);
    }
    lab = open; // from here on it is closed, whatever fails
    open.whenBroken(broken::broke);
    if (!choice.backend().runsPrograms()) {
      wanted.guests().forEach(guest -> standIns.start(guest, open));
    }
    return open;
  }

  private List<LabRequest.GuestRequest> requests(WantedGuests.Wanted wanted) {
    ClassLoader classPath = context.getRequiredTestClass().getClassLoader();
    GuestFiles files = GuestFiles.of(context);
    wanted.guests().forEach(guest -> guest.checkKernel(turn.choice().backend()));
    return wanted.guests().stream().map(guest -> guest.request(files, classPath)).toList();
  }

  /** What ends the test if its lab breaks. */
  BrokenLab broken() {
    return broken;
  }

  private String testName() {
    String method =
        context.getRequiredTestClass().getSimpleName()
            + "."
            + context.getRequiredTestMethod().getName();
    String displayName = context.getDisplayName();
    return displayName.startsWith(context.getRequiredTestMethod().getName())
        ? method
        : method + " " + displayName;
  }

  /**
   * Adds the lab's report to the test's failure, if it failed, and closes the lab. Closing again
   * does nothing.
   *
   * @throws IOException if the lab did not close cleanly, which fails the test
   */
  @Override
  public void close() throws IOException {
    BackendLab open = lab;
    if (open == null) {
      return;
    }
    lab = null;
    try (standIns) { // closed last: they end when what they opened is closed
      try {
        context
            .getExecutionException()
            .filter(failure -> !(failure instanceof TestAbortedException))
            .ifPresent(failure -> attachReport(open, failure));
      } finally {
        close(open);
      }
    }
  }

  private void close(BackendLab open) throws IOException {
    standIns.end();
    try {
      open.close();
    } catch (IOException e) {
      if (!broken.tells(String.valueOf(e.getMessage()))) {
        throw e;
      }
    }
  }

  private void attachReport(BackendLab open, Throwable failure) {
    FailureReport.attach(
        context, testName() + " on " + turn.choice().description(), () -> report(open), failure);
  }

  private List<ReportSection> report(BackendLab open) {
    List<ReportSection> sections = new ArrayList<>(standIns.report());
    sections.addAll(open.report());
    return sections;
  }
}
