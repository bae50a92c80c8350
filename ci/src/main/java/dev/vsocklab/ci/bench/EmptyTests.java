package dev.vsocklab.ci.bench;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.vsocklab.Machine;
import dev.vsocklab.junit.Guest;
import dev.vsocklab.junit.Host;
import dev.vsocklab.junit.VsockTest;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What one empty test costs, run by JUnit's launcher in this JVM. The difference of the two lines
 * is what {@code @VsockTest} adds: a lab with a host and a guest, made and closed.
 */
@State(Scope.Benchmark)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class EmptyTests {
  private static final int TESTS = 1000;

  private final Launcher launcher = LauncherFactory.create();

  /** Creates the benchmark; JMH calls it. */
  public EmptyTests() {}

  /** Tests that do nothing. */
  static class Plain {
    @RepeatedTest(TESTS)
    void empty() {}
  }

  /** Tests that do nothing with a host and a guest. */
  @VsockTest
  static class WithALab {
    @RepeatedTest(TESTS)
    void empty(@Host Machine host, @Guest(42) Machine guest) {}
  }

  /** One empty {@code @Test}. */
  @Benchmark
  @OperationsPerInvocation(TESTS)
  public void plain() {
    run(Plain.class);
  }

  /** One empty {@code @VsockTest}. */
  @Benchmark
  @OperationsPerInvocation(TESTS)
  public void vsockTest() {
    run(WithALab.class);
  }

  private void run(Class<?> tests) {
    SummaryGeneratingListener listener = new SummaryGeneratingListener();
    launcher.execute(
        LauncherDiscoveryRequestBuilder.request().selectors(selectClass(tests)).build(), listener);
    long passed = listener.getSummary().getTestsSucceededCount();
    if (passed != TESTS) {
      throw new IllegalStateException(passed + " of " + TESTS + " empty tests passed.");
    }
  }
}
