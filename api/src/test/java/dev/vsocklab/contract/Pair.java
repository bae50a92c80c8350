package dev.vsocklab.contract;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Two channels, connected. */
record Pair(SocketChannel near, SocketChannel far) implements AutoCloseable {
  private static final Duration ROOM_DEADLINE = Duration.ofSeconds(30);

  static Pair on(ContractNet net) throws IOException {
    try (ServerSocketChannel listener = net.listener().bind(net.anyPort())) {
      SocketChannel near = net.channel();
      near.connect(addressOf(net, listener));
      return new Pair(near, listener.accept());
    }
  }

  static SocketAddress addressOf(ContractNet net, ServerSocketChannel listener) throws IOException {
    return net.reach(listener.getLocalAddress());
  }

  static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
  }

  /** Reads exactly as many bytes, or fewer if the stream ends. */
  static String read(SocketChannel channel, int lengthBytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(lengthBytes);
    while (buffer.hasRemaining() && channel.read(buffer) >= 0) {
      Thread.onSpinWait();
    }
    return new String(buffer.array(), 0, buffer.position(), StandardCharsets.US_ASCII);
  }

  /** Fills what the far end may have unread. */
  static long fill(SocketChannel nonBlocking) throws IOException {
    ByteBuffer chunk = ByteBuffer.allocate(1024);
    long total = 0;
    int idle = 0;
    // TCP moves bytes on for a moment after it said no.
    while (idle < 3) {
      chunk.clear();
      int n = nonBlocking.write(chunk);
      total += n;
      idle = n == 0 ? idle + 1 : 0;
      if (n == 0) {
        LockSupport.parkNanos(1_000_000);
      }
    }
    return total;
  }

  /** The reader's word that there is room again takes its time between two kernels. */
  static void writeOnceThereIsRoom(SocketChannel nonBlocking, ByteBuffer bytes) throws IOException {
    long deadlineNanos = System.nanoTime() + ROOM_DEADLINE.toNanos();
    while (nonBlocking.write(bytes) == 0) {
      if (System.nanoTime() > deadlineNanos) {
        throw new AssertionError("no room within " + ROOM_DEADLINE + " of the read");
      }
      Thread.onSpinWait();
    }
  }

  @Override
  public void close() throws IOException {
    near.close();
    far.close();
  }
}
