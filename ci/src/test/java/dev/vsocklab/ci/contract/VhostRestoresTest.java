package dev.vsocklab.ci.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.Machine;
import dev.vsocklab.qemu.VhostBackend;
import dev.vsocklab.spi.BackendLab;
import dev.vsocklab.spi.LabRequest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A host with a live guest restored again and again, each time used both ways and thrown away. It
 * prints how long that took. On purpose alone: it is not part of any other run.
 */
@Tag("restores")
@Timeout(value = 2, unit = TimeUnit.HOURS)
class VhostRestoresTest {
  /** Of each kernel; others with {@code -Dvsocklab.ci.restores=20}. */
  private static final int RESTORES = Integer.getInteger("vsocklab.ci.restores", 50);

  private static final long CID = 42;
  private static final int BYTES = 100_000;

  private final TestStream stream = new TestStream(6);

  @ParameterizedTest
  @ValueSource(strings = {"6.1", "6.12"})
  void eachOneCarriesBytesBothWays(String kernel) throws IOException {
    LabRequest request =
        new LabRequest("restores", kernel, List.of(new LabRequest.GuestRequest(CID, true)));
    List<Double> seconds = new ArrayList<>();
    try (VhostBackend backend = new VhostBackend()) {
      backend.open(request).close(); // it may have to be booted and saved first
      for (int i = 1; i <= RESTORES; i++) {
        long startNanos = System.nanoTime();
        try (BackendLab lab = backend.open(request)) {
          assertCarriesBytes(lab.host(), lab.guest(CID));
          seconds.add((System.nanoTime() - startNanos) / 1e9);
        } catch (IOException | AssertionError e) {
          throw new AssertionError("restore " + i + " of " + RESTORES + ", Linux " + kernel, e);
        }
      }
    }
    Collections.sort(seconds);
    System.out.printf(
        Locale.ROOT,
        "vhost:%s, %d restores, to the end of a contract test: min %.1f s, median %.1f s, max"
            + " %.1f s%n",
        kernel,
        RESTORES,
        seconds.get(0),
        seconds.get(RESTORES / 2),
        seconds.get(RESTORES - 1));
  }

  private void assertCarriesBytes(Machine host, Machine guest) throws IOException {
    for (Direction direction : Direction.values()) {
      try (Connection ends =
          Connection.between(direction.listener(host, guest), direction.connector(host, guest))) {
        assertEquals(
            stream.write(ends.connected(), BYTES, BYTES), TestStream.read(ends.accepted(), BYTES));
        assertEquals(
            stream.write(ends.accepted(), BYTES, BYTES), TestStream.read(ends.connected(), BYTES));
      }
    }
  }
}
