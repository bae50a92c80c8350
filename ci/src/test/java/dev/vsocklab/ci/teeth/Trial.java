package dev.vsocklab.ci.teeth;

import java.util.stream.Stream;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * The JVM in which {@link Jury} runs the suites, up to the first test that fails, which it prints.
 */
final class Trial {
  static final String FAILED = "FAILED ";
  static final String OVER = "OVER";

  private Trial() {}

  /**
   * Runs test classes.
   *
   * @param classNames which
   */
  public static void main(String[] classNames) {
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(Stream.of(classNames).map(DiscoverySelectors::selectClass).toList())
            .build();
    LauncherFactory.create()
        .execute(
            request,
            new TestExecutionListener() {
              @Override
              public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                if (result.getStatus() != TestExecutionResult.Status.SUCCESSFUL) {
                  String why = result.getThrowable().map(Throwable::getMessage).orElse("");
                  System.out.println(
                      FAILED + test.getDisplayName() + ": " + why.lines().findFirst().orElse(""));
                  System.exit(0); // one is enough
                }
              }
            });
    System.out.println(OVER);
    System.exit(0); // also if a mutated simulator left threads that wait
  }
}
