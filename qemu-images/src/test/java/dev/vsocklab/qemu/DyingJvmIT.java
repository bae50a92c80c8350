package dev.vsocklab.qemu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.qemu.image.GuestImages;
import dev.vsocklab.qemu.launch.Accelerator;
import dev.vsocklab.qemu.launch.ProcessLauncher;
import dev.vsocklab.qemu.launch.QemuBinary;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A JVM that ends in the middle of something, by Ctrl-C or kill -9: no process and no folder of it
 * is left, and no half-written file is ever used.
 */
@Tag("qemu")
@Timeout(300)
class DyingJvmIT {
  private static final Duration SOON = Duration.ofSeconds(100);

  /** Names of the entries that images are made of. */
  private static final String IMAGES = "(agent|kernel|initramfs)-[^.]*|fallback-.*";

  private final Path temporary;
  private final Path cacheHome;
  private final Path cache;

  DyingJvmIT(@TempDir Path temporary, @TempDir Path cacheHome) {
    this.temporary = temporary;
    this.cacheHome = cacheHome;
    this.cache = cacheHome.resolve("vsocklab");
  }

  /** How a JVM ends. */
  private enum End {
    /** As the terminal does it: the whole process group hears it. */
    CTRL_C("-INT"),
    /** The JVM alone, without a warning. */
    KILL_9("-KILL");

    private final String signal;

    End(String signal) {
      this.signal = signal;
    }

    void of(Process jvm) throws IOException, InterruptedException {
      String whom = this == CTRL_C ? "-" + jvm.pid() : Long.toString(jvm.pid());
      Process kill = new ProcessBuilder("kill", signal, "--", whom).inheritIO().start();
      assertEquals(0, kill.waitFor());
    }
  }

  /** The images are this user's, the saved guests this test's own. */
  @BeforeEach
  void shareTheImages() throws IOException {
    GuestImages.ofThisUser().get("6.12");
    Files.createDirectory(cache);
    for (Path entry : list(GuestImages.cacheFolder(), name -> name.matches(IMAGES))) {
      Files.createSymbolicLink(cache.resolve(entry.getFileName()), entry);
    }
  }

  @AfterEach
  void unlinkTheImages() throws IOException {
    for (Path link : list(cache, name -> name.matches(IMAGES))) {
      Files.delete(link);
    }
  }

  @ParameterizedTest
  @EnumSource
  void whileItsGuestRuns(End end) throws Exception {
    Process jvm = start();
    await(jvm, () -> output().contains(DyingJvm.GUEST_RUNS));

    assertNothingIsLeftAfter(end, jvm);
  }

  @ParameterizedTest
  @EnumSource
  void whileAGuestIsSaved(End end) throws Exception {
    Process jvm = start();
    await(jvm, this::isBeingSaved);

    assertNothingIsLeftAfter(end, jvm);
    // Usually ended halfway; a machine that was quicker than the signal has it whole.
    assertTrue(saved().size() <= 1, () -> "at most one is whole: " + names());
    startOneMore();
    assertEquals(1, saved().size());
  }

  @ParameterizedTest
  @EnumSource
  void whileAGuestIsRestored(End end) throws Exception {
    startOneMore();
    Process jvm = start();
    await(
        jvm,
        () -> // the watchdog has QEMU's arguments, too, a moment before there is a QEMU
        jvm.descendants().filter(p -> p.info().commandLine().orElse("").contains("-incom")).count()
                >= 2);

    assertNothingIsLeftAfter(end, jvm);
    startOneMore();
    assertEquals(1, saved().size());
  }

  private void assertNothingIsLeftAfter(End end, Process jvm) throws Exception {
    List<ProcessHandle> processes = jvm.descendants().toList();
    assertTrue(processes.size() >= 2, "the watchdog and QEMU: " + processes);
    assertFalse(folders().isEmpty(), "the guest's folder");

    end.of(jvm);

    assertTrue(jvm.waitFor(SOON.toSeconds(), TimeUnit.SECONDS), "the JVM did not end");
    for (ProcessHandle process : processes) {
      process.onExit().get(SOON.toSeconds(), TimeUnit.SECONDS);
    }
    long endNanos = System.nanoTime() + SOON.toNanos();
    while (!folders().isEmpty() && System.nanoTime() - endNanos < 0) {
      pause(); // a watchdog that was not seen above may be at it
    }
    assertEquals(List.of(), folders());
  }

  /** What the next JVM finds: a guest comes up, and nothing half-built is left. */
  private void startOneMore() throws IOException {
    BareGuests bareGuests = BareGuests.saved(GuestImages.in(cache));
    GuestVm.boot(
            bareGuests,
            QemuBinary.find().map(ProcessLauncher::new).orElseThrow(),
            Accelerator.TCG,
            GuestImages.in(cache).get("6.12"),
            new GuestPool.Kind("6.12", 44))
        .close();
    assertEquals(List.of(), list(cache, name -> name.endsWith(".building")));
  }

  private boolean isBeingSaved() throws IOException {
    List<Path> building = list(cache, name -> name.startsWith("saved-") && name.endsWith("ing"));
    return building.stream().map(folder -> folder.resolve("machine")).anyMatch(Files::exists);
  }

  private String names() {
    try {
      return list(cache, name -> true).toString();
    } catch (IOException e) {
      return e.toString();
    }
  }

  private List<Path> saved() throws IOException {
    return list(cache, name -> name.startsWith("saved-") && !name.contains("."));
  }

  private List<Path> folders() throws IOException {
    return list(temporary, name -> name.startsWith("vsocklab-"));
  }

  private static List<Path> list(Path folder, Predicate<String> names) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> names.test(file.getFileName().toString())).toList();
    }
  }

  private interface Situation {
    boolean isThere() throws IOException;
  }

  private void await(Process jvm, Situation situation) throws IOException {
    long endNanos = System.nanoTime() + SOON.toNanos();
    while (!situation.isThere()) {
      assertTrue(jvm.isAlive(), () -> "the JVM ended by itself: " + output());
      assertTrue(System.nanoTime() - endNanos < 0, () -> "not in time: " + output());
      pause();
    }
  }

  private static void pause() {
    LockSupport.parkNanos(1_000_000); // nobody tells of a file or of another process's child
  }

  private String output() {
    try {
      return Files.readString(temporary.resolve("output"));
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** In a process group of its own, and with an ear for Ctrl-C whatever this JVM has. */
  private Process start() throws IOException, URISyntaxException {
    List<String> command =
        new ArrayList<>(List.of("setsid", "env", "--default-signal=INT", javaBinary()));
    command.addAll(List.of("-Djava.io.tmpdir=" + temporary, "-cp", classPath()));
    command.add(DyingJvm.class.getName());
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("XDG_CACHE_HOME", cacheHome.toString());
    File output = temporary.resolve("output").toFile();
    return builder.redirectErrorStream(true).redirectOutput(output).start();
  }

  private static String javaBinary() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  /** This module's classes and tests, and all that is below, without modules. */
  private static String classPath() throws URISyntaxException {
    Path classes =
        Path.of(GuestVm.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    return String.join(
        File.pathSeparator,
        classes.toString(),
        classes.resolveSibling("test-classes").toString(),
        System.getProperty("jdk.module.path", ""),
        System.getProperty("java.class.path", ""));
  }
}
