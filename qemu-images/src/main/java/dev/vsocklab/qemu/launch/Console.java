package dev.vsocklab.qemu.launch;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The last of what a guest wrote to its console and QEMU to its standard error: at most {@value
 * #CAPACITY_BYTES} bytes, the oldest are forgotten.
 */
public final class Console {
  private static final int CAPACITY_BYTES = 1 << 18;
  private static final int CHUNK_BYTES = 4096;

  private static final Pattern PANIC = Pattern.compile("Kernel panic - not syncing: (.*)");
  private static final Pattern OUT_OF_MEMORY =
      Pattern.compile("Out of memory|deadlocked on memory|Failed to execute /init \\(error -12\\)");

  private final ReentrantLock lock = new ReentrantLock();
  private final byte[] ring = new byte[CAPACITY_BYTES];
  private long written;

  Console() {}

  /** Reads a stream to its end; the end of the process behind it is one. */
  void drain(InputStream in) {
    byte[] chunk = new byte[CHUNK_BYTES];
    try (in) {
      for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
        append(chunk, n);
      }
    } catch (IOException e) {
      byte[] why = ("[console lost: " + e.getMessage() + "]\n").getBytes(StandardCharsets.UTF_8);
      append(why, why.length);
    }
  }

  void append(byte[] bytes, int length) {
    lock.lock();
    try {
      for (int i = 0; i < length; i++) {
        ring[(int) (written++ % CAPACITY_BYTES)] = bytes[i];
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * All that is remembered.
   *
   * @return the text, lines ended by \n
   */
  public String text() {
    lock.lock();
    try {
      int length = (int) Math.min(written, CAPACITY_BYTES);
      byte[] copy = new byte[length];
      for (int i = 0; i < length; i++) {
        copy[i] = ring[(int) ((written - length + i) % CAPACITY_BYTES)];
      }
      return new String(copy, StandardCharsets.UTF_8).replace("\r", "");
    } finally {
      lock.unlock();
    }
  }

  /**
   * What the guest's kernel said when it gave up.
   *
   * @return for example {@code sysrq triggered crash}; empty if it did not panic
   */
  public Optional<String> panic() {
    Matcher panic = PANIC.matcher(text());
    return panic.find() ? Optional.of(panic.group(1).strip()) : Optional.empty();
  }

  /**
   * Whether the guest's kernel said that it had no memory left: it kills a program then, or itself.
   *
   * @return true also if that was long ago
   */
  public boolean tellsOutOfMemory() {
    return OUT_OF_MEMORY.matcher(text()).find();
  }

  /**
   * The last lines, as an error message's end shows them.
   *
   * @param lines how many at most
   * @return an introduction and the lines, or a sentence that there are none
   */
  public String lastLines(int lines) {
    List<String> all = text().lines().filter(line -> !line.isBlank()).toList();
    if (all.isEmpty()) {
      return "The console is empty.";
    }
    return "The console's last lines:\n  "
        + String.join("\n  ", all.subList(Math.max(0, all.size() - lines), all.size()));
  }
}
