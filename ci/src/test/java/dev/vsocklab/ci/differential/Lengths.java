package dev.vsocklab.ci.differential;

import java.util.Random;

/**
 * Draws the lengths of sends and receives, most of them at an edge: of a buffer, of a packet, of
 * the kernel's merging of small packets. A scenario is either about small lengths or about all.
 */
final class Lengths {
  private static final int PACKET = 64 * 1024;

  /** GOOD_COPY_LEN: up to this length a packet is copied into the one before it. */
  private static final int MERGED = 128;

  private final Random random;
  private final boolean small;

  Lengths(Random random) {
    this.random = random;
    this.small = random.nextInt(3) == 0;
  }

  /** A length that has to do with a buffer of that size, or with none. */
  int near(long bufferBytes) {
    return (int) Math.max(0, Math.min(Step.MAX_LENGTH, draw(bufferBytes)));
  }

  /** A length about which the kernel's merging of small packets turns. */
  int aboutMerged() {
    int edge = random.nextInt(3) - 1;
    return switch (random.nextInt(4)) {
      case 0 -> MERGED + edge;
      case 1 -> 2 * MERGED + edge;
      default -> 1 + random.nextInt(2 * MERGED);
    };
  }

  /** As much as such a buffer takes, as far as one call sends it. */
  int all(long bufferBytes) {
    return (int) Math.min(Step.MAX_LENGTH, bufferBytes);
  }

  private long draw(long bufferBytes) {
    int edge = random.nextInt(3) - 1;
    return switch (random.nextInt(small ? 7 : 14)) {
      case 0 -> random.nextInt(3);
      case 1 -> MERGED + edge;
      case 2, 3, 4 -> 1 + random.nextInt(600);
      case 5 -> 1 + random.nextInt(20);
      case 6 -> bufferBytes < 2000 ? bufferBytes + edge : 1000;
      case 7, 8 -> bufferBytes + edge;
      case 9 -> bufferBytes / 2 + edge;
      case 10 -> PACKET + edge;
      case 11 -> 4096 + edge;
      default -> random.nextInt(10_000);
    };
  }
}
