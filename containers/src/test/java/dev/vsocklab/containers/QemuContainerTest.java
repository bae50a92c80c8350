package dev.vsocklab.containers;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QemuContainerTest {

  @Test
  void theFilesThatArgumentsNameAreSeenInside(@TempDir Path folder) throws IOException {
    Path kernel = Files.writeString(folder.resolve("kernel"), "");

    assertEquals(
        Set.of(kernel),
        QemuContainer.filesOf(
            List.of("-kernel", kernel.toString(), "-initrd", "/absent", "-append", "root=/dev")));
  }

  @Test
  void aDeviceThatNobodyAsksForIsNotPassedIn() {
    assertEquals(List.of(), QemuContainer.devicesOf(List.of("-accel", "tcg", "-cpu", "kvm")));
  }

  @Test
  void aDeviceThatIsAskedForIsPassedInWhereTheMachineHasIt() {
    Path kvm = Path.of("/dev/kvm");

    assertEquals(
        Files.exists(kvm) ? List.of(kvm) : List.of(),
        QemuContainer.devicesOf(List.of("-accel", "kvm")));
  }
}
