package dev.vsocklab.qemu.launch;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One guest's folder for sockets, below the system's temporary folder and for this user only.
 *
 * <p>A file lock says that its JVM is alive. When that JVM is gone without a trace (kill -9), the
 * guest's watchdog removes the folder; should that be gone too, the next JVM that creates one
 * sweeps it.
 */
public final class RunFolder implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("dev.vsocklab.qemu.launch");
  private static final String PREFIX = "vsocklab-vm-";
  private static final String LOCK = "lock";

  /** Where QEMU writes its process id. */
  static final String PID_FILE = "qemu.pid";

  /** A younger folder may not be locked yet. */
  private static final Duration SWEEP_AGE = Duration.ofSeconds(10);

  /** {@code sun_path} of unix(7) has 108 bytes, the last for the zero. */
  private static final int MAX_SOCKET_PATH_BYTES = 107;

  /** Room for the longest socket's name in the folder. */
  private static final int SOCKET_NAME_BYTES = 24;

  /**
   * The folders of this JVM. Their lock files must not be opened again: POSIX locks end when the
   * process closes any descriptor of the file, and another JVM would then take them for stale.
   */
  private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();

  private final Path path;
  private final FileChannel lockFile;

  private RunFolder(Path path, FileChannel lockFile) {
    this.path = path;
    this.lockFile = lockFile;
  }

  /**
   * Creates a folder, and sweeps those of dead JVMs.
   *
   * @return the folder
   * @throws IOException if there is no place for it
   */
  public static RunFolder create() throws IOException {
    Path base = base(Path.of(System.getProperty("java.io.tmpdir")), Path.of("/tmp"));
    sweep(base);
    return createIn(base);
  }

  static RunFolder createIn(Path base) throws IOException {
    while (true) {
      byte[] random = new byte[4];
      ThreadLocalRandom.current().nextBytes(random);
      Path path = base.resolve(PREFIX + HexFormat.of().formatHex(random));
      try {
        Files.createDirectory(
            path,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      } catch (FileAlreadyExistsException e) {
        continue;
      }
      OWN.add(path);
      FileChannel lockFile =
          FileChannel.open(
              path.resolve(LOCK), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      if (lockFile.tryLock() == null) {
        lockFile.close();
        throw new IOException(path + " was locked by another process as soon as it was there.");
      }
      return new RunFolder(path, lockFile);
    }
  }

  /** The first of two folders whose sockets' paths are short enough. */
  static Path base(Path wanted, Path otherwise) throws IOException {
    for (Path candidate : List.of(wanted, otherwise)) {
      int bytes = candidate.toString().getBytes(StandardCharsets.UTF_8).length;
      if (bytes + 1 + PREFIX.length() + 8 + 1 + SOCKET_NAME_BYTES <= MAX_SOCKET_PATH_BYTES
          && Files.isWritable(candidate)) {
        return candidate;
      }
    }
    throw new IOException(
        "There is no folder for the guest's sockets: neither "
            + wanted
            + " nor "
            + otherwise
            + " is writable with a path short enough for a Unix socket (107 bytes). Name one with"
            + " -Djava.io.tmpdir=....");
  }

  /**
   * The folder.
   *
   * @return its path
   */
  public Path path() {
    return path;
  }

  /**
   * The path of a socket in the folder.
   *
   * @param name at most 24 bytes
   * @return the path; nothing is created
   */
  public Path socket(String name) {
    return path.resolve(name);
  }

  /** Removes the folder and all that is in it. Closing again does nothing. */
  @Override
  public void close() {
    try {
      delete(path);
      lockFile.close();
      OWN.remove(path);
    } catch (IOException e) {
      LOG.log(System.Logger.Level.WARNING, "{0} could not be removed: {1}", path, e.toString());
    }
  }

  /** Removes the folders of JVMs that are no more, and ends what they left running. */
  static void sweep(Path base) throws IOException {
    List<Path> folders;
    try (Stream<Path> list = Files.list(base)) {
      folders = list.filter(f -> f.getFileName().toString().startsWith(PREFIX)).toList();
    }
    for (Path folder : folders) {
      try {
        if (isStale(folder)) {
          endOrphan(folder);
          delete(folder);
          LOG.log(System.Logger.Level.INFO, "Removed {0}, which a dead JVM left.", folder);
        }
      } catch (IOException e) {
        // Another JVM sweeps too, or the folder is another user's: theirs to care for.
        LOG.log(System.Logger.Level.DEBUG, "{0} was left alone: {1}", folder, e.toString());
      }
    }
  }

  private static boolean isStale(Path folder) throws IOException {
    if (OWN.contains(folder)) {
      return false;
    }
    if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
        || Files.getLastModifiedTime(folder).toInstant().isAfter(Instant.now().minus(SWEEP_AGE))) {
      return false;
    }
    try (FileChannel channel = FileChannel.open(folder.resolve(LOCK), StandardOpenOption.WRITE)) {
      @Nullable FileLock lock = channel.tryLock();
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false; // this JVM's own, known to another class loader's copy of this class
    } catch (NoSuchFileException e) {
      return true; // its JVM died between the two steps of creating it
    }
  }

  /** Ends a QEMU whose JVM and watchdog are both gone. Its command line proves that it is ours. */
  private static void endOrphan(Path folder) throws IOException {
    Path file = folder.resolve(PID_FILE);
    if (!Files.exists(file)) {
      return;
    }
    String text = Files.readString(file, StandardCharsets.US_ASCII).strip();
    if (!text.matches("\\d{1,10}")) {
      return;
    }
    Optional<ProcessHandle> process = ProcessHandle.of(Long.parseLong(text));
    boolean ours =
        process
            .flatMap(p -> p.info().arguments())
            .map(arguments -> String.join(" ", arguments).contains(folder.toString()))
            .orElse(false);
    if (ours) {
      process.get().destroyForcibly();
    }
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    List<Path> deepestFirst;
    try (Stream<Path> walk = Files.walk(folder)) {
      deepestFirst = walk.sorted(Comparator.reverseOrder()).toList();
    } catch (java.io.UncheckedIOException e) {
      deepestFirst = List.of(); // the watchdog removes it at this moment
    }
    for (Path file : deepestFirst) {
      Files.deleteIfExists(file);
    }
  }
}
