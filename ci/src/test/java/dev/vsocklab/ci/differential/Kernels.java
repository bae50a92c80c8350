package dev.vsocklab.ci.differential;

import java.util.stream.Stream;

/** Which real kernels a run is held against. */
final class Kernels {
  private Kernels() {}

  static Stream<String> asked() {
    return Stream.of(
        System.getProperty("vsocklab.differential.kernels", "6.12,6.1").split(",", -1));
  }
}
