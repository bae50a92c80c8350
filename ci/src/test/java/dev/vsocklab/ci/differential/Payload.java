package dev.vsocklab.ci.differential;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The bytes that scenarios send, and what is kept of those received. A byte is a function of the
 * slot and of how many bytes its socket sent before, so a hash tells loss, order and sender.
 *
 * <p>The guest's {@code call-script.c} has the same.
 */
final class Payload {
  private static final int PERIOD = 65521;
  private static final int SHIFT_OF_SLOT = 8191;
  private static final long MULTIPLIER = 0x9E37_79B9_7F4A_7C15L;
  private static final byte[] PATTERN = new byte[PERIOD + Step.MAX_LENGTH];

  static {
    for (int i = 0; i < PATTERN.length; i++) {
      PATTERN[i] = (byte) (((i % PERIOD) * 0x9E37_79B1) >>> 24);
    }
  }

  private Payload() {}

  /** The bytes that a socket sends after the first {@code sentBytes}. */
  static ByteBuffer of(int slot, long sentBytes, int lengthBytes) {
    int from = (int) ((sentBytes + (long) slot * SHIFT_OF_SLOT) % PERIOD);
    return ByteBuffer.wrap(PATTERN, from, lengthBytes);
  }

  /** 0 for no bytes, else a mix of all of them. */
  static long hash(ByteBuffer bytes) {
    ByteBuffer left = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    if (!left.hasRemaining()) {
      return 0;
    }
    long hash = left.remaining();
    while (left.remaining() >= Long.BYTES) {
      hash = mix(hash, left.getLong());
    }
    if (left.hasRemaining()) {
      long word = 0;
      for (int shift = 0; left.hasRemaining(); shift += Byte.SIZE) {
        word |= Byte.toUnsignedLong(left.get()) << shift;
      }
      hash = mix(hash, word);
    }
    return hash;
  }

  private static long mix(long hash, long word) {
    long mixed = (hash ^ word) * MULTIPLIER;
    return mixed ^ (mixed >>> 29);
  }
}
