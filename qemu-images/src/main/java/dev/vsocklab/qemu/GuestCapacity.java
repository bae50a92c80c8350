package dev.vsocklab.qemu;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How many guests this machine has room for. Our choice, all of it.
 *
 * @param guests machines at a time, lent and idle
 * @param memoryMib what they may have together
 * @param boots machines that boot at the same time: under TCG each boot takes a CPU
 */
record GuestCapacity(int guests, int memoryMib, int boots) {
  private static final int MAX_GUESTS = 16;
  private static final Path MEMORY = Path.of("/proc/meminfo");
  private static final Pattern TOTAL = Pattern.compile("MemTotal: *(\\d{1,15}) kB");

  /** Half of this machine's memory, and a boot for each of its CPUs. */
  static GuestCapacity ofThisMachine() {
    return new GuestCapacity(
        MAX_GUESTS, totalMemoryMib() / 2, Math.max(1, Runtime.getRuntime().availableProcessors()));
  }

  /** Linux's own word, in MiB; without it, room for as many guests of the default size. */
  private static int totalMemoryMib() {
    try {
      List<String> lines = Files.readAllLines(MEMORY, StandardCharsets.US_ASCII);
      for (String line : lines) {
        Matcher total = TOTAL.matcher(line);
        if (total.matches()) {
          return (int) Math.min(Integer.MAX_VALUE, Long.parseLong(total.group(1)) / 1024);
        }
      }
    } catch (IOException e) {
      // No /proc here: no guest either, which the backend says in its own words.
    }
    return 2 * MAX_GUESTS * GuestPool.Kind.DEFAULT_MEMORY_MIB;
  }
}
