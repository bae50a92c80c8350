package dev.vsocklab.qemu.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GuestRootTest {
  private final Path folder;

  GuestRootTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void filesStandBehindTheImagesOwnArchiveEachAfterItsFolders() throws IOException {
    Path program = Files.writeString(folder.resolve("run"), "#!");
    assertTrue(program.toFile().setExecutable(true));
    Path link = Files.createSymbolicLink(folder.resolve("link"), program);
    GuestImage image = image("initial"); // 7 bytes: the next archive begins at 8
    Path target = folder.resolve("new.cpio");

    GuestImage more =
        GuestRoot.with(image, Map.of("/opt/app/run", link, "/a", image.kernel()), target);

    assertEquals(new GuestImage("6.1", "6.1.0", image.kernel(), target), more);
    String archive = Files.readString(target);
    assertTrue(archive.startsWith("initial\0" + "070701"), archive.substring(0, 20));
    assertTrue(archive.indexOf("opt\0") < archive.indexOf("opt/app\0"), archive);
    assertTrue(archive.indexOf("opt/app\0") < archive.indexOf("opt/app/run\0"), archive);
    int run = archive.indexOf("opt/app/run\0") - 110;
    assertEquals("000081ed", archive.substring(run + 14, run + 22), "executable as it is here");
    assertTrue(archive.substring(run).contains("#!"), "the link was followed");
  }

  @Test
  void aPathThatIsNotAbsoluteIsRefused() throws IOException {
    GuestImage image = image("x");
    Map<String, Path> files = Map.of("a", image.kernel());
    assertThrows(
        IllegalArgumentException.class,
        () -> GuestRoot.with(image, files, folder.resolve("new.cpio")));
  }

  private GuestImage image(String initramfs) throws IOException {
    return new GuestImage(
        "6.1",
        "6.1.0",
        Files.writeString(folder.resolve("kernel"), "kernel"),
        Files.writeString(folder.resolve("initramfs"), initramfs));
  }
}
