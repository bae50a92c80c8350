package dev.vsocklab.ci.demo;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.vsocklab.spi.Backend;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/**
 * How one test class went on one backend.
 *
 * @param backend the backend's name
 * @param kernel the guest's kernel, or a dash
 * @param tests how many tests there were
 * @param passed how many passed; a skipped one did not
 * @param elapsedNanos from discovery to the last test's end, guest boots included
 * @param failures what went wrong, for a person
 */
record BackendRun(
    String backend,
    String kernel,
    long tests,
    long passed,
    long elapsedNanos,
    List<String> failures) {

  /** Runs a class on a backend that is named as in {@code -Dvsocklab.backends}. */
  static BackendRun of(String testClass, String backendAndKernel) {
    String[] parts = backendAndKernel.split(":", 2);
    SummaryGeneratingListener listener = new SummaryGeneratingListener();
    long startNanos = System.nanoTime();
    LauncherFactory.create()
        .execute(
            LauncherDiscoveryRequestBuilder.request()
                .selectors(selectClass(testClass))
                .configurationParameter("vsocklab.backends", backendAndKernel)
                .configurationParameter("vsocklab.require", parts[0])
                .build(),
            listener);
    long elapsedNanos = System.nanoTime() - startNanos;
    TestExecutionSummary summary = listener.getSummary();
    return new BackendRun(
        parts[0],
        kernelOf(parts[0], parts.length == 2 ? parts[1] : ""),
        summary.getTestsFoundCount(),
        summary.getTestsSucceededCount(),
        elapsedNanos,
        summary.getFailures().stream()
            .map(
                failure ->
                    failure.getTestIdentifier().getDisplayName() + ": " + failure.getException())
            .toList());
  }

  boolean allPassed() {
    return tests > 0 && passed == tests && failures.isEmpty();
  }

  private static String kernelOf(String name, String kernel) {
    for (Backend backend : ServiceLoader.load(Backend.class)) {
      if (backend.name().equals(name)) {
        String described = backend.describe(kernel);
        int comma = described.indexOf(", ");
        return comma < 0 ? "-" : described.substring(comma + 2);
      }
    }
    return "-";
  }
}
