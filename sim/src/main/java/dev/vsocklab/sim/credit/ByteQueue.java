package dev.vsocklab.sim.credit;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Bytes in order, in blocks that are allocated on first use and used again: a steady stream
 * allocates nothing.
 */
final class ByteQueue {
  private static final int SMALLEST_BLOCK_BYTES = 4 * 1024;
  private static final int LARGEST_BLOCK_BYTES = 64 * 1024;

  /** Spare blocks that are kept: as much as the default receive buffer of 256 KiB. */
  private static final int SPARE_BLOCKS = 4;

  private final ArrayDeque<byte[]> blocks = new ArrayDeque<>(SPARE_BLOCKS);
  private final ArrayDeque<byte[]> spares = new ArrayDeque<>(SPARE_BLOCKS);

  /** Where the next byte is read in the first block. */
  private int readAt;

  /** Where the next byte is written in the last block. */
  private int writeAt;

  private byte @Nullable [] last;

  void append(ByteBuffer src, int offset, int lengthBytes) {
    int done = 0;
    while (done < lengthBytes) {
      byte[] block = last;
      if (block == null || writeAt == block.length) {
        block = newBlock(lengthBytes - done);
        blocks.addLast(block);
        last = block;
        writeAt = 0;
      }
      int step = Math.min(lengthBytes - done, block.length - writeAt);
      src.get(offset + done, block, writeAt, step);
      writeAt += step;
      done += step;
    }
  }

  /**
   * Moves bytes out.
   *
   * @param dst where to
   * @param lengthBytes how many; the queue must hold them and {@code dst} must have room
   */
  void take(ByteBuffer dst, int lengthBytes) {
    int left = lengthBytes;
    while (left > 0) {
      byte[] block = blocks.getFirst();
      int end = block == last ? writeAt : block.length;
      int step = Math.min(left, end - readAt);
      dst.put(block, readAt, step);
      readAt += step;
      left -= step;
      if (readAt == end) {
        dropFirst(block);
      }
    }
  }

  /**
   * Copies bytes out and leaves them in.
   *
   * @param dst where to
   * @param lengthBytes how many; the queue must hold them and {@code dst} must have room
   */
  void peek(ByteBuffer dst, int lengthBytes) {
    int left = lengthBytes;
    int from = readAt;
    for (byte[] block : blocks) {
      int step = Math.min(left, (block == last ? writeAt : block.length) - from);
      dst.put(block, from, step);
      left -= step;
      from = 0;
      if (left == 0) {
        return;
      }
    }
  }

  /**
   * Throws bytes away.
   *
   * @param lengthBytes how many; the queue must hold them
   */
  void skip(int lengthBytes) {
    int left = lengthBytes;
    while (left > 0) {
      byte[] block = blocks.getFirst();
      int end = block == last ? writeAt : block.length;
      int step = Math.min(left, end - readAt);
      readAt += step;
      left -= step;
      if (readAt == end) {
        dropFirst(block);
      }
    }
  }

  void clear() {
    blocks.clear();
    spares.clear();
    last = null;
    readAt = 0;
    writeAt = 0;
  }

  private void dropFirst(byte[] block) {
    readAt = 0;
    if (block == last) {
      writeAt = 0; // empty now: the block stays and is filled from its start again
      return;
    }
    blocks.removeFirst();
    if (spares.size() < SPARE_BLOCKS) {
      spares.addFirst(block);
    }
  }

  private byte[] newBlock(int wantedBytes) {
    byte[] spare = spares.pollFirst();
    if (spare != null) {
      return spare;
    }
    // A queue that already needed a block carries a stream: the next ones are large.
    int bytes = blocks.isEmpty() ? wantedBytes : LARGEST_BLOCK_BYTES;
    int rounded = Integer.highestOneBit(Math.max(1, bytes - 1)) << 1;
    return new byte[Math.min(Math.max(rounded, SMALLEST_BLOCK_BYTES), LARGEST_BLOCK_BYTES)];
  }
}
