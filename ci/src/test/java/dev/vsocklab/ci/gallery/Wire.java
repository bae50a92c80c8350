package dev.vsocklab.ci.gallery;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockProvider;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/** What every protocol of the gallery needs of a channel, done right. */
final class Wire {
  static final long PORT = 7000;

  private Wire() {}

  static ServerSocketChannel listen(VsockProvider vsock) throws IOException {
    return vsock.openServerSocketChannel().bind(VsockAddress.any(PORT));
  }

  static SocketChannel connectToHost(VsockProvider vsock) throws IOException {
    SocketChannel channel = vsock.openSocketChannel();
    channel.connect(VsockAddress.host(PORT)); // closes the channel where it fails
    return channel;
  }

  static void writeAll(SocketChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  static void writeLong(SocketChannel channel, long number) throws IOException {
    writeAll(channel, ByteBuffer.allocate(Long.BYTES).putLong(0, number));
  }

  /** Reads exactly so many bytes. */
  static ByteBuffer readAll(SocketChannel channel, int lengthBytes) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(lengthBytes);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes) < 0) {
        throw new EOFException(
            "The peer ended after " + bytes.position() + " of " + lengthBytes + " bytes.");
      }
    }
    return bytes.flip();
  }

  static long readLong(SocketChannel channel) throws IOException {
    return readAll(channel, Long.BYTES).getLong();
  }
}
