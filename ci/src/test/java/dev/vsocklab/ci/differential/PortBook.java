package dev.vsocklab.ci.differential;

import java.util.ArrayList;
import java.util.List;

/**
 * Which port stands for which symbol while one scenario runs. Each run has ports of its own, for a
 * closed socket keeps its port up to 8 s; and which port a kernel chose is no difference.
 */
final class PortBook {
  /** Ports of a scenario: p0 to p15. */
  static final int OWN = 16;

  /** A port that the kernel chose: this and the count of such ports seen before. */
  static final int CHOSEN = 0x1000;

  private final long firstPort;
  private final List<Long> chosen = new ArrayList<>();

  PortBook(int firstPort) {
    this.firstPort = Integer.toUnsignedLong(firstPort);
  }

  /** The port of a symbol below {@link #OWN}; another number is itself. */
  long port(int symbol) {
    return symbol >= 0 && symbol < OWN ? firstPort + symbol : Integer.toUnsignedLong(symbol);
  }

  int symbol(long port) {
    if (port == Integer.toUnsignedLong(Step.ANY)) {
      return Step.ANY;
    }
    if (port >= firstPort && port < firstPort + OWN) {
      return (int) (port - firstPort);
    }
    if (!chosen.contains(port)) {
      chosen.add(port);
    }
    return CHOSEN + chosen.indexOf(port);
  }
}
