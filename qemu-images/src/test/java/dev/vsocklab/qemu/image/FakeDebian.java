package dev.vsocklab.qemu.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A machine with a mirror of kernel packages and the builder's programs, all in memory. */
final class FakeDebian implements Tools {
  /** The programs on the PATH. */
  final Set<String> programs =
      new HashSet<>(List.of("apt-get", "apt-cache", "dpkg-deb", "gcc", "lz4", "zstd", "xz"));

  /** What the mirror has: "name=version" to the .deb's bytes. */
  final Map<String, byte[]> mirror = new HashMap<>();

  /** The kernel in every package. */
  byte[] vmlinuz = BzImages.of(BzImages.LZ4);

  /** What lz4 makes of a payload. */
  byte[] uncompressed = {0x7f, 'E', 'L', 'F', 2, 1, 1};

  /** Overrides the hash that apt's lists give. */
  final Map<String, String> listedSha256 = new HashMap<>();

  int gccStatus;

  /** Every command that was run, its first word. */
  final List<String> runs = new ArrayList<>();

  @Override
  public boolean has(String program) {
    return programs.contains(program);
  }

  @Override
  public Result run(Path folder, Duration deadline, List<String> command) throws IOException {
    String program = command.get(0);
    runs.add(program);
    String last = command.get(command.size() - 1);
    return switch (program) {
      case "apt-get" -> aptGet(folder, command, last);
      case "apt-cache" -> new Result(0, command.contains("search") ? search() : show(command));
      case "dpkg-deb" -> unpack(Path.of(last));
      case "lz4" -> write(Path.of(last), uncompressed);
      case "gcc" -> compile(command);
      default -> new Result(127, program + ": not found");
    };
  }

  private Result aptGet(Path folder, List<String> command, String spec) throws IOException {
    if (command.contains("update")) {
      return new Result(0, "");
    }
    byte[] deb = mirror.get(spec);
    if (deb == null) {
      return new Result(100, "E: Unable to locate package " + spec);
    }
    return write(folder.resolve("package.deb"), deb);
  }

  private String search() {
    StringBuilder lines = new StringBuilder();
    mirror.keySet().forEach(spec -> lines.append(name(spec)).append(" - a kernel\n"));
    return lines.toString();
  }

  private String show(List<String> command) throws IOException {
    StringBuilder records = new StringBuilder();
    for (Map.Entry<String, byte[]> entry : mirror.entrySet()) {
      String spec = entry.getKey();
      if (command.contains(name(spec))) {
        Path deb = Files.createTempFile("vsocklab-test", ".deb");
        String sha256 = Sha256.ofFile(Files.write(deb, entry.getValue()));
        Files.delete(deb);
        records.append("Package: ").append(name(spec)).append('\n');
        records.append("Version: ").append(spec.substring(spec.indexOf('=') + 1)).append('\n');
        records.append("SHA256: ").append(listedSha256.getOrDefault(spec, sha256)).append("\n\n");
      }
    }
    return records.toString();
  }

  private Result unpack(Path tree) throws IOException {
    Path modules = Files.createDirectories(tree.resolve("lib/modules/k/kernel"));
    Files.createDirectories(tree.resolve("boot"));
    if (vmlinuz.length > 0) {
      Files.write(tree.resolve("boot/vmlinuz-k"), vmlinuz);
    }
    Files.writeString(tree.resolve("lib/modules/k/modules.builtin"), "kernel/virtio_pci.ko\n");
    Files.write(modules.resolve("virtio_console.ko"), Elf.module("depends="));
    Files.write(modules.resolve("vsock.ko"), Elf.module("depends="));
    Files.write(
        modules.resolve("vmw_vsock_virtio_transport.ko"), Elf.module("depends=vsock,virtio-pci"));
    Files.write(modules.resolve("vsock_loopback.ko"), Elf.module("depends=vsock"));
    Files.write(modules.resolve("vsock_diag.ko"), Elf.module("depends=vsock"));
    Files.write(modules.resolve("vhost.ko"), Elf.module("depends="));
    Files.write(modules.resolve("vhost_vsock.ko"), Elf.module("depends=vhost,vsock"));
    return new Result(0, "");
  }

  private Result compile(List<String> command) throws IOException {
    if (gccStatus != 0) {
      return new Result(gccStatus, "cannot find -lc");
    }
    return write(Path.of(command.get(command.indexOf("-o") + 1)), new byte[] {1, 2, 3});
  }

  private static Result write(Path file, byte[] bytes) throws IOException {
    Files.write(file, bytes);
    return new Result(0, "");
  }

  private static String name(String spec) {
    return spec.substring(0, spec.indexOf('='));
  }
}
