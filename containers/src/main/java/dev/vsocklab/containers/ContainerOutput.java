package dev.vsocklab.containers;

import java.io.InputStream;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * What a container writes, as a stream: the engine's client pushes chunks, a reader waits for them.
 * Nothing is dropped while the reader is slow.
 */
final class ContainerOutput extends InputStream {
  private static final byte[] END = new byte[0];

  private final BlockingQueue<byte[]> chunks = new LinkedBlockingQueue<>();
  private byte @Nullable [] current;
  private int at;

  /** Adds a chunk; empty ones are nothing. */
  void add(byte[] chunk) {
    if (chunk.length > 0) {
      chunks.add(chunk);
    }
  }

  /** Says that no chunk follows. */
  void end() {
    chunks.add(END);
  }

  @Override
  public int read() {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) {
    if (length == 0) {
      return 0;
    }
    byte[] from = current;
    if (from == null) {
      try {
        from = chunks.take();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return -1; // who reads the console is told to stop
      }
      if (from == END) {
        chunks.add(END); // for the next read
        return -1;
      }
      current = from;
      at = 0;
    }
    int n = Math.min(length, from.length - at);
    System.arraycopy(from, at, target, offset, n);
    at += n;
    if (at == from.length) {
      current = null;
    }
    return n;
  }
}
