package dev.vsocklab.spi.nio;

import dev.vsocklab.spi.KernelSocket;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Objects;

/** What a {@link VsockSocket} receives, with the socket's timeout on each read. */
final class SocketInput extends InputStream {
  private final VsockSocket socket;
  private final VsockSocketChannel channel;

  SocketInput(VsockSocket socket, VsockSocketChannel channel) {
    this.socket = socket;
    this.channel = channel;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] dst, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, dst.length);
    if (length == 0) {
      return 0;
    }
    long timeoutNanos = socket.timeoutNanos();
    int n;
    try {
      n = channel.readBlocking(ByteBuffer.wrap(dst, offset, length), timeoutNanos);
    } catch (IOException e) {
      throw socket.asSocketSays(e);
    }
    if (n == KernelSocket.WOULD_BLOCK) {
      throw channel.core().call(Call.READ).timedOut(timeoutNanos);
    }
    return n;
  }

  /** What the kernel counts as unread, where it counts: Linux does from 6.17 on. Else 0. */
  @Override
  public int available() throws IOException {
    try {
      return channel.core().available();
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
