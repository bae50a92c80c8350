package dev.vsocklab.qemu.launch;

import static dev.vsocklab.qemu.testing.Failures.assertSays;
import static dev.vsocklab.qemu.testing.Failures.messageOf;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class AcceleratorChoiceTest {
  private final AtomicInteger trials = new AtomicInteger();
  private final Path folder;
  private final Path kvm;

  AcceleratorChoiceTest(@TempDir Path folder) throws IOException {
    this.folder = folder;
    this.kvm = Files.writeString(folder.resolve("kvm"), "");
  }

  @Test
  void aGuestThatComesUpMeansKvmAndIsTriedOnce() throws IOException {
    assertEquals(Accelerator.KVM, choice(true, kvm).choose(qemu("7.2.22")));
    assertEquals(Accelerator.KVM, choice(false, kvm).choose(qemu("7.2.22")));
    assertEquals(1, trials.get());
  }

  @Test
  void aDeviceNodeThatRunsNoGuestMeansTcgAndIsTriedOnce() throws IOException {
    assertEquals(Accelerator.TCG, choice(false, kvm).choose(qemu("7.2.22")));
    assertEquals(Accelerator.TCG, choice(true, kvm).choose(qemu("7.2.22")));
    assertEquals(1, trials.get());
  }

  @Test
  void anotherQemuIsTriedAgain() throws IOException {
    assertEquals(Accelerator.TCG, choice(false, kvm).choose(qemu("7.2.22")));
    assertEquals(Accelerator.KVM, choice(true, kvm).choose(qemu("9.0.0")));
    assertEquals(2, trials.get());
  }

  @Test
  void withoutADeviceNodeNothingIsTried() throws IOException {
    assertEquals(Accelerator.TCG, choice(true, folder.resolve("absent")).choose(qemu("7.2.22")));
    assertEquals(0, trials.get());
  }

  @Test
  void aProgramThatIsNotQemuIsToldSo() throws IOException {
    Path program = script("exit 3");

    String message =
        messageOf(
            IOException.class,
            () -> choice(true, kvm).choose(new ProcessLauncher(new QemuBinary(program))));

    assertSays(message, "Is it QEMU?");
  }

  private AcceleratorChoice choice(boolean works, Path node) {
    return new AcceleratorChoice(
        folder.resolve("cache"),
        deadline -> {
          trials.incrementAndGet();
          if (!works) {
            throw new IOException("no guest came up");
          }
        },
        node);
  }

  private Launcher qemu(String version) throws IOException {
    return new ProcessLauncher(new QemuBinary(script("echo QEMU emulator version " + version)));
  }

  private Path script(String body) throws IOException {
    Path script = folder.resolve("qemu");
    Files.writeString(script, "#!/bin/sh\n" + body + "\n");
    return Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
  }
}
