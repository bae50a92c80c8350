package dev.vsocklab.ci.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import dev.vsocklab.Machine;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.junit.Guest;
import dev.vsocklab.junit.Host;
import dev.vsocklab.junit.VsockTest;
import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * A JVM that runs one test with a real guest, as a build does. It prints the processes below it
 * while the test runs, then how the test ended.
 */
final class EndingBuild {
  static final String RUNS = "RUNS ";
  static final String ENDED = "ENDED ";

  private EndingBuild() {}

  /**
   * Runs a test.
   *
   * @param arguments a class that is a {@link OneTest}, and a method of it
   */
  public static void main(String[] arguments) throws ClassNotFoundException {
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(
                selectMethod(
                    Class.forName(arguments[0]),
                    arguments[1],
                    Machine.class.getName() + ", " + Machine.class.getName()))
            .build();
    LauncherFactory.create()
        .execute(
            request,
            new TestExecutionListener() {
              @Override
              public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                if (test.isTest()) {
                  String why = result.getThrowable().map(Throwable::toString).orElse("");
                  System.out.println(ENDED + result.getStatus() + " " + why.lines().findFirst());
                }
              }
            });
  }

  /** On the simulated host's device. */
  @VsockTest(backends = "vhost-user:6.12")
  static class OnVhostUser extends OneTest {}

  /** On a real host. */
  @VsockTest(backends = "vhost:6.12")
  static class OnVhost extends OneTest {}

  /** Tests that end in different ways. None is found by its name. */
  abstract static class OneTest {

    @Test
    void succeeds(@Host Machine host, @Guest(42) Machine guest) throws IOException {
      use(host, guest);
    }

    @Test
    void fails(@Host Machine host, @Guest(42) Machine guest) throws IOException {
      use(host, guest);
      assertEquals("one", "another");
    }

    @Test
    @Timeout(value = 20, unit = TimeUnit.SECONDS)
    void timesOut(@Host Machine host, @Guest(42) Machine guest) throws IOException {
      use(host, guest);
      accept(guest);
    }

    @Test
    void waits(@Host Machine host, @Guest(42) Machine guest) throws IOException {
      use(host, guest);
      accept(guest);
    }

    private static void use(Machine host, Machine guest) throws IOException {
      try (Connection ends = Connection.between(guest, host)) {
        assertEquals(42, ((VsockAddress) ends.connected().getRemoteAddress()).cid());
      }
      List<Long> below = ProcessHandle.current().descendants().map(ProcessHandle::pid).toList();
      System.out.println(
          RUNS + below.stream().map(String::valueOf).collect(Collectors.joining(" ")));
    }

    private static void accept(Machine guest) throws IOException {
      try (ServerSocketChannel server = guest.vsock().openServerSocketChannel()) {
        server.bind(VsockAddress.any(7000));
        server.accept().close();
      }
    }
  }
}
