package dev.vsocklab.qemu.image;

import dev.vsocklab.spi.Unavailable;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The images that guests boot, built on first use and kept in the user's cache folder. Safe for any
 * number of threads and JVMs.
 */
public final class GuestImages {
  private static final System.Logger LOG = System.getLogger("dev.vsocklab.qemu.image");

  /** Counts what this class and its neighbours put into an entry: a new number, new entries. */
  private static final String LAYOUT = "2";

  private final Cache cache;
  private final AptPackages apt;
  private final KernelUnpacker unpacker;
  private final AgentCompiler compiler;
  private final AgentSource agentSource;

  GuestImages(Tools tools, Cache cache, AgentSource agentSource) {
    this.cache = cache;
    this.apt = new AptPackages(tools, cache.root().resolve("apt"));
    this.unpacker = new KernelUnpacker(tools);
    this.compiler = new AgentCompiler(tools);
    this.agentSource = agentSource;
  }

  /**
   * The images in this user's cache folder: {@code $XDG_CACHE_HOME/vsocklab}, else {@code
   * ~/.cache/vsocklab}.
   *
   * @return the images
   */
  public static GuestImages ofThisUser() {
    return in(cacheFolder());
  }

  /**
   * The images in a folder.
   *
   * @param cacheFolder the folder; it need not exist
   * @return the images
   */
  public static GuestImages in(Path cacheFolder) {
    return new GuestImages(new LocalTools(), new Cache(cacheFolder), AgentSource.ofThisLibrary());
  }

  /**
   * The folder that everything built is kept in. Removing it costs nothing but time.
   *
   * @return the folder; it need not exist
   */
  public static Path cacheFolder() {
    @Nullable String xdg = System.getenv("XDG_CACHE_HOME");
    // The XDG base directory specification: a relative path is to be ignored.
    Path base =
        xdg != null && xdg.startsWith("/")
            ? Path.of(xdg)
            : Path.of(System.getProperty("user.home"), ".cache");
    return base.resolve("vsocklab");
  }

  /**
   * The kernel series that there are images of.
   *
   * @return for example {@code [6.12, 6.1]}, the default first
   */
  public static List<String> series() {
    return KernelPins.SERIES;
  }

  /**
   * The exact kernel that a series stands for on this machine.
   *
   * @param series one of {@link #series}
   * @return for example {@code 6.1.192}
   * @throws IllegalArgumentException if there is no such series
   */
  public String release(String series) {
    return chosen(series).release();
  }

  /**
   * What keeps an image from being built here. Quick: it looks at files and at the PATH.
   *
   * @param series one of {@link #series}
   * @return why not, or empty if the image is there or everything to build it is
   * @throws IllegalArgumentException if there is no such series
   */
  public Optional<Unavailable> unavailable(String series) {
    KernelPackage kernel = chosen(series);
    if (cache.peek("initramfs", initramfsKey(kernel)).isPresent()
        && cache.peek("kernel", kernelKey(kernel)).isPresent()) {
      return Optional.empty();
    }
    if (cache.peek("agent", AgentCompiler.key(agentSource)).isEmpty() && !compiler.isPresent()) {
      return Optional.of(
          new Unavailable(
              "no gcc on the PATH to compile the guest agent",
              "Install it (Debian: apt-get install gcc libc6-dev)."));
    }
    if (cache.peek("kernel", kernelKey(kernel)).isEmpty() && !apt.missingTools().isEmpty()) {
      return Optional.of(
          new Unavailable(
              "no " + String.join(", no ", apt.missingTools()) + " to fetch a guest kernel with",
              "Build the image on a Debian machine and bring its folder " + cache.root() + "."));
    }
    return Optional.empty();
  }

  /**
   * An image, built if it is not there.
   *
   * @param series one of {@link #series}
   * @return the image
   * @throws IllegalArgumentException if there is no such series
   * @throws IOException if it cannot be built, with what, why and the mend
   */
  public GuestImage get(String series) throws IOException {
    KernelPackage pinned = KernelPins.of(series);
    KernelPackage chosen = chosen(series);
    if (!chosen.equals(pinned)) {
      sayFallback(pinned, chosen);
    }
    try {
      return build(chosen);
    } catch (PackageGoneException e) {
      if (!chosen.equals(pinned)) {
        throw e;
      }
      KernelPackage newest =
          apt.newest(series)
              .orElseThrow(
                  () ->
                      new IOException(
                          "No guest kernel "
                              + series
                              + ": apt knows neither "
                              + pinned.spec()
                              + " nor any other linux-image-"
                              + series
                              + ".*-cloud-amd64. Add Debian 12 and its security suite to the apt"
                              + " sources.",
                          e));
      sayFallback(pinned, newest);
      remember(newest);
      return build(newest);
    }
  }

  private GuestImage build(KernelPackage kernel) throws IOException {
    Path unpacked =
        cache.get(
            "kernel",
            kernelKey(kernel),
            folder -> {
              List<String> missing = apt.missingTools();
              if (!missing.isEmpty()) {
                throw new IOException(
                    "The guest kernel cannot be fetched: no "
                        + String.join(", no ", missing)
                        + " on the PATH. Build the image on a Debian machine and bring its folder "
                        + cache.root()
                        + ".");
              }
              Path deb = apt.download(kernel, folder);
              unpacker.unpack(deb, folder);
              Files.delete(deb);
            });
    Path agent = agentProgram();
    Path initramfs =
        cache
            .get(
                "initramfs",
                initramfsKey(kernel),
                folder -> Files.write(folder.resolve("initramfs.cpio"), initramfs(agent, unpacked)))
            .resolve("initramfs.cpio");
    return new GuestImage(kernel.series(), kernel.release(), unpacked.resolve("kernel"), initramfs);
  }

