package dev.vsocklab.containers;

import dev.vsocklab.linux.SharedLibraries;
import dev.vsocklab.qemu.launch.QemuBinary;
import dev.vsocklab.qemu.launch.QemuFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The files that make the QEMU of this machine run in an otherwise empty image: the binary, the
 * libraries that it loads, the accelerator that it loads as a module, the firmware that our
 * machines boot, and a shell. Some 50 MB, and nothing is downloaded.
 *
 * <p>Each has in the image the path that it has here: QEMU looks for its modules and firmware by
 * paths that were built into it.
 */
final class InstalledQemu {
  /** Where the shell of {@code watchdog.sh} is. */
  private static final Path SHELL = Path.of("/bin/sh");

  private static final String IN_PATH = "/usr/bin/qemu-system-x86_64";

  /** Path in the image to file here. */
  private final SortedMap<String, Path> files;

  private InstalledQemu(SortedMap<String, Path> files) {
    this.files = files;
  }

  /**
   * Collects the files.
   *
   * @throws IOException if QEMU or something that it needs is not installed
   */
  static InstalledQemu find() throws IOException {
    QemuBinary qemu =
        QemuBinary.find()
            .orElseThrow(
                () -> none(QemuBinary.missing().why() + ". " + QemuBinary.missing().mend()));
    SortedMap<String, Path> files = new TreeMap<>();
    files.put(IN_PATH, qemu.path());
    files.put(SHELL.toString(), SHELL);
    try {
      for (Path file : QemuFiles.of(qemu)) {
        files.put(file.toString(), file);
      }
      for (Path library : SharedLibraries.of(SHELL)) {
        files.put(library.toString(), library);
      }
    } catch (IOException e) {
      throw none(String.valueOf(e.getMessage()));
    }
    return new InstalledQemu(files);
  }

  private static IOException none(String why) {
    return new IOException("No image can be made of this machine's QEMU: " + why);
  }

  /** The hash of all names and contents. */
  String hash() throws IOException {
    StringBuilder list = new StringBuilder(DOCKERFILE);
    for (Map.Entry<String, Path> file : files.entrySet()) {
      list.append(file.getKey()).append(' ').append(Hash.of(file.getValue())).append('\n');
    }
    return Hash.of(list.toString());
  }

  private static final String DOCKERFILE = "FROM scratch\nENV PATH=/usr/bin\nCOPY root /\n";

  /** Writes a Dockerfile and the files. Links become what they lead to. */
  void writeContext(Path folder) throws IOException {
    Files.writeString(folder.resolve("Dockerfile"), DOCKERFILE);
    Path root = folder.resolve("root");
    for (Map.Entry<String, Path> file : files.entrySet()) {
      Path target = root.resolve(file.getKey().substring(1));
      Files.createDirectories(target.getParent());
      Files.copy(file.getValue().toRealPath(), target);
    }
  }
}
