package dev.vsocklab.ci.guestjvm;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.vsocklab.ci.guestjvm.TestOutcome.Kind;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.EngineFilter;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** The program in the guest: runs test classes and prints a {@link TestOutcome} for each test. */
final class GuestRun implements TestExecutionListener {
  private final PrintStream outcomes =
      new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
  private TestPlan plan;
  private int tests;

  private GuestRun(TestPlan plan) {
    this.plan = plan;
  }

  /**
   * Runs them.
   *
   * @param classes the classes' names
   */
  public static void main(String[] classes) {
    // Standard output is for outcomes alone: a test's own words would run into their lines.
    System.setOut(System.err);
    var launcher = LauncherFactory.create();
    TestPlan plan =
        launcher.discover(
            LauncherDiscoveryRequestBuilder.request()
                .selectors(Arrays.stream(classes).map(name -> selectClass(name)).toList())
                .filters(EngineFilter.includeEngines("junit-jupiter"))
                .build());
    GuestRun run = new GuestRun(plan);
    launcher.execute(plan, run);
    run.print(Kind.END, List.of("end"), Integer.toString(run.tests));
    System.exit(0); // also past threads that a failed test left behind
  }

  @Override
  public void testPlanExecutionStarted(TestPlan started) {
    plan = started;
  }

  @Override
  public void executionSkipped(TestIdentifier test, String reason) {
    print(Kind.SKIPPED, test, reason);
  }

  @Override
  public void executionFinished(TestIdentifier test, TestExecutionResult result) {
    switch (result.getStatus()) {
      case SUCCESSFUL -> {
        if (test.isTest()) {
          print(Kind.PASSED, test, "");
        }
      }
      case ABORTED -> print(Kind.SKIPPED, test, trace(result));
      case FAILED -> print(Kind.FAILED, test, trace(result)); // also a whole class's
    }
  }

  private static String trace(TestExecutionResult result) {
    StringWriter text = new StringWriter();
    result.getThrowable().ifPresent(thrown -> thrown.printStackTrace(new PrintWriter(text)));
    return text.toString();
  }

  private void print(Kind kind, TestIdentifier test, String detail) {
    tests++;
    Deque<String> path = new ArrayDeque<>();
    Optional<TestIdentifier> at = Optional.of(test);
    while (at.isPresent() && at.get().getParentIdObject().isPresent()) { // without the engine
      path.addFirst(at.get().getDisplayName());
      at = plan.getParent(at.get());
    }
    print(kind, List.copyOf(path), detail);
  }

  private synchronized void print(Kind kind, List<String> path, String detail) {
    outcomes.println(new TestOutcome(kind, path, detail).line());
  }
}
