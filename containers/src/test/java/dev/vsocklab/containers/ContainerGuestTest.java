package dev.vsocklab.containers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.exception.NotFoundException;
import dev.vsocklab.qemu.image.GuestImage;
import dev.vsocklab.qemu.launch.Accelerator;
import dev.vsocklab.qemu.launch.AcceleratorChoice;
import dev.vsocklab.qemu.launch.Launcher;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Guests in containers begin, end, and leave nothing. */
@Tag("containers")
@Timeout(300)
class ContainerGuestTest {

  @Test
  void aGuestRunsInAContainerAndNothingIsLeftOfIt() throws Exception {
    Path folder;
    try (BootedGuest guest = BootedGuest.boot()) {
      folder = guest.qemu().folder();
      assertTrue(
          guest.agent().kernelRelease().startsWith("6.12."), "the kernel that was asked for");
      assertEquals(1, EngineContents.with(folder).size(), "one container has its folder");
      try (Stream<Path> files = Files.list(folder)) {
        Object me = Files.getAttribute(folder, "unix:uid");
        for (Path file : files.toList()) {
          assertEquals(me, Files.getAttribute(file, "unix:uid"), () -> "the owner of " + file);
        }
      }
    }

    assertEquals(List.of(), EngineContents.with(folder));
    assertFalse(Files.exists(folder));
  }

  @Test
  void aSecondGuestUsesTheSameImage() throws IOException {
    assertEquals(BootedGuest.launcher(), BootedGuest.launcher());
  }

  @Test
  void aGuestWhoseQemuIsKilledIsGoneAtOnce() throws IOException {
    try (BootedGuest guest = BootedGuest.boot()) {
      guest.qemu().kill();

      assertFalse(guest.qemu().isRunning());
      assertEquals(List.of(), EngineContents.with(guest.qemu().folder()));
    }
  }

  @Test
  void aKernelThatIsGarbageIsToldInQemusWords(@TempDir Path folder) throws IOException {
    GuestImage good = BootedGuest.image();
    Path garbage = Files.write(folder.resolve("garbage"), new byte[100_000]);
    GuestImage broken = new GuestImage("6.12", good.release(), garbage, good.initramfs());

    assertSays(messageOfBoot(broken), "the guest", "QEMU ended with status 1", "linux kernel");
  }

  @Test
  void aGuestThatPanicsIsToldWithItsConsole(@TempDir Path folder) throws IOException {
    GuestImage good = BootedGuest.image();
    Path empty = Files.write(folder.resolve("empty.cpio"), new byte[512]);
    GuestImage noInit = new GuestImage("6.12", good.release(), good.kernel(), empty);

    assertSays(messageOfBoot(noInit), "did not come up", "QEMU ended with", "Kernel panic");
  }

  @Test
  void killMinusNineOfTheJvmLeavesNoContainerAndNoFolder() throws Exception {
    Process jvm =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                KilledJvm.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader out = jvm.inputReader(StandardCharsets.UTF_8)) {
      Path folder = Path.of(Objects.requireNonNull(out.readLine()));
      assertEquals(1, EngineContents.with(folder).size(), "the child's guest is in a container");
      List<ProcessHandle> left = jvm.descendants().toList();

      jvm.destroyForcibly();

      EngineContents.awaitNoneWith(folder);
      for (ProcessHandle process : left) {
        process.onExit().join();
      }
      assertFalse(Files.exists(folder));
    } finally {
      jvm.destroyForcibly();
    }
  }

  @Test
  void aContainerThatADeadJvmNeverStartedIsSweptAndALivingOnesIsNot(@TempDir Path living)
      throws IOException {
    DockerClient client = EngineContents.client();
    String dead = created(client, living.resolve("absent"));
    String starting = created(client, living);
    try {
      Leftovers.sweep(client);

      assertThrows(NotFoundException.class, () -> client.inspectContainerCmd(dead).exec());
      assertEquals(starting, client.inspectContainerCmd(starting).exec().getId());
    } finally {
      client.removeContainerCmd(starting).exec();
    }
  }

  private static String created(DockerClient client, Path folder) throws IOException {
    return client
        .createContainerCmd(new QemuImage.OfThisMachine().require(client))
        .withCmd("/bin/sh")
        .withLabels(Map.of(Leftovers.FOLDER_LABEL, folder.toString()))
        .exec()
        .getId();
  }

  /**
   * Where /dev/kvm is present but runs no guest, the choice falls on TCG; elsewhere KVM is right.
   */
  @Test
  void whatKvmIsWorthIsFoundOutInTheContainer(@TempDir Path verdicts) throws IOException {
    Launcher launcher = BootedGuest.launcher();
    GuestImage image = BootedGuest.image();
    AcceleratorChoice choice =
        new AcceleratorChoice(
            verdicts,
            deadline -> BootedGuest.boot(launcher, Accelerator.KVM, image, deadline).close());

    Accelerator chosen = choice.choose(launcher);

    BootedGuest.boot(launcher, chosen, image, Duration.ofMinutes(2)).close();
  }

  @Test
  void anImageThatCannotBeBuiltIsOneSentenceWithTheMend() {
    QemuImage unreachable = new QemuImage.OfDebian("FROM localhost:1/no-registry\n");

    String message = messageOf(unreachable);

    assertSays(message, "Image vsocklab/qemu:debian-", "could not be built", "localhost:1");
    assertSays(message, "reach a registry", "-Dvsocklab.qemu.image=installed");
  }

  @Test
  void anImageThatNobodyHasIsOneSentenceWithTheMend() {
    assertSays(
        messageOf(new QemuImage.Ready("localhost:1/qemu:absent")),
        "The engine has no image localhost:1/qemu:absent and cannot pull it",
        "Correct -Dvsocklab.qemu.image");
  }

  private static String messageOf(QemuImage image) {
    return String.valueOf(
        assertThrows(IOException.class, () -> image.require(EngineContents.client())).getMessage());
  }

  private static String messageOfBoot(GuestImage image) throws IOException {
    Launcher launcher = BootedGuest.launcher();
    return String.valueOf(
        assertThrows(
                IOException.class,
                () ->
                    BootedGuest.boot(launcher, Accelerator.TCG, image, Duration.ofMinutes(2))
                        .close())
            .getMessage());
  }

  private static void assertSays(String message, String... parts) {
    for (String part : parts) {
      assertTrue(message.contains(part), () -> "\"" + part + "\" is not in: " + message);
    }
  }
}
