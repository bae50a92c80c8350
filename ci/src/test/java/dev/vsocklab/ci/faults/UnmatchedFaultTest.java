package dev.vsocklab.ci.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.vsocklab.Lab;
import dev.vsocklab.Machine;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.fault.Faults;
import dev.vsocklab.fault.InjectedFault;
import dev.vsocklab.junit.Guest;
import dev.vsocklab.junit.Host;
import dev.vsocklab.junit.VsockFault;
import dev.vsocklab.junit.VsockSimulation;
import dev.vsocklab.junit.VsockTest;
import dev.vsocklab.sim.Simulation;
import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.text.MessageFormat;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/** A fault that matched nothing is warned of at the end of its lab: a test that tests less. */
class UnmatchedFaultTest {

  private static void converse(Machine host, Machine guest) throws IOException {
    try (ServerSocketChannel server = host.vsock().openServerSocketChannel();
        SocketChannel agent = guest.vsock().openSocketChannel()) {
      server.bind(VsockAddress.any(7000));
      agent.connect(VsockAddress.host(7000));
      server.accept().close();
    }
  }

  @VsockTest(backends = "sim")
  static class Scoped {
    @Test
    void test(Lab lab, @Host Machine host, @Guest(42) Machine guest) throws IOException {
      try (InjectedFault unmatched = lab.inject(Faults.refused().port(9999));
          InjectedFault matched = lab.inject(Faults.shortReads(1))) {
        converse(host, guest);
        assertEquals(0, unmatched.hits() + matched.hits());
      }
      try (InjectedFault struck = lab.inject(Faults.delay(Duration.ZERO))) {
        converse(host, guest);
        assertEquals(true, struck.hits() > 0);
      }
    }
  }

  @VsockTest(backends = "sim")
  @VsockFault(kind = VsockFault.Kind.REFUSED, port = 9999)
  static class OnAClass {
    @Test
    void test(@Host Machine host, @Guest(42) Machine guest) throws IOException {
      converse(host, guest);
    }
  }

  static class OnASimulation {
    @VsockSimulation(seeds = 1)
    @VsockFault(kind = VsockFault.Kind.RESET_AT_BYTE, bytes = 5, from = 42)
    void test(Simulation simulation, @Host Machine host, @Guest(42) Machine guest)
        throws IOException {
      converse(host, guest);
    }
  }

  private static String warning(String fault, String where) {
    return "A fault of this lab matched nothing, so nothing was tested with it: "
        + fault
        + ". It was injected "
        + where
        + ". Let it be about more (from, to, on, port, only, after, percent), or let the test do"
        + " what it is about.";
  }

  @Test
  void aScopedFaultSaysWhichAndTheLineThatInjectedIt() {
    List<String> warnings = warningsOf(Scoped.class);
    assertEquals(2, warnings.size(), warnings::toString);
    String line = warnings.get(0).replaceAll("(?s).*UnmatchedFaultTest\\.java:(\\d+).*", "$1");
    assertEquals(
        List.of(
            warning(Faults.refused().port(9999).toString(), "at UnmatchedFaultTest.java:" + line),
            warning(
                Faults.shortReads(1).toString(),
                "at UnmatchedFaultTest.java:" + (Integer.parseInt(line) + 1))),
        warnings);
  }

  @Test
  void anAnnotationIsNamedWithItsClass() {
    assertEquals(
        List.of(warning(Faults.refused().port(9999).toString(), "by @VsockFault of OnAClass")),
        warningsOf(OnAClass.class));
  }

  @Test
  void anAnnotationIsNamedWithItsMethod() {
    List<String> warnings = warningsOf(OnASimulation.class);
    String expected =
        warning(Faults.resetAtByte(5).from(42).toString(), "by @VsockFault of OnASimulation.test");
    assertEquals(List.of(expected, expected), warnings, "the run is made twice");
  }

  /** What is logged while a class's tests run, all of which pass. */
  private static List<String> warningsOf(Class<?> tests) {
    List<String> warnings = new ArrayList<>();
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord record) {
            warnings.add(MessageFormat.format(record.getMessage(), record.getParameters()));
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger logger = Logger.getLogger("dev.vsocklab.sim.fault.LabFaults");
    logger.addHandler(handler);
    SummaryGeneratingListener summary = new SummaryGeneratingListener();
    String backends = System.setProperty("vsocklab.backends", "sim");
    try {
      LauncherFactory.create()
          .execute(
              LauncherDiscoveryRequestBuilder.request().selectors(selectClass(tests)).build(),
              summary);
    } finally {
      logger.removeHandler(handler);
      if (backends == null) {
        System.clearProperty("vsocklab.backends");
      } else {
        System.setProperty("vsocklab.backends", backends);
      }
    }
    assertEquals(List.of(), summary.getSummary().getFailures());
    assertEquals(1, summary.getSummary().getTestsSucceededCount());
    return warnings;
  }
}
