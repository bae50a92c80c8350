package dev.vsocklab.ci.differential;

import dev.vsocklab.spi.KernelSocket;
import java.util.LinkedHashMap;
import java.util.Map;

/** The words for the flags of send and receive. */
final class Flags {
  private static final Map<String, Integer> BITS = new LinkedHashMap<>();

  static {
    BITS.put("dontwait", Step.DONT_WAIT);
    BITS.put("peek", KernelSocket.MSG_PEEK);
    BITS.put("trunc", KernelSocket.MSG_TRUNC);
    BITS.put("waitall", KernelSocket.MSG_WAITALL);
    BITS.put("eor", KernelSocket.MSG_EOR);
  }

  private Flags() {}

  /** Each word with a space before it. */
  static String write(int flags) {
    StringBuilder text = new StringBuilder();
    BITS.forEach(
        (word, bit) -> {
          if ((flags & bit) != 0) {
            text.append(' ').append(word);
          }
        });
    return text.toString();
  }

  static int parse(String word) {
    Integer bit = BITS.get(word);
    if (bit == null) {
      throw new IllegalArgumentException("There is no flag \"" + word + "\": " + BITS.keySet());
    }
    return bit;
  }
}
