package dev.vsocklab.qemu;

import static dev.vsocklab.qemu.testing.Failures.assertSays;
import static dev.vsocklab.qemu.testing.Failures.messageOf;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.vsocklab.qemu.image.GuestImage;
import dev.vsocklab.qemu.image.GuestImages;
import dev.vsocklab.qemu.launch.Accelerator;
import dev.vsocklab.qemu.launch.Launcher;
import dev.vsocklab.qemu.launch.ProcessLauncher;
import dev.vsocklab.qemu.launch.QemuBinary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How real guests begin and end, and that nothing of them is left. */
@Tag("qemu")
@Timeout(300)
class GuestLifeIT {
  private static final int BOOTS = 5;

  @BeforeAll
  static void skipWithTheReason() {
    try (VhostUserBackend backend = new VhostUserBackend()) {
      for (String kernel : backend.kernels()) {
        Optional<String> why = backend.unavailable(kernel).map(u -> u.message("vhost-user"));
        assumeTrue(why.isEmpty(), () -> "SKIPPED, nothing was tested: " + why.orElse(""));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"6.1", "6.12"})
  void theKernelThatRunsIsTheOneThatWasAskedFor(String series) throws IOException {
    try (GuestVm vm =
        GuestVm.boot(BareGuests.booted(), qemu(), Accelerator.TCG, image(series), 44)) {
      assertTrue(vm.agent().kernelRelease().startsWith(series + "."), vm.agent().kernelRelease());
    }
  }

  @Test
  void aGuestWithoutInitFailsAtOnceWithThePanicInTheError(@TempDir Path folder) throws IOException {
    GuestImage good = image("6.12");
    Path empty = Files.write(folder.resolve("empty.cpio"), new byte[512]);
    GuestImage noInit = new GuestImage("6.12", good.release(), good.kernel(), empty);

    String message =
        messageOf(
            IOException.class,
            () -> GuestVm.boot(BareGuests.booted(), qemu(), Accelerator.TCG, noInit, 44).close());

    assertSays(message, "vm(44) did not come up", "QEMU ended with status", "Kernel panic");
  }

  @Test
  void aGuestThatDoesNotAnswerInTimeFailsThenAndIsEnded() throws IOException {
    GuestImage image = image("6.12");

    String message =
        messageOf(
            IOException.class,
            () -> GuestVm.tryBoot(qemu(), Accelerator.TCG, image, Duration.ofMillis(100)));

    assertSays(message, "did not come up", "console");
    assertEquals(0, ProcessHandle.current().descendants().count());
  }

  @Test
  void aKernelThatIsGarbageIsToldInQemusWords(@TempDir Path folder) throws IOException {
    GuestImage good = image("6.12");
    Path garbage = Files.write(folder.resolve("garbage"), new byte[100_000]);
    GuestImage broken = new GuestImage("6.12", good.release(), garbage, good.initramfs());

    String message =
        messageOf(
            IOException.class,
            () -> GuestVm.boot(BareGuests.booted(), qemu(), Accelerator.TCG, broken, 44).close());

    assertSays(message, "vm(44)", "QEMU ended with status");
  }

  @Test
  void afterFiveBootsNoThreadDescriptorMappingOrProcessIsLeft() throws Exception {
    GuestImage image = image("6.12");
    GuestVm.boot(BareGuests.booted(), qemu(), Accelerator.TCG, image, 44)
        .close(); // loads what is loaded once
    Counts before = Counts.now();

    for (int i = 0; i < BOOTS; i++) {
      GuestVm.boot(BareGuests.booted(), qemu(), Accelerator.TCG, image, 44).close();
    }

    Counts after = Counts.now();
    long giveUpNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!after.equals(before) && System.nanoTime() < giveUpNanos) {
      Thread.onSpinWait(); // threads that were told to end need a moment to be gone
      after = Counts.now();
    }
    assertEquals(before, after);
  }

  /** What a leak would add to. */
  private record Counts(long threads, long descriptors, long mappings, long processes) {

    static Counts now() throws IOException {
      long threads =
          Thread.getAllStackTraces().keySet().stream()
              .filter(thread -> thread.getName().contains("vsocklab"))
              .count();
      try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"));
          Stream<String> mappings = Files.lines(Path.of("/proc/self/maps"))) {
        return new Counts(
            threads,
            descriptors.count(),
            mappings.filter(line -> line.contains("memfd:")).count(),
            ProcessHandle.current().descendants().count());
      }
    }
  }

  private static Launcher qemu() {
    return QemuBinary.find().map(ProcessLauncher::new).orElseThrow();
  }

  private static GuestImage image(String series) throws IOException {
    return GuestImages.ofThisUser().get(series);
  }
}
