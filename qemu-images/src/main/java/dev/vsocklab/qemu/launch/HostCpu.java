package dev.vsocklab.qemu.launch;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a guest's kernel took for granted of this machine's CPU when it booted, and goes on to after
 * it was restored: the model and its features, and the rate of its time stamp counter. The latter
 * is the guest's clock even under TCG.
 */
public final class HostCpu {
  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

  /**
   * Bogomips are twice the rate in MHz; each boot of a machine measures it a little differently.
   */
  private static final double BOGOMIPS_STEP = 50;

  private HostCpu() {}

  /**
   * This machine's CPU.
   *
   * @return lines of text, the same for equal CPUs
   * @throws IOException if the kernel does not tell
   */
  public static List<String> identity() throws IOException {
    return identity(Files.readAllLines(CPU_INFO, StandardCharsets.UTF_8).stream());
  }

  static List<String> identity(Stream<String> cpuInfo) {
    List<String> identity = new ArrayList<>();
    for (String line : cpuInfo.takeWhile(each -> !each.isEmpty()).toList()) { // of the first CPU
      if (line.startsWith("vendor_id")
          || line.startsWith("model name")
          || line.startsWith("stepping")
          || line.startsWith("flags")) {
        identity.add(line);
      } else if (line.startsWith("bogomips")) {
        identity.add("bogomips " + rounded(line.substring(line.indexOf(':') + 1).strip()));
      }
    }
    return identity;
  }

  private static String rounded(String number) {
    try {
      return Long.toString(Math.round(Double.parseDouble(number) / BOGOMIPS_STEP));
    } catch (NumberFormatException e) {
      return number;
    }
  }
}
