package dev.vsocklab.qemu.image;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A folder of built things: an entry is a folder named by the hash of its inputs, complete or not
 * there.
 *
 * <p>An entry is filled beside its place and renamed into it, under a file lock that other JVMs
 * respect. It carries a list of its files with length and SHA-256; one that does not match its list
 * is built again. Entries are never changed, so a reader needs no lock.
 */
final class Cache {
  private static final System.Logger LOG = System.getLogger("dev.vsocklab.qemu.image");

  /** How long another builder of the same entry is waited for. */
  private static final Duration LOCK_DEADLINE = Duration.ofMinutes(10);

  /** Between two tries for the lock: Java has no timed wait for a file lock. */
  private static final long LOCK_RETRY_MILLIS = 50;

  private static final String LIST = "contents.sha256";

  private final Path root;

  /** Entries whose hashes this JVM has checked. */
  private final Set<Path> verified = ConcurrentHashMap.newKeySet();

  Cache(Path root) {
    this.root = root;
  }

  /** Fills an entry. */
  interface Filler {
    /**
     * Writes the entry's files.
     *
     * @param folder an empty folder
     */
    void fill(Path folder) throws IOException;
  }

  /** Where everything lies. */
  Path root() {
    return root;
  }

  /**
   * An entry that is there, by a look at names and lengths only.
   *
   * @param kind what it is, the first part of its folder's name
   * @param key the hash of its inputs
   */
  Optional<Path> peek(String kind, String key) {
    Path entry = entry(kind, key);
    try {
      return matchesItsList(entry, /* hashes= */ false) ? Optional.of(entry) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /**
   * An entry, built if it is not there or damaged.
   *
   * @param kind what it is, the first part of its folder's name
   * @param key the hash of its inputs
   * @param filler builds it; not called for a good entry
   * @return the entry's folder
   * @throws IOException if it could not be built; nothing is left of it then
   */
  Path get(String kind, String key, Filler filler) throws IOException {
    Path entry = entry(kind, key);
    if (isGood(entry)) {
      return entry;
    }
    createRoot();
    Path lockFile = root.resolve(entry.getFileName() + ".lock");
    try (FileChannel channel =
            FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = lock(channel, lockFile)) {
      assert lock.isValid();
      if (!isGood(entry)) { // another thread or JVM may have built it while we waited
        build(entry, filler);
      }
    }
    return entry;
  }

  /**
   * Removes an entry. Who has its files open keeps them.
   *
   * @param kind what it is
   * @param key the hash of its inputs
   */
  void drop(String kind, String key) throws IOException {
    Path entry = entry(kind, key);
    Path lockFile = root.resolve(entry.getFileName() + ".lock");
    try (FileChannel channel =
            FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = lock(channel, lockFile)) {
      assert lock.isValid();
      verified.remove(entry);
      Folders.delete(entry);
    }
  }

  private void build(Path entry, Filler filler) throws IOException {
    Path building = root.resolve(entry.getFileName() + ".building");
    Folders.delete(building); // what a killed JVM left; the lock says that nobody fills it now
    Files.createDirectory(building);
    try {
      filler.fill(building);
      writeList(building);
      if (Files.exists(entry)) {
        LOG.log(
            System.Logger.Level.WARNING,
            "{0} was damaged (its files do not match {1}) and was built again.",
            entry,
            LIST);
        Folders.delete(entry);
      }
      Files.move(building, entry, StandardCopyOption.ATOMIC_MOVE);
      verified.add(entry);
    } finally {
      Folders.delete(building);
    }
  }

  private boolean isGood(Path entry) throws IOException {
    // The lengths are looked at every time, the hashes once: reading them all takes a while.
    if (verified.contains(entry)) {
      return matchesItsList(entry, /* hashes= */ false);
    }
    if (!matchesItsList(entry, /* hashes= */ true)) {
      return false;
    }
    verified.add(entry);
    return true;
  }

  private static boolean matchesItsList(Path entry, boolean hashes) throws IOException {
    Path list = entry.resolve(LIST);
    if (!Files.isRegularFile(list)) {
      return false;
    }
    List<String> lines;
    try {
      lines = Files.readAllLines(list, StandardCharsets.UTF_8);
    } catch (java.nio.charset.CharacterCodingException e) {
      return false;
    }
    for (String line : lines) {
      String[] fields = line.split(" ", 3);
      if (fields.length != 3) {
        return false;
      }
      Path file = entry.resolve(fields[2]);
      if (!Files.isRegularFile(file) || !Long.toString(Files.size(file)).equals(fields[1])) {
        return false;
      }
      if (hashes && !Sha256.ofFile(file).equals(fields[0])) {
        return false;
      }
    }
    return !lines.isEmpty();
  }

  private static void writeList(Path folder) throws IOException {
    List<Path> files;
    try (Stream<Path> walk = Files.walk(folder)) {
      files = walk.filter(Files::isRegularFile).sorted().toList();
    }
    List<String> lines = new ArrayList<>();
    for (Path file : files) {
      lines.add(Sha256.ofFile(file) + " " + Files.size(file) + " " + folder.relativize(file));
    }
    Files.write(folder.resolve(LIST), lines, StandardCharsets.UTF_8);
  }

  private Path entry(String kind, String key) {
    return root.resolve(kind + "-" + key);
  }

  private void createRoot() throws IOException {
    try {
      Files.createDirectories(root);
    } catch (IOException e) {
      throw new IOException(
          "The cache folder "
              + root
              + " cannot be created: "
              + e
              + ". Make it writable, or set XDG_CACHE_HOME to a folder that is.",
          e);
    }
  }

  private static FileLock lock(FileChannel channel, Path file) throws IOException {
    long startNanos = System.nanoTime();
    while (true) {
      @Nullable FileLock lock = null;
      try {
        lock = channel.tryLock();
      } catch (OverlappingFileLockException e) {
        // another thread of this JVM has it: as good as another JVM
      }
      if (lock != null) {
        return lock;
      }
      if (System.nanoTime() - startNanos > LOCK_DEADLINE.toNanos()) {
        throw new IOException(
            "Another JVM has held "
                + file
                + " for "
                + LOCK_DEADLINE.toMinutes()
                + " minutes. End the process that builds the image there, then try again.");
      }
      try {
        Thread.sleep(LOCK_RETRY_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("Interrupted while waiting for " + file + ".", e);
      }
    }
  }
}
