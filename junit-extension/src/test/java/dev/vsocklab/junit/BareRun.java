package dev.vsocklab.junit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.PrintWriter;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/** A program that runs the classes it is given and prints how that went, for another JVM. */
final class BareRun {

  private BareRun() {}

  /**
   * Runs test classes.
   *
   * @param classNames their names
   */
  public static void main(String[] classNames) {
    LauncherDiscoveryRequestBuilder request = LauncherDiscoveryRequestBuilder.request();
    for (String name : classNames) {
      request.selectors(DiscoverySelectors.selectClass(name));
    }
    SummaryGeneratingListener listener = new SummaryGeneratingListener();
    LauncherFactory.create().execute(request.build(), listener);
    PrintWriter out = new PrintWriter(System.out, true, UTF_8);
    out.printf(
        "%d succeeded, %d failed%n",
        listener.getSummary().getTestsSucceededCount(),
        listener.getSummary().getTotalFailureCount());
    listener.getSummary().getFailures().forEach(it -> out.println(it.getException().getMessage()));
  }
}
