package dev.vsocklab.ci.contract;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Random;

/**
 * An endless stream of bytes that any part of can be made and checked: a block of random bytes,
 * over and over. The block's length is a prime, so that a lost, doubled or moved piece of any usual
 * size shows.
 */
final class TestStream {
  /** Most bytes that one {@link #slice} has. */
  static final int MAX_SLICE_BYTES = 1024 * 1024;

  private static final int BLOCK_BYTES = 1_048_583;
  private static final int READ_BYTES = 256 * 1024;

  private final byte[] blockTwice = new byte[2 * BLOCK_BYTES];

  /** Streams with different seeds differ. */
  TestStream(long seed) {
    byte[] block = new byte[BLOCK_BYTES];
    new Random(seed).nextBytes(block);
    System.arraycopy(block, 0, blockTwice, 0, BLOCK_BYTES);
    System.arraycopy(block, 0, blockTwice, BLOCK_BYTES, BLOCK_BYTES);
  }

  /** The bytes from one position on. */
  ByteBuffer slice(long position, int lengthBytes) {
    return ByteBuffer.wrap(blockTwice, (int) (position % BLOCK_BYTES), lengthBytes).slice();
  }

  /** Writes the stream's first bytes, a fixed number with each write, and gives their hash. */
  String write(SocketChannel to, long totalBytes, int writeBytes) throws IOException {
    MessageDigest digest = sha256();
    long position = 0;
    while (position < totalBytes) {
      ByteBuffer piece = slice(position, (int) Math.min(writeBytes, totalBytes - position));
      digest.update(piece.duplicate());
      position += piece.remaining();
      while (piece.hasRemaining()) {
        to.write(piece);
      }
    }
    return hex(digest);
  }

  /** Reads that many bytes and gives their hash. */
  static String read(SocketChannel from, long totalBytes) throws IOException {
    MessageDigest digest = sha256();
    ByteBuffer buffer = ByteBuffer.allocate(READ_BYTES);
    long position = 0;
    while (position < totalBytes) {
      buffer.clear().limit((int) Math.min(buffer.capacity(), totalBytes - position));
      int count = from.read(buffer);
      if (count < 0) {
        throw new EOFException(
            "The stream ended after " + position + " of " + totalBytes + " bytes.");
      }
      digest.update(buffer.flip());
      position += count;
    }
    return hex(digest);
  }

  /** The hash of the stream's first bytes. */
  String hash(long totalBytes) {
    MessageDigest digest = sha256();
    long position = 0;
    while (position < totalBytes) {
      ByteBuffer piece = slice(position, (int) Math.min(MAX_SLICE_BYTES, totalBytes - position));
      position += piece.remaining();
      digest.update(piece);
    }
    return hex(digest);
  }

  private static String hex(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
