package dev.vsocklab.qemu.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * A folder of built things: an entry is a folder named by the hash of its inputs, complete or not
 * there.
 *
 * <p>An entry is filled beside its place and renamed into it, under a file lock that other JVMs
 * respect. It carries a list of its files with length and CRC-32C; one that does not match its list
 * is built again. Entries are never changed, so a reader needs no lock.
 *
 * <p>The checksum finds damage, not malice: who can write here can write the list too. It is
 * checked by the first guest of each JVM, which would wait ten times as long for SHA-256.
 *
 * <p>Nothing grows for ever: an entry that was not used for 30 days goes when another is built. The
 * time of its list says when it was used.
 */
final class Cache {
  private static final System.Logger LOG = System.getLogger("dev.vsocklab.qemu.image");

  /** How long another builder of the same entry is waited for. */
  private static final Duration LOCK_DEADLINE = Duration.ofMinutes(10);

  /** An entry that was not used for this long is removed when another is built. */
  private static final Duration UNUSED = Duration.ofDays(30);

  private static final String LIST = "contents.crc32c";
  private static final String BUILDING = ".building";
  private static final int CHUNK_BYTES = 1 << 18;

  private final Path root;

  /** Entries whose checksums this JVM has checked. */
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
      return matchesItsList(entry, /* bytes= */ false) ? Optional.of(entry) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /**
   * An entry that is there and undamaged.
   *
   * @param kind what it is, the first part of its folder's name
   * @param key the hash of its inputs
   * @throws IOException if it cannot be read
   */
  Optional<Path> find(String kind, String key) throws IOException {
    Path entry = entry(kind, key);
    return isGood(entry) ? Optional.of(entry) : Optional.empty();
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
    return get(kind, key, LOCK_DEADLINE, filler);
  }

  /**
   * An entry, built if it is not there or damaged.
   *
   * @param kind what it is, the first part of its folder's name
   * @param key the hash of its inputs
   * @param lockDeadline how long another builder of the same entry is waited for
   * @param filler builds it; not called for a good entry
   * @return the entry's folder
   * @throws IOException if it could not be built; nothing is left of it then
   */
  Path get(String kind, String key, Duration lockDeadline, Filler filler) throws IOException {
    Path entry = entry(kind, key);
    if (isGood(entry)) {
      return entry;
    }
    createRoot();
    try (EntryLock lock = EntryLock.take(lockFile(entry), lockDeadline)) {
      Objects.requireNonNull(lock);
      if (!isGood(entry)) { // another thread or JVM may have built it while we waited
        sweep();
        build(entry, filler);
      }
    }
    return entry;
  }

  /**
   * Removes an entry. Who has its files open keeps them.
   *
   * @param kind what it is, the first part of its folder's name
   * @param key the hash of its inputs
   * @throws IOException if it cannot be removed
   */
  void drop(String kind, String key) throws IOException {
    Path entry = entry(kind, key);
    try (EntryLock lock = EntryLock.take(lockFile(entry), LOCK_DEADLINE)) {
      Objects.requireNonNull(lock);
      verified.remove(entry);
      Folders.delete(entry);
    }
  }

  private void build(Path entry, Filler filler) throws IOException {
    Path building = root.resolve(entry.getFileName() + BUILDING);
    Folders.delete(building); // what a killed JVM left; the lock says that nobody fills it now
    Thread atExit = new Thread(() -> deleteAtExit(building), "vsocklab end of " + building);
    Runtime.getRuntime().addShutdownHook(atExit);
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
      removeShutdownHook(atExit);
    }
  }

  /** Whoever fills the folder may still do so, in vain. */
  private static void deleteAtExit(Path building) {
    try {
      Folders.delete(building);
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "{0} is left for the next JVM: {1}", building, e);
    }
  }

  private static void removeShutdownHook(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The JVM is ending: the hook runs, or has run, and finds nothing to do.
    }
  }

  /**
   * Removes what killed JVMs left half built, and entries that nobody has used for long. An entry
   * that is being built or looked for is left alone.
   */
  private void sweep() throws IOException {
    List<Path> files;
    try (Stream<Path> list = Files.list(root)) {
      files = list.filter(Files::isDirectory).toList();
    }
    for (Path file : files) {
      String name = file.getFileName().toString();
      boolean halfBuilt = name.endsWith(BUILDING);
      if (halfBuilt || isUnused(file)) {
        Path entry =
            halfBuilt ? root.resolve(name.substring(0, name.length() - BUILDING.length())) : file;
        Optional<EntryLock> lock = EntryLock.tryTake(lockFile(entry));
        if (lock.isPresent()) {
          try (EntryLock held = lock.get()) {
            Objects.requireNonNull(held);
            if (halfBuilt || isUnused(file)) {
              Folders.delete(file);
            }
          }
        }
      }
    }
  }

  private static boolean isUnused(Path entry) throws IOException {
    Path list = entry.resolve(LIST);
    return Files.exists(list)
        && Files.getLastModifiedTime(list).toInstant().isBefore(Instant.now().minus(UNUSED));
  }

  /** Says when the entry was used last, by the time of its list. */
  private static void touch(Path entry) {
    Path list = entry.resolve(LIST);
    try {
      Files.setLastModifiedTime(list, FileTime.from(Instant.now()));
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "{0} cannot be marked as used: {1}", entry, e);
    }
  }

  private boolean isGood(Path entry) throws IOException {
    // The lengths are looked at every time, the bytes once: reading them all takes a while.
    if (!matchesItsList(entry, /* bytes= */ !verified.contains(entry))) {
      return false;
    }
    verified.add(entry);
    touch(entry);
    return true;
  }

  private static boolean matchesItsList(Path entry, boolean bytes) throws IOException {
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
      if (bytes && !checksum(file).equals(fields[0])) {
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
      lines.add(checksum(file) + " " + Files.size(file) + " " + folder.relativize(file));
    }
    Files.write(folder.resolve(LIST), lines, StandardCharsets.UTF_8);
  }

  private static String checksum(Path file) throws IOException {
    CRC32C checksum = new CRC32C();
    ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      while (channel.read(chunk) >= 0) {
        checksum.update(chunk.flip());
        chunk.clear();
      }
    }
    return String.format("%08x", checksum.getValue());
  }

  private Path lockFile(Path entry) {
    return root.resolve(entry.getFileName() + ".lock");
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
}