  private static byte[] initramfs(Path agent, Path unpacked) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (Cpio cpio = new Cpio(bytes)) {
      InitFiles.write(cpio, agent, unpacked, KernelUnpacker.GUEST_LIST);
    }
    return bytes.toByteArray();
  }

  /**
   * The image of a host of further guests: a kernel of the series with vhost_vsock, with QEMU and a
   * guest's image of the same series as files. Built if it is not there.
   *
   * @param series one of {@link #series}
   * @param qemuFiles everything that QEMU needs to run, each at the same path as here
   * @return the image; {@link HostFiles} says where the guest's image is in it
   * @throws IllegalArgumentException if there is no such series
   * @throws IOException if it cannot be built, with what, why and the mend
   */
  public GuestImage hostOfGuests(String series, List<Path> qemuFiles) throws IOException {
    GuestImage guest = get(series);
    Path agent = agentProgram();
    List<String> inputs = new ArrayList<>(List.of(LAYOUT, initramfsKey(chosen(series))));
    for (Path file : qemuFiles) {
      inputs.add(file.toString());
      inputs.add(Sha256.ofFile(file));
    }
    Path entry =
        cache.get(
            "host",
            Sha256.ofTexts(inputs.toArray(String[]::new)),
            folder -> {
              try (Cpio cpio =
                  new Cpio(
                      new BufferedOutputStream(
                          Files.newOutputStream(folder.resolve("initramfs.cpio"))))) {
                Path unpacked = Objects.requireNonNull(guest.kernel().getParent());
                InitFiles.write(cpio, agent, unpacked, KernelUnpacker.HOST_LIST);
                HostFiles.write(cpio, guest, qemuFiles);
              }
            });
    return new GuestImage(series, guest.release(), guest.kernel(), entry.resolve("initramfs.cpio"));
  }

  /**
   * The place of a saved machine beside the images.
   *
   * @param inputs everything that it depends on
   * @return its place
   */
  public SavedEntry saved(List<String> inputs) {
    return new SavedEntry(cache, Sha256.ofTexts(inputs.toArray(String[]::new)));
  }

  /**
   * The agent, which also runs as a program of this machine. Compiled if it is not there.
   *
   * @return the program
   * @throws IOException if it cannot be compiled
   */
  public Path agentProgram() throws IOException {
    return cache
        .get(
            "agent",
            AgentCompiler.key(agentSource),
            folder -> compiler.compile(agentSource, folder))
        .resolve("vsock-agent");
  }

  private String kernelKey(KernelPackage kernel) {
    return Sha256.ofTexts(
        LAYOUT,
        kernel.spec(),
        kernel.sha256(),
        String.join(" ", KernelUnpacker.WANTED),
        String.join(" ", KernelUnpacker.WANTED_BY_HOST),
        unpacker.decompressors());
  }

  private String initramfsKey(KernelPackage kernel) {
    return Sha256.ofTexts(LAYOUT, kernelKey(kernel), AgentCompiler.key(agentSource));
  }

  /** The pinned package, or the one that took its place once and is still in the cache. */
  private KernelPackage chosen(String series) {
    KernelPackage pinned = KernelPins.of(series);
    if (cache.peek("kernel", kernelKey(pinned)).isPresent()) {
      return pinned;
    }
    return remembered(series)
        .filter(other -> cache.peek("kernel", kernelKey(other)).isPresent())
        .orElse(pinned);
  }

  private Optional<KernelPackage> remembered(String series) {
    try {
      String[] fields =
          Files.readString(fallbackFile(series), StandardCharsets.UTF_8).strip().split(" ", -1);
      return fields.length == 3
          ? Optional.of(new KernelPackage(series, fields[0], fields[1], fields[2]))
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty(); // none was ever needed
    }
  }

  /** Records a package's hash when it is first seen, and holds later sightings against it. */
  private void remember(KernelPackage newest) throws IOException {
    Optional<KernelPackage> before = remembered(newest.series());
    if (before.isPresent()
        && before.get().spec().equals(newest.spec())
        && !before.get().sha256().equals(newest.sha256())) {
      throw new IOException(
          newest.spec()
              + " now has the SHA-256 "
              + newest.sha256()
              + " but had "
              + before.get().sha256()
              + " when it was first seen: one version must not change. If the mirror is to be"
              + " trusted, remove "
              + fallbackFile(newest.series())
              + ".");
    }
    Path file = fallbackFile(newest.series());
    Path temporary = Files.createTempFile(cache.root(), "fallback-", ".new");
    Files.writeString(
        temporary, newest.name() + " " + newest.version() + " " + newest.sha256() + "\n");
    Files.move(temporary, file, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
  }

  private Path fallbackFile(String series) {
    return cache.root().resolve("fallback-" + series);
  }

  private static void sayFallback(KernelPackage pinned, KernelPackage instead) {
    LOG.log(
        System.Logger.Level.WARNING,
        "The guest kernel {0} is no longer on the mirrors that apt knows; {1} takes its place"
            + " (SHA-256 {2}).",
        pinned.spec(),
        instead.spec(),
        instead.sha256());
  }
}
