package dev.vsocklab.qemu;

import static dev.vsocklab.qemu.testing.Failures.assertSays;
import static dev.vsocklab.qemu.testing.Failures.messageOf;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.qemu.agent.AgentClient;
import dev.vsocklab.qemu.agent.GuestProgram;
import dev.vsocklab.qemu.agent.GuestPrograms;
import dev.vsocklab.qemu.image.GuestImages;
import dev.vsocklab.qemu.launch.Accelerator;
import dev.vsocklab.qemu.launch.ProcessLauncher;
import dev.vsocklab.qemu.launch.QemuBinary;
import dev.vsocklab.qemu.launch.QemuGuest;
import dev.vsocklab.qemu.launch.RunFolder;
import dev.vsocklab.qemu.launch.VsockDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A machine that is written to a file and goes on from it, in another QEMU or in several. */
@Tag("qemu")
@Timeout(300)
class SavedGuestIT {
  private static final Duration SOON = Duration.ofSeconds(60);

  private final Path state;

  SavedGuestIT(@TempDir Path folder) {
    state = folder.resolve("state");
  }

  @ParameterizedTest
  @ValueSource(strings = {"6.1", "6.12"})
  void programsAndFilesGoOnWhereTheyWereInAnotherQemu(String series) throws IOException {
    QemuGuest.Config config = config(series, List.of());
    int pid;
    try (Saved saved = Saved.boot(config)) {
      GuestPrograms programs = saved.kernel.agent().programs();
      programs.putProgram(Path.of("/bin/sh"), "/bin/sh");
      programs.putText("kept\n", "/tmp/note");
      pid = programs.start("/bin/sh", "-c", "read never").pid();
      saved.kernel.guest().save(state);
    }

    try (Saved restored = Saved.restore(config, state)) {
      GuestProgram read =
          restored
              .kernel
              .agent()
              .programs()
              .start(
                  "/bin/sh", "-c", "kill -0 " + pid + " && read note </tmp/note && echo \"$note\"");
      assertEquals(0, read.waitFor(SOON).code(), read::errorText);
      assertEquals("kept\n", read.outputText());
    }
  }

  @Test
  void theSavedMachineItselfGoesOnAfterResume() throws IOException {
    try (Saved saved = Saved.boot(config("6.12", List.of()))) {
      saved.kernel.guest().save(state);
      assertTrue(saved.kernel.guest().isPaused());
      byte[] first = Files.readAllBytes(state);
      String again = messageOf(IOException.class, () -> saved.kernel.guest().save(state));
      assertSays(again, "exists; a machine is saved to a new file");
      assertArrayEquals(first, Files.readAllBytes(state));

      saved.kernel.guest().resume();

      assertSays(saved.kernel.agent().log(SOON), "hello");
    }
  }

  @Test
  void twoMachinesFromOneFileDrawDifferentNumbers() throws IOException {
    QemuGuest.Config config = config("6.1", List.of());
    try (Saved saved = Saved.boot(config)) {
      GuestPrograms programs = saved.kernel.agent().programs();
      programs.putProgram(Path.of("/usr/bin/od"), "/bin/od");
      random(
          saved); // the kernel takes a new seed by itself if the last is old, but not so soon again
      saved.kernel.guest().save(state);
    }

    try (Saved one = Saved.restore(config, state);
        Saved two = Saved.restore(config, state)) {
      assertNotEquals(random(one), random(two));
    }
  }

  @Test
  void aClockThatStoodStillIsSet() throws IOException {
    QemuGuest.Config config = config("6.12", List.of());
    try (Saved saved = Saved.boot(config)) {
      GuestPrograms programs = saved.kernel.agent().programs();
      programs.putProgram(Path.of("/bin/date"), "/bin/date");
      GuestProgram longAgo = programs.start("/bin/date", "-s", "@1000000000");
      assertEquals(0, longAgo.waitFor(SOON).code(), longAgo::errorText);
      saved.kernel.guest().save(state);
    }

    try (Saved restored = Saved.restore(config, state)) {
      long apartSeconds = Instant.now().getEpochSecond() - clock(restored);
      assertTrue(Math.abs(apartSeconds) < 60, "the guest's clock is off by " + apartSeconds + " s");
    }
  }

