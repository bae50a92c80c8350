package dev.vsocklab.junit;

import dev.vsocklab.Lab;
import dev.vsocklab.spi.BackendLab;
import java.io.IOException;
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

  private final Spies spies = new Spies();

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
      open = turn.open(testName(), WantedGuests.of(context), AnnotatedFaults.of(context));
      lab = open;
    }
    return open;
  }

  /** The spies on the lab's machines. */
  Spies spies() {
    return spies;
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
    try {
      context
          .getExecutionException()
          .filter(failure -> !(failure instanceof TestAbortedException))
          .ifPresent(
              failure ->
                  FailureReport.attach(
                      context, testName() + " on " + turn.choice().description(), open, failure));
    } finally {
      open.close();
    }
  }
}
