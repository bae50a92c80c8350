package dev.vsocklab.ci.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.vsocklab.Errno;
import dev.vsocklab.Machine;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockFailure;
import dev.vsocklab.ci.contract.Crew.Task;
import dev.vsocklab.junit.Guest;
import dev.vsocklab.junit.Host;
import dev.vsocklab.junit.Program;
import dev.vsocklab.junit.VsockTest;
import dev.vsocklab.qemu.GuestPower;
import dev.vsocklab.qemu.agent.GuestProgram;
import dev.vsocklab.qemu.agent.GuestPrograms;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * A guest that panics, runs out of memory, or whose program ends too early fails its test at once
 * and says why: no test waits for what cannot come any more.
 */
@Tag("guest")
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class GuestThatEndsTest {
  private static final String SHELL = "/bin/dash";
  private static final String PANIC = "echo c > /proc/sysrq-trigger";
  private static final Duration SOON = Duration.ofMinutes(1);

  private final Crew crew = new Crew(Duration.ofMinutes(2));

  @AfterEach
  void endThreads() throws InterruptedException {
    crew.end();
  }

  private static GuestProgram panic(Machine guest) throws IOException {
    return guest.as(GuestPrograms.class).orElseThrow().start(SHELL, "-c", PANIC);
  }

  @VsockTest(backends = "vhost-user")
  static class Panicking {
    @Test
    void whileTheTestWaitsOnASocketOfTheHost(
        @Host Machine host, @Guest(value = 42, files = SHELL) Machine guest) throws IOException {
      try (ServerSocketChannel server = host.vsock().openServerSocketChannel()) {
        server.bind(VsockAddress.any(7000));
        panic(guest);
        server.accept(); // nobody will ever connect
      }
    }

    @Test
    void whileTheTestWaitsForItsOwnThreads(@Guest(value = 42, files = SHELL) Machine guest)
        throws Exception {
      panic(guest);
      new CountDownLatch(1).await();
    }

    @Test
    void beforeTheTestEndsWell(@Guest(value = 42, files = SHELL) Machine guest) throws Exception {
      GuestProgram shell = panic(guest);
      assertThrows(IOException.class, () -> shell.waitFor(SOON));
    }
  }

  @Test
  void aPanicFailsTheTestWithTheConsolesEndWhateverItWaitsFor() {
    List<Throwable> failures = failuresOf(Panicking.class);

    assertEquals(3, failures.size(), failures::toString);
    // The third may pass, and fail only when its lab is closed: then there is no report.
    long reports = failures.stream().filter(GuestThatEndsTest::hasReport).count();
    assertTrue(reports >= 2, () -> reports + " with a report: " + failures);
    for (Throwable failure : failures) {
      String message = String.valueOf(failure.getMessage());
      assertTrue(message.startsWith("vm(42) ended although the test did not end it."), message);
      assertTrue(message.contains("Its kernel panicked: sysrq triggered crash."), message);
      assertTrue(message.contains("The console's last lines:"), message);
    }
  }

  private static boolean hasReport(Throwable failure) {
    return Arrays.stream(failure.getSuppressed())
        .map(suppressed -> String.valueOf(suppressed.getMessage()))
        .anyMatch(text -> text.lines().anyMatch("== what broke =="::equals));
  }

  @VsockTest(backends = "vhost-user")
  static class PanickingOnPurpose {
    @Test
    void theHostSeesItsConnectionsReset(
        @Host Machine host, @Guest(value = 42, files = SHELL) Machine guest) throws Exception {
      guest.as(GuestPower.class).orElseThrow().expectEnd();
      Crew crew = new Crew(Duration.ofMinutes(2));
      try (Connection ends = Connection.between(guest, host)) {
        Task<IOException> hostReads =
            crew.start(
                "host",
                () ->
                    assertThrows(
                        IOException.class, () -> ends.connected().read(ByteBuffer.allocate(1))));
        Task<IOException> guestReads =
            crew.start(
                "guest",
                () ->
                    assertThrows(
                        IOException.class, () -> ends.accepted().read(ByteBuffer.allocate(1))));
        panic(guest);
        assertEquals(
            Errno.ECONNRESET, assertInstanceOf(VsockFailure.class, hostReads.await()).errno());
        String told = String.valueOf(guestReads.await().getMessage());
        assertTrue(told.contains("sysrq triggered crash"), told);
      } finally {
        crew.end();
      }
    }
  }

  @Test
  void aPanicThatTheTestExpectsIsNoFailure() {
    assertEquals(List.of(), failuresOf(PanickingOnPurpose.class));
  }

  @VsockTest(backends = "vhost-user")
  static class TooSmall {
    @Test
    void toBoot(@Guest(value = 42, memoryMib = 24) Machine guest) {}
  }

  @Test
  void aGuestTooSmallToBootNamesItsMemoryAndTheMend() {
    String message = onlyMessage(TooSmall.class);

    assertTrue(message.contains("24 MiB"), message);
    assertTrue(message.contains("@Guest(memoryMib = 256)"), message);
  }

  @VsockTest(backends = "vhost-user")
  static class Greedy {
    @Test
    void program(
        @Guest(
                value = 42,
                memoryMib = 96,
                files = SHELL,
                program =
                    @Program(
                        value = {SHELL, "-c", "x=0123456789abcdef; while :; do x=$x$x; done"},
                        untilExitsWith = 0))
            Machine guest) {}
  }

  @Test
  void aProgramThatTheKernelKillsForMemoryNamesTheMemoryAndTheMend() {
    String message = onlyMessage(Greedy.class);

    assertTrue(message.contains("was killed by signal 9 before it ended with status 0"), message);
    assertTrue(message.contains("Its 96 MiB of memory were not enough"), message);
    assertTrue(message.contains("@Guest(memoryMib = 256)"), message);
  }

  @VsockTest(backends = "vhost-user")
  static class TooMuch {
    @Test
    void files(@Guest(value = 42, memoryMib = 64, files = "/usr/lib/python3.11") Machine guest) {}
  }

  @Test
  void filesThatDoNotFitNameTheMemoryAndTheMend() {
    String message = onlyMessage(TooMuch.class);

    assertTrue(message.contains("Its 64 MiB of memory were not enough"), message);
  }

  @VsockTest(backends = "vhost-user")
  static class EndsAtOnce {
    @Test
    void program(
        @Guest(
                value = 42,
                files = SHELL,
                program =
                    @Program(
                        value = {SHELL, "-c", "echo no such option >&2; exit 3"},
                        untilListensOn = 7000))
            Machine guest) {}
  }

  @Test
  void aProgramThatEndsAtOnceTellsItsStatusAndItsLastOutput() {
    String message = onlyMessage(EndsAtOnce.class);

    assertTrue(
        message.contains("ended with status 3 before it listened on vsock port 7000."), message);
    assertTrue(message.contains("no such option"), message);
  }

  @VsockTest(backends = "vhost-user")
  static class NotThere {
    @Test
    void program(@Guest(value = 42, program = @Program({"/opt/agent", "7000"})) Machine guest) {}
  }

  @Test
  void aProgramThatIsNotThereTellsWhatIsMissing() {
    String message = onlyMessage(NotThere.class);

    assertTrue(
        message.contains(
            "Starting [/opt/agent, 7000] in vm(42) failed: No such file or directory."),
        message);
    assertTrue(message.contains("@Guest(files = …)"), message);
  }

  private static String onlyMessage(Class<?> sample) {
    List<Throwable> failures = failuresOf(sample);
    assertEquals(1, failures.size(), failures::toString);
    return String.valueOf(failures.get(0).getMessage());
  }

  /** Runs a class that must fail, on the backend that it names. */
  private static List<Throwable> failuresOf(Class<?> sample) {
    String chosen = System.clearProperty("vsocklab.backends");
    String required = System.getProperty("vsocklab.require");
    System.setProperty("vsocklab.require", "vhost-user");
    List<Throwable> failures = new java.util.concurrent.CopyOnWriteArrayList<>();
    try {
      LauncherDiscoveryRequest request =
          LauncherDiscoveryRequestBuilder.request().selectors(selectClass(sample)).build();
      LauncherFactory.create()
          .execute(
              request,
              new TestExecutionListener() {
                @Override
                public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                  result.getThrowable().ifPresent(failures::add);
                }
              });
    } finally {
      set("vsocklab.backends", chosen);
      set("vsocklab.require", required);
    }
    return failures;
  }

  private static void set(String property, String before) {
    if (before == null) {
      System.clearProperty(property);
    } else {
      System.setProperty(property, before);
    }
  }
}
