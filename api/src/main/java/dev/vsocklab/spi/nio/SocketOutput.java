package dev.vsocklab.spi.nio;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** What a {@link VsockSocket} sends; each write waits until all of it is sent. */
final class SocketOutput extends OutputStream {
  private final VsockSocket socket;
  private final VsockSocketChannel channel;

  SocketOutput(VsockSocket socket, VsockSocketChannel channel) {
    this.socket = socket;
    this.channel = channel;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] src, int offset, int length) throws IOException {
    try {
      channel.writeBlocking(ByteBuffer.wrap(src, offset, length));
    } catch (IOException e) {
      throw socket.asSocketSays(e);
    }
  }

  /** Closes the socket, as the JDK's socket streams do. */
  @Override
  public void close() throws IOException {
    socket.close();
  }
}
