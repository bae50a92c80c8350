package dev.vsocklab.qemu.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QemuBinaryTest {
  private final Path folder;
  private final Path onPath;

  QemuBinaryTest(@TempDir Path folder) throws IOException {
    this.folder = folder;
    this.onPath = executable(folder.resolve("qemu-system-x86_64"));
  }

  @Test
  void theFirstOnThePathIsTaken() {
    assertEquals(Optional.of(new QemuBinary(onPath)), QemuBinary.find(null, "/absent::" + folder));
  }

  @Test
  void aNamedOneGoesBeforeThePath() throws IOException {
    Path named = executable(folder.resolve("my-qemu"));

    assertEquals(
        Optional.of(new QemuBinary(named)), QemuBinary.find(named.toString(), folder.toString()));
  }

  @Test
  void aNamedOneThatIsNotThereIsNotReplacedByAnother() {
    assertEquals(
        Optional.empty(), QemuBinary.find(folder.resolve("absent").toString(), folder.toString()));
  }

  @Test
  void noneIsNone() {
    assertEquals(Optional.empty(), QemuBinary.find(null, "/absent"));
    assertEquals(Optional.empty(), QemuBinary.find(null, null));
  }

  private static Path executable(Path file) throws IOException {
    Files.writeString(file, "");
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
  }
}
