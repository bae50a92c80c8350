package dev.vsocklab.spi.nio;

import dev.vsocklab.spi.KernelSocket;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Puts the small buffers of gathering writes together, so that they travel as {@code writev} sends
 * them: as one stretch of bytes, not as a packet each. Used under the channel's write lock.
 */
final class Gathering {

  /** The largest payload of one vsock packet on Linux: VIRTIO_VSOCK_MAX_PKT_BUF_SIZE. */
  private static final int MAX_CHUNK_BYTES = 64 * 1024;

  private ByteBuffer chunk = ByteBuffer.allocate(0);

  /**
   * Writes the buffers in order.
   *
   * @return bytes written: all, unless its time or the connection ended on the way; {@link
   *     KernelSocket#WOULD_BLOCK} if not even one
   */
  long write(Connection connection, ByteBuffer[] srcs, int offset, int length, long timeoutNanos)
      throws IOException {
    int end = offset + length;
    long total = 0;
    int first = nextFilled(srcs, offset, end);
    if (first == end) {
      connection.ensureSending(); // the checks alone
      return 0;
    }
    while (first < end) {
      ByteBuffer src = srcs[first];
      boolean alone = src.remaining() >= MAX_CHUNK_BYTES || nextFilled(srcs, first + 1, end) == end;
      int wanted = alone ? src.remaining() : fill(srcs, first, end);
      int sent =
          alone
              ? connection.send(Writing.STREAM, src, timeoutNanos)
              : sendChunk(connection, srcs, first, timeoutNanos);
      if (sent == KernelSocket.WOULD_BLOCK) {
        return total > 0 ? total : sent;
      }
      total += sent;
      if (sent < wanted) {
        break;
      }
      first = nextFilled(srcs, first, end);
    }
    return total;
  }

  private static int nextFilled(ByteBuffer[] srcs, int from, int end) {
    int i = from;
    while (i < end && !srcs[i].hasRemaining()) {
      i++;
    }
    return i;
  }

  /** Copies what fits from the buffers without moving their positions, and tells how much. */
  private int fill(ByteBuffer[] srcs, int first, int end) {
    long wanted = 0;
    for (int i = first; i < end && wanted < MAX_CHUNK_BYTES; i++) {
      wanted += srcs[i].remaining();
    }
    int sizeBytes = (int) Math.min(wanted, MAX_CHUNK_BYTES);
    if (chunk.capacity() < sizeBytes) {
      chunk = ByteBuffer.allocate(sizeBytes);
    }
    chunk.clear().limit(sizeBytes);
    for (int i = first; chunk.hasRemaining(); i++) {
      ByteBuffer src = srcs[i];
      int n = Math.min(src.remaining(), chunk.remaining());
      chunk.put(chunk.position(), src, src.position(), n).position(chunk.position() + n);
    }
    chunk.flip();
    return sizeBytes;
  }

  /** Writes the chunk, and moves the buffers' positions by what went out, whatever the outcome. */
  private int sendChunk(Connection connection, ByteBuffer[] srcs, int first, long timeoutNanos)
      throws IOException {
    try {
      return connection.send(Writing.STREAM, chunk, timeoutNanos);
    } finally {
      int left = chunk.position();
      for (int i = first; left > 0; i++) {
        int n = Math.min(srcs[i].remaining(), left);
        srcs[i].position(srcs[i].position() + n);
        left -= n;
      }
    }
  }
}
