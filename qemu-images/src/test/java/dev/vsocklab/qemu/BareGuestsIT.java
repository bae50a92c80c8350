package dev.vsocklab.qemu;

import static dev.vsocklab.qemu.testing.Failures.assertSays;
import static dev.vsocklab.qemu.testing.Failures.messageOf;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Guests that are booted once and restored ever after, with a cache of their own. */
@Tag("qemu")
@Timeout(300)
class BareGuestsIT {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final String SAID_BY_A_RESTORED_AGENT = "clock and random pool renewed: done";

  private final Path cache;

  BareGuestsIT(@TempDir Path cache) {
    this.cache = cache;
  }

  @ParameterizedTest
  @ValueSource(strings = {"6.1", "6.12"})
  void theFirstIsBootedAndLaterOnesAreRestoredWithAnyCid(String series) throws Exception {
    BareGuests bareGuests = bareGuests();
    try (GuestVm first = boot(bareGuests, series, 44)) {
      assertEquals(44, first.agent().localCid());
      assertFalse(isRestored(first));
    }

    try (GuestVm second = boot(bareGuests, series, 45);
        GuestVm ofAnotherJvm = boot(bareGuests(), series, 4_294_967_294L)) {
      assertTrue(isRestored(second));
      assertEquals(45, second.agent().localCid());
      assertTrue(isRestored(ofAnotherJvm));
      assertEquals(4_294_967_294L, ofAnotherJvm.agent().localCid());
    }
    assertEquals(List.of(1, 0), List.of(entries().size(), leftovers().size()));
  }

  @Test
  void aRestoredGuestRebootsWithItsDeviceAndIsResetOverIt() throws Exception {
    BareGuests bareGuests = bareGuests();
    boot(bareGuests, "6.12", 44).close();

    try (GuestVm restored = boot(bareGuests, "6.12", 45)) {
      restored.resetTransport(46);
      assertEquals(46, restored.agent().localCid());
      restored.reboot();

      assertFalse(isRestored(restored), "this boot's agent has a log of its own");
      assertEquals(46, restored.agent().localCid());
    }
  }

  @Test
  void aFileThatDoesNotComeUpIsDroppedAndSaidAloudAndTheGuestBootedAndSavedAgain()
      throws Exception {
    boot(bareGuests(), "6.12", 44).close();
    Path entry = entries().get(0);
    byte[] garbage = new byte[1_000_000];
    Files.write(entry.resolve("machine"), garbage);
    CRC32C checksum = new CRC32C();
    checksum.update(garbage);
    Files.writeString(
        entry.resolve("contents.crc32c"),
        String.format("%08x %d machine\n", checksum.getValue(), garbage.length));
    BareGuests bareGuests = bareGuests();

    try (Warnings warnings = Warnings.ofGuests();
        GuestVm booted = boot(bareGuests, "6.12", 44)) {
      assertFalse(isRestored(booted));
      assertSays(warnings.only(), "did not come up; it is dropped", "QEMU ended with status 1");
    }
    try (GuestVm restored = boot(bareGuests, "6.12", 44)) {
      assertTrue(isRestored(restored));
    }
  }

  @Test
  void aFileWithAFlippedByteIsNotEvenTried() throws Exception {
    boot(bareGuests(), "6.12", 44).close();
    Path file = entries().get(0).resolve("machine");
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 1;
    Files.write(file, bytes);

    try (Warnings warnings = Warnings.ofGuests();
        GuestVm booted = boot(bareGuests(), "6.12", 44)) {
      assertFalse(isRestored(booted));
      assertEquals(List.of(), warnings.all());
    }
  }

  @Test
  void severalThatWantTheFirstAtOnceGetOneFile() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(3);
    List<Future<GuestVm>> starting = new ArrayList<>();
    for (long cid = 44; cid < 47; cid++) {
      long own = cid;
      BareGuests ofOneJvm = bareGuests();
      starting.add(threads.submit(() -> boot(ofOneJvm, "6.12", own)));
    }
    try {
      int booted = 0;
      for (Future<GuestVm> guest : starting) {
        booted += isRestored(guest.get(200, TimeUnit.SECONDS)) ? 0 : 1;
      }
      assertEquals(1, booted);
    } finally {
      for (Future<GuestVm> guest : starting) {
        guest.get(200, TimeUnit.SECONDS).close();
      }
      threads.shutdownNow();
    }
    assertEquals(List.of(1, 0), List.of(entries().size(), leftovers().size()));
  }

  @Test
  void whereNothingCanBeKeptGuestsAreBootedAndThatIsSaidOnce() throws Exception {
    Path file = Files.writeString(cache.resolve("file"), "");
    BareGuests bareGuests = BareGuests.saved(GuestImages.in(file.resolve("cache")));

    try (Warnings warnings = Warnings.ofGuests()) {
      boot(bareGuests, "6.12", 44).close();
      boot(bareGuests, "6.12", 44).close();

      assertSays(warnings.only(), "Guests cannot be saved", "XDG_CACHE_HOME", "=off");
    }
  }

  @Test
  void aGuestThatDoesNotBootIsToldAsItIsAndNothingIsKept() throws Exception {
    GuestImage good = image("6.12");
    Path empty = Files.write(cache.resolve("empty.cpio"), new byte[512]);
    GuestImage noInit = new GuestImage("6.12", good.release(), good.kernel(), empty);

    String message =
        messageOf(
            IOException.class,
            () ->
                GuestVm.boot(
                        bareGuests(),
                        qemu(),
                        Accelerator.TCG,
                        noInit,
                        new GuestPool.Kind("6.12", 44))
                    .close());

    assertSays(message, "vm(44) did not come up", "Kernel panic");
    assertEquals(List.of(0, 0), List.of(entries().size(), leftovers().size()));
    assertEquals(0, ProcessHandle.current().descendants().count());
  }

  private BareGuests bareGuests() {
    return BareGuests.saved(GuestImages.in(cache));
  }

  private static GuestVm boot(BareGuests bareGuests, String series, long cid) throws IOException {
    return GuestVm.boot(
        bareGuests, qemu(), Accelerator.TCG, image(series), new GuestPool.Kind(series, cid));
  }

  private static boolean isRestored(GuestVm vm) {
    return vm.agent().log(SOON).contains(SAID_BY_A_RESTORED_AGENT);
  }

  private List<Path> entries() throws IOException {
    return list(name -> name.startsWith("saved-") && !name.contains("."));
  }

  private List<Path> leftovers() throws IOException {
    return list(name -> name.endsWith(".building"));
  }

  private List<Path> list(Predicate<String> names) throws IOException {
    try (Stream<Path> files = Files.list(cache)) {
      return files.filter(file -> names.test(file.getFileName().toString())).toList();
    }
  }

  private static Launcher qemu() {
    return QemuBinary.find().map(ProcessLauncher::new).orElseThrow();
  }

  private static GuestImage image(String series) throws IOException {
    return GuestImages.ofThisUser().get(series);
  }
}
