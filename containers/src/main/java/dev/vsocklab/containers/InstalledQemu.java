package dev.vsocklab.containers;

import dev.vsocklab.qemu.launch.QemuBinary;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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

  /** What QEMU's q35 asks for to boot a kernel: without video, without network. */
  private static final List<String> FIRMWARE =
      List.of("bios-256k.bin", "kvmvapic.bin", "linuxboot.bin", "linuxboot_dma.bin", "pvh.bin");

  /** TCG, where the distribution has made it a module. */
  private static final String ACCELERATOR_MODULE = "accel-tcg-x86_64.so";

  private static final List<Path> MODULE_FOLDERS =
      List.of(
          Path.of("/usr/lib/x86_64-linux-gnu/qemu"),
          Path.of("/usr/lib64/qemu"),
          Path.of("/usr/lib/qemu"));

  /** A line of ldd: {@code libz.so.1 => /lib/libz.so.1 (0x…)}, or only the path and the address. */
  private static final Pattern LIBRARY = Pattern.compile("(?:.* => )?(/\\S+) \\(0x[0-9a-f]+\\)");

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
    Path binary =
        QemuBinary.find()
            .orElseThrow(
                () ->
                    new IOException(
                        "No image can be made of this machine's QEMU: "
                            + QemuBinary.missing().why()
                            + ". "
                            + QemuBinary.missing().mend()))
            .path();
    SortedMap<String, Path> files = new TreeMap<>();
    files.put(IN_PATH, binary);
    files.put(SHELL.toString(), SHELL);
    Set<Path> programs = new LinkedHashSet<>(List.of(binary, SHELL));
    for (Path folder : MODULE_FOLDERS) {
      Path module = folder.resolve(ACCELERATOR_MODULE);
      if (Files.exists(module)) {
        files.put(module.toString(), module);
        programs.add(module);
      }
    }
    for (Path program : programs) {
      for (Path library : librariesOf(program)) {
        files.put(library.toString(), library);
      }
    }
    List<Path> searched = firmwareFolders(binary);
    for (String name : FIRMWARE) {
      Path found = firmware(searched, name);
      files.put(found.toString(), found);
    }
    return new InstalledQemu(files);
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

  private static List<Path> librariesOf(Path program) throws IOException {
    List<String> lines = linesOf("ldd", program.toString());
    List<Path> libraries = new ArrayList<>();
    for (String line : lines) {
      if (line.endsWith("=> not found")) {
        throw new IOException(
            "No image can be made of this machine's QEMU: "
                + program
                + " lacks a library ("
                + line.strip()
                + "). Install QEMU again.");
      }
      Matcher library = LIBRARY.matcher(line.strip());
      if (library.matches()) {
        libraries.add(Path.of(library.group(1)));
      }
    }
    return libraries;
  }

  private static List<Path> firmwareFolders(Path binary) throws IOException {
    return linesOf(binary.toString(), "-L", "help").stream()
        .map(line -> Path.of(line).normalize())
        .toList();
  }

  private static Path firmware(List<Path> folders, String name) throws IOException {
    for (Path folder : folders) {
      Path file = folder.resolve(name);
      if (Files.isRegularFile(file)) {
        return file;
      }
    }
    throw new IOException(
        "No image can be made of this machine's QEMU: its firmware "
            + name
            + " is in none of "
            + folders
            + ". Install it (Debian: apt-get install qemu-system-data seabios).");
  }

  private static List<String> linesOf(String... command) throws IOException {
    Process process =
        new ProcessBuilder(command)
            .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
            .redirectErrorStream(true)
            .start();
    try (var out = process.inputReader(StandardCharsets.UTF_8)) {
      return out.lines().toList();
    } finally {
      process.destroyForcibly();
    }
  }
}
