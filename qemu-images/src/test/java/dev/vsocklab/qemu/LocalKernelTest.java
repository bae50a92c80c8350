package dev.vsocklab.qemu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.spi.Unavailable;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Which kernel backend loopback takes, from machines that are played. */
class LocalKernelTest {
  private static final Optional<Unavailable> NO_LOOPBACK =
      Optional.of(new Unavailable("this kernel has no vsock loopback", "Load it."));

  @Test
  void aMachineWhoseLoopbackWorksComesFirst() {
    try (LoopbackBackend backend = backend("6.8.0-40-generic", Optional.empty())) {
      assertEquals(List.of("6.8", "6.12", "6.1"), backend.kernels());
      assertEquals(Optional.empty(), backend.unavailable("6.8"));
      assertEquals("loopback, Linux 6.8.0-40-generic of this machine", backend.describe("6.8"));
      assertTrue(backend.describe("6.1").endsWith(" in QEMU"), backend.describe("6.1"));
    }
  }

  @Test
  void itTakesThePlaceOfTheGuestWithItsSeries() {
    try (LoopbackBackend backend = backend("6.1.0-56-cloud-amd64", Optional.empty())) {
      assertEquals(List.of("6.1", "6.12"), backend.kernels());
      assertTrue(backend.describe("6.1").endsWith(" of this machine"), backend.describe("6.1"));
    }
  }

  @Test
  void withoutALoopbackOfItsOwnThereAreGuests() {
    try (LoopbackBackend backend = backend("6.1.0-56-cloud-amd64", NO_LOOPBACK)) {
      assertEquals(List.of("6.12", "6.1"), backend.kernels());
      assertTrue(backend.describe("6.1").endsWith(" in QEMU"), backend.describe("6.1"));
    }
    try (LoopbackBackend backend = LoopbackBackend.inGuests()) {
      assertEquals(List.of("6.12", "6.1"), backend.kernels());
    }
  }

  @Test
  void theProbeRunsOnceAndAnOddVersionIsNoSeries() {
    AtomicInteger probes = new AtomicInteger();
    LocalKernel kernel =
        new LocalKernel(
            "7.0-rc1",
            () -> {
              probes.incrementAndGet();
              return Optional.empty();
            });
    assertTrue(kernel.is("7.0"));
    assertFalse(kernel.is("7"));
    assertFalse(kernel.is(""));
    assertEquals(1, probes.get());
    assertEquals(Optional.empty(), new LocalKernel("custom", Optional::empty).series());
  }

  private static LoopbackBackend backend(String osVersion, Optional<Unavailable> probe) {
    return new LoopbackBackend(new LocalKernel(osVersion, () -> probe));
  }
}