  @Test
  void aFurtherPortGoesOnToo() throws IOException {
    QemuGuest.Config config = config("6.12", List.of("second"));
    try (Saved saved = Saved.boot(config)) {
      saved.kernel.agent().programs().start("/init", "--port", "dev.vsocklab.second");
      try (AgentClient second = second(saved)) {
        assertSays(second.log(SOON), "hello");
        saved.kernel.guest().save(state);
      }
    }

    try (Saved restored = Saved.restore(config, state);
        AgentClient second = second(restored)) {
      assertEquals(2, second.log(SOON).lines().filter(line -> line.contains("hello")).count());
    }
  }

  @Test
  void aRestoredMachineCanBeResetAndBoots() throws IOException {
    QemuGuest.Config config = config("6.12", List.of());
    try (Saved saved = Saved.boot(config)) {
      saved.kernel.guest().save(state);
    }

    try (Saved restored = Saved.restore(config, state)) {
      restored.kernel.reboot();

      assertTrue(restored.kernel.agent().kernelRelease().startsWith("6.12."));
    }
  }

  @Test
  void aFileThatIsNoMachineIsToldInQemusWords() throws IOException {
    Files.write(state, new byte[100_000]);

    String message =
        messageOf(IOException.class, () -> Saved.restore(config("6.12", List.of()), state).close());

    assertSays(message, "QEMU ended with status 1", "migration");
    assertEquals(0, ProcessHandle.current().descendants().count());
  }

  @Test
  void aMachineCutOffHalfwayIsToldInQemusWords() throws IOException {
    QemuGuest.Config config = config("6.12", List.of());
    try (Saved saved = Saved.boot(config)) {
      saved.kernel.guest().save(state);
    }
    try (var file = Files.newByteChannel(state, java.nio.file.StandardOpenOption.WRITE)) {
      file.truncate(file.size() / 2);
    }

    String message = messageOf(IOException.class, () -> Saved.restore(config, state).close());

    assertSays(message, "QEMU ended with status 1", "migration");
  }

  @Test
  void aGuestWithAVhostUserDeviceIsNotSavedAndNoFileIsLeft() throws Exception {
    try (GuestVm vm =
        GuestVm.boot(
            BareGuests.booted(),
            QemuBinary.find().map(ProcessLauncher::new).orElseThrow(),
            Accelerator.TCG,
            GuestImages.ofThisUser().get("6.12"),
            new GuestPool.Kind("6.12", 44))) {
      String message = messageOf(IOException.class, () -> vm.guest().save(state));

      assertSays(message, "vm(44) could not be saved", "vhost-user-vsock");
      assertFalse(Files.exists(state));
      vm.guest().resume();
      assertEquals(44, vm.agent().localCid());
    }
  }

  private static AgentClient second(Saved guest) throws IOException {
    return AgentClient.connect(guest.kernel.guest().port("second"), "second", () -> "", SOON);
  }

  private static String random(Saved guest) throws IOException {
    GuestProgram od =
        guest.kernel.agent().programs().start("/bin/od", "-An", "-tx8", "-N32", "/dev/urandom");
    assertEquals(0, od.waitFor(SOON).code(), od::errorText);
    return od.outputText();
  }

  private static long clock(Saved guest) throws IOException {
    GuestProgram date = guest.kernel.agent().programs().start("/bin/date", "+%s");
    assertEquals(0, date.waitFor(SOON).code(), date::errorText);
    return Long.parseLong(date.outputText().strip());
  }

  private static QemuGuest.Config config(String series, List<String> ports) throws IOException {
    return new QemuGuest.Config(
        "a saved guest",
        QemuBinary.find().map(ProcessLauncher::new).orElseThrow(),
        Accelerator.TCG,
        GuestImages.ofThisUser().get(series),
        QemuGuest.Config.DEFAULT_MEMORY_MIB,
        VsockDevice.NONE,
        ports);
  }

  /** A guest that ends with the test. */
  private record Saved(GuestKernel kernel) implements AutoCloseable {

    static Saved boot(QemuGuest.Config config) throws IOException {
      return new Saved(GuestKernel.boot(config, RunFolder.create(), GuestKernel.BOOT_DEADLINE));
    }

    static Saved restore(QemuGuest.Config config, Path state) throws IOException {
      return new Saved(GuestKernel.restore(config, RunFolder.create(), state));
    }

    @Override
    public void close() throws IOException {
      kernel.close();
    }
  }
}
