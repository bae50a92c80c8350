package dev.vsocklab.ci.guestjvm;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.vsocklab.ci.guestjvm.TestOutcome.Kind;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/**
 * The sockets of module {@code native} on real kernels, each with a JVM of its own: the JDK's
 * contracts, and the conformance suite on backend {@code loopback}, which finds that it may use the
 * kernel that it runs on. A test that fails there fails here, with its stack trace; one that was
 * skipped there counts as failed.
 */
@Tag("native")
@Timeout(
    value = 20, // two minutes are usual: it ends what hangs, not what a loaded machine slows down
    unit = TimeUnit.MINUTES,
    threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class NativeInGuestTest {
  private static final String CONTRACTS = "dev.vsocklab.ci.linux.Linux%sTest";

  @TestFactory
  Stream<DynamicTest> contractsOnLinux61() throws IOException {
    return contracts("6.1");
  }

  @TestFactory
  Stream<DynamicTest> contractsOnLinux612() throws IOException {
    return contracts("6.12");
  }

  @TestFactory
  Stream<DynamicTest> conformanceOnLinux61() throws IOException {
    return conformance("6.1");
  }

  @TestFactory
  Stream<DynamicTest> conformanceOnLinux612() throws IOException {
    return conformance("6.12");
  }

  private static Stream<DynamicTest> contracts(String series) throws IOException {
    List<String> classes =
        Stream.of("Channel", "Selector", "SocketFaces", "Stream", "Seqpacket", "SocketCalls")
            .map(CONTRACTS::formatted)
            .toList();
    return tests(GuestJvm.run(series, List.of(), classes));
  }

  private static Stream<DynamicTest> conformance(String series) throws IOException {
    return tests(
        GuestJvm.run(
            series,
            List.of("vsocklab.backends=loopback"),
            List.of("dev.vsocklab.ci.conformance.ConformanceTest")));
  }

  private static Stream<DynamicTest> tests(List<TestOutcome> outcomes) {
    assertTrue(outcomes.size() > 50, "only " + outcomes.size() + " tests ran in the guest");
    return outcomes.stream()
        .map(
            outcome ->
                dynamicTest(
                    String.join(" > ", outcome.path()),
                    () -> {
                      if (outcome.kind() != Kind.PASSED) {
                        fail(outcome.kind() + " in the guest: " + outcome.detail());
                      }
                    }));
  }
}
