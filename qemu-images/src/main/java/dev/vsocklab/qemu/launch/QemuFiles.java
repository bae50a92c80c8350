package dev.vsocklab.qemu.launch;

import dev.vsocklab.linux.SharedLibraries;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The files that a QEMU needs to boot a guest under TCG somewhere else: the program, its libraries,
 * its accelerator where that is a module, and firmware. Each is wanted at the path that it has
 * here, for QEMU looks for the others from where it lies itself.
 */
public final class QemuFiles {
  private static final String ACCELERATOR = "accel-tcg-x86_64.so";

  /** Where distributions put QEMU's modules, seen from the folder above the program's. */
  private static final List<String> MODULE_FOLDERS =
      List.of("lib/x86_64-linux-gnu/qemu", "lib64/qemu", "lib/qemu");

  /** What a q35 machine without display and network loads to boot a kernel. */
  private static final List<String> FIRMWARE =
      List.of("bios-256k.bin", "kvmvapic.bin", "linuxboot_dma.bin", "pvh.bin");

  private QemuFiles() {}

  /**
   * Finds them.
   *
   * @param qemu the program
   * @return absolute paths, the program first
   * @throws IOException if one is missing, with the mend
   */
  public static List<Path> of(QemuBinary qemu) throws IOException {
    Path program = qemu.path().toRealPath();
    Set<Path> files = new LinkedHashSet<>(List.of(program));
    files.addAll(SharedLibraries.of(program));
    for (String folder : MODULE_FOLDERS) {
      Path module = above(program).resolve(folder).resolve(ACCELERATOR);
      if (Files.exists(module)) {
        files.add(module);
        files.addAll(SharedLibraries.of(module));
      }
    }
    List<Path> folders = firmwareFolders(qemu);
    for (String name : FIRMWARE) {
      files.add(firmware(name, folders));
    }
    return List.copyOf(files);
  }

  /** For {@code /usr/bin/qemu-system-x86_64}: {@code /usr}. */
  private static Path above(Path program) throws IOException {
    Path folder = program.getParent();
    Path above = folder == null ? null : folder.getParent();
    if (above == null) {
      throw new IOException(program + " lies in no folder like /usr/bin.");
    }
    return above;
  }

  private static List<Path> firmwareFolders(QemuBinary qemu) throws IOException {
    String text = qemu.output("-L", "help");
    try (Stream<String> lines = text.lines()) {
      return new ArrayList<>(
          lines
              .map(String::strip)
              .filter(line -> line.startsWith("/"))
              .map(Path::of)
              .map(Path::normalize)
              .toList());
    }
  }

  private static Path firmware(String name, List<Path> folders) throws IOException {
    for (Path folder : folders) {
      Path file = folder.resolve(name);
      if (Files.isReadable(file)) {
        return file;
      }
    }
    throw new IOException(
        "QEMU's firmware "
            + name
            + " is in none of "
            + folders
            + ". Install it (Debian: apt-get install seabios qemu-system-data).");
  }
}
