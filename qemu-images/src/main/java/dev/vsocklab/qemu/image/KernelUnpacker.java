package dev.vsocklab.qemu.image;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Takes out of a kernel package what a guest needs: {@code kernel}, {@code modules/*.ko}, and their
 * load order in {@code modules.list}, for a host of guests in {@code host-modules.list}.
 */
final class KernelUnpacker {
  private static final System.Logger LOG = System.getLogger("dev.vsocklab.qemu.image");
  private static final Duration DEADLINE = Duration.ofMinutes(2);

  /**
   * What a guest needs besides the kernel: the bus, the agent's port, vsock to the host, vsock to
   * itself, which a distribution's guest loads with the first AF_VSOCK socket, and sock_diag, which
   * tells who listens.
   */
  static final List<String> WANTED =
      List.of(
          "virtio_pci",
          "virtio_console",
          "vmw_vsock_virtio_transport",
          "vsock_loopback",
          "vsock_diag");

  /**
   * What a host of further guests needs: the same bus and port, vsock to itself and to its guests.
   * Not the guests' own transport, for it would claim CID 2 (vsock_use_local_transport).
   */
  static final List<String> WANTED_BY_HOST =
      List.of("virtio_pci", "virtio_console", "vsock_loopback", "vhost_vsock");

  /** The names of the modules that a guest loads, in order. */
  static final String GUEST_LIST = "modules.list";

  /** As {@code modules.list}, for a host. */
  static final String HOST_LIST = "host-modules.list";

  private final Tools tools;

  KernelUnpacker(Tools tools) {
    this.tools = tools;
  }

  /** The decompressors that are here: they decide in which form a kernel is kept. */
  String decompressors() {
    return Stream.of("lz4", "zstd", "xz").filter(tools::has).collect(Collectors.joining(" "));
  }

  /**
   * Unpacks a package.
   *
   * @param deb the package
   * @param to an empty folder
   */
  void unpack(Path deb, Path to) throws IOException {
    Path tree = Files.createDirectory(to.resolve("tree"));
    run(to, "dpkg-deb", "-x", deb.toString(), tree.toString());
    List<Path> files;
    try (Stream<Path> walk = Files.walk(tree)) {
      files = walk.filter(Files::isRegularFile).toList();
    }
    Path bzImage = null;
    for (Path file : files) {
      if (file.getFileName().toString().startsWith("vmlinuz-")) {
        bzImage = file;
      }
    }
    if (bzImage == null) {
      throw new IOException(
          deb.getFileName() + " holds no vmlinuz: it is not a kernel package. Name another.");
    }
    keepKernel(bzImage, to);
    keepModules(new PackageModules(deb.getFileName().toString(), files), to);
    Folders.delete(tree);
  }

  private void keepKernel(Path bzImage, Path to) throws IOException {
    BzImage image = BzImage.read(bzImage);
    Path kernel = to.resolve("kernel");
    BzImage.Compression compression = image.compression();
    String tool = compression.tool();
    if (tool.isEmpty() || !tools.has(tool)) {
      LOG.log(
          System.Logger.Level.INFO,
          "{0} is booted as it is, which takes about half a second longer: {1}.",
          bzImage.getFileName(),
          tool.isEmpty()
              ? "its compression is not known"
              : "no " + tool + " on the PATH (Debian: apt-get install " + tool + ")");
      Files.move(bzImage, kernel);
      return;
    }
    Path payload = to.resolve("payload." + tool);
    Files.write(payload, image.payload());
    switch (compression) {
      case LZ4 -> run(to, "lz4", "-d", "-q", "-f", payload.toString(), kernel.toString());
      case ZSTD -> run(to, "zstd", "-d", "-q", "-f", "-o", kernel.toString(), payload.toString());
      case XZ -> {
        run(to, "xz", "-d", "-k", "-f", payload.toString());
        Files.move(to.resolve("payload"), kernel);
      }
      case UNKNOWN -> throw new AssertionError("has no tool");
    }
    Files.delete(payload);
    byte[] head = new byte[4];
    try (var in = Files.newInputStream(kernel)) {
      if (in.readNBytes(head, 0, 4) < 4 || head[0] != 0x7f || head[1] != 'E') {
        throw new IOException(
            "The kernel inside "
                + bzImage.getFileName()
                + " cannot be read: it is not an ELF file. The package is damaged; remove it and"
                + " let it be fetched again.");
      }
    }
  }

  private static void keepModules(PackageModules modules, Path to) throws IOException {
    Path folder = Files.createDirectory(to.resolve("modules"));
    Map<String, Map<String, byte[]>> lists =
        Map.of(
            GUEST_LIST, ModuleOrder.of(WANTED, modules),
            HOST_LIST, ModuleOrder.of(WANTED_BY_HOST, modules));
    for (Map.Entry<String, Map<String, byte[]>> list : lists.entrySet()) {
      for (Map.Entry<String, byte[]> module : list.getValue().entrySet()) {
        Files.write(folder.resolve(module.getKey() + ".ko"), module.getValue());
      }
      Files.write(to.resolve(list.getKey()), list.getValue().keySet(), StandardCharsets.UTF_8);
    }
  }

  private void run(Path folder, String... command) throws IOException {
    Tools.Result result = tools.run(folder, DEADLINE, List.of(command));
    if (result.status() != 0) {
      throw new IOException(
          "The kernel package cannot be unpacked: "
              + command[0]
              + " says "
              + result.lastWords()
              + ". The download is damaged, or the disk is full.");
    }
  }

  /** The module files of an unpacked package. */
  private final class PackageModules implements ModuleOrder.Modules {
    private static final String COMPRESSED = ".ko.xz";

    private final String packageName;
    private final Map<String, Path> byName = new HashMap<>();
    private final Set<String> builtIn = new HashSet<>();

    PackageModules(String packageName, List<Path> files) throws IOException {
      this.packageName = packageName;
      for (Path file : files) {
        String name = file.getFileName().toString();
        if (name.endsWith(".ko") || name.endsWith(COMPRESSED)) {
          byName.put(moduleName(name), file);
        } else if (name.equals("modules.builtin")) {
          for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
            builtIn.add(moduleName(line.substring(line.lastIndexOf('/') + 1)));
          }
        }
      }
    }

    private static String moduleName(String fileName) {
      int dot = fileName.indexOf('.');
      return (dot < 0 ? fileName : fileName.substring(0, dot)).replace('-', '_');
    }

    @Override
    public boolean isBuiltIn(String name) {
      return builtIn.contains(name);
    }

    @Override
    public byte[] file(String name) throws IOException {
      Path file = byName.get(name);
      if (file == null) {
        throw new IOException(
            packageName
                + " has no module "
                + name
                + ", which a guest needs. Choose another kernel.");
      }
      if (!file.toString().endsWith(COMPRESSED)) {
        return Files.readAllBytes(file);
      }
      if (!tools.has("xz")) {
        throw new IOException(
            "The modules of "
                + packageName
                + " cannot be uncompressed: no xz on the PATH. Install it (Debian: apt-get install"
                + " xz-utils).");
      }
      Path parent = file.getParent();
      run(parent == null ? file : parent, "xz", "-d", "-k", "-f", file.toString());
      String path = file.toString();
      return Files.readAllBytes(Path.of(path.substring(0, path.length() - ".xz".length())));
    }
  }
}
