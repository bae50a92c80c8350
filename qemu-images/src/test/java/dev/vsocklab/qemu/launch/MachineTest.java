package dev.vsocklab.qemu.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.vsocklab.qemu.image.GuestImage;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Which machines may share a saved state. */
class MachineTest {
  private static final Launcher LAUNCHER = new ProcessLauncher(new QemuBinary(Path.of("/qemu")));
  private static final GuestImage IMAGE = image("one");

  @Test
  void theNameMakesNoOtherMachine() {
    assertEquals(
        QemuGuest.machine(machine("vm(42)", IMAGE, 256, VsockDevice.SLOT, List.of())),
        QemuGuest.machine(machine("vm(43)", IMAGE, 256, VsockDevice.SLOT, List.of())));
  }

  @Test
  void imageMemoryDeviceAndPortsDo() {
    Set<List<String>> all =
        Set.of( // which refuses equal elements
            QemuGuest.machine(machine("vm", IMAGE, 256, VsockDevice.SLOT, List.of())),
            QemuGuest.machine(machine("vm", image("two"), 256, VsockDevice.SLOT, List.of())),
            QemuGuest.machine(machine("vm", IMAGE, 512, VsockDevice.SLOT, List.of())),
            QemuGuest.machine(machine("vm", IMAGE, 256, VsockDevice.NONE, List.of())),
            QemuGuest.machine(machine("vm", IMAGE, 256, VsockDevice.SLOT, List.of("more"))));

    assertEquals(5, all.size());
  }

  @Test
  void soDoesTheAccelerator() {
    assertNotEquals(
        QemuGuest.machine(
            new QemuGuest.Config("vm", LAUNCHER, Accelerator.KVM, IMAGE, VsockDevice.SLOT)),
        QemuGuest.machine(
            new QemuGuest.Config("vm", LAUNCHER, Accelerator.TCG, IMAGE, VsockDevice.SLOT)));
  }

  private static QemuGuest.Config machine(
      String name, GuestImage image, int memoryMib, VsockDevice vsock, List<String> ports) {
    return new QemuGuest.Config(name, LAUNCHER, Accelerator.TCG, image, memoryMib, vsock, ports);
  }

  private static GuestImage image(String folder) {
    Path path = Path.of("/cache", folder);
    return new GuestImage("6.1", "6.1.1", path.resolve("kernel"), path.resolve("initramfs"));
  }
}
