package dev.vsocklab.qemu.image;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** The place of a machine's saved state in the cache: made once, for all JVMs of this user. */
public final class SavedEntry {
  private static final String KIND = "saved";

  private final Cache cache;
  private final String key;

  SavedEntry(Cache cache, String key) {
    this.cache = cache;
    this.key = key;
  }

  /** Makes the saved state. */
  public interface Maker {
    /**
     * Writes its files.
     *
     * @param folder an empty folder
     * @throws IOException if it cannot be made; nothing is left of it then
     */
    void make(Path folder) throws IOException;
  }

  /**
   * Whether it is there, by a look at names and lengths only.
   *
   * @return its folder
   */
  public Optional<Path> peek() {
    return cache.peek(KIND, key);
  }

  /**
   * The state, if it is there and undamaged.
   *
   * @return its folder, whose files are not to be changed
   * @throws IOException if it cannot be read
   */
  public Optional<Path> find() throws IOException {
    return cache.find(KIND, key);
  }

  /**
   * Its folder; made if it is not there or damaged. Another JVM that makes it is waited for.
   *
   * @param maker makes it
   * @return the folder, whose files are not to be changed
   * @throws IOException if it could not be made
   */
  public Path get(Maker maker) throws IOException {
    return cache.get(KIND, key, maker::make);
  }

  /**
   * As {@link #get(Maker)}, waiting no longer than told.
   *
   * @param otherMakerDeadline how long another that makes it is waited for
   * @param maker makes it
   * @return the folder, whose files are not to be changed
   * @throws IOException if it could not be made
   */
  public Path get(Duration otherMakerDeadline, Maker maker) throws IOException {
    return cache.get(KIND, key, otherMakerDeadline, maker::make);
  }

  /**
   * Removes it. A machine that is being restored from it goes on.
   *
   * @throws IOException if it cannot be removed
   */
  public void drop() throws IOException {
    cache.drop(KIND, key);
  }
}
