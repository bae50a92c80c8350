package dev.vsocklab.spi.nio;

import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import dev.vsocklab.spi.KernelSocket.Received;
import java.io.IOException;
import java.nio.ByteBuffer;

/** One receive of a SEQPACKET message, and the flags that it told. */
final class MessageReading implements Reading {
  private final Call call;
  private final int flags;
  private int toldFlags;

  MessageReading(Call call, int flags) {
    this.call = call;
    this.flags = flags;
  }

  @Override
  public Call call() {
    return call;
  }

  @Override
  public boolean triedFirst() {
    return true;
  }

  @Override
  public int read(KernelSocket socket, ByteBuffer dst, long timeoutNanos)
      throws ErrnoException, IOException {
    Received received = socket.receive(dst, flags, timeoutNanos);
    toldFlags = received.flags();
    return received.lengthBytes();
  }

  /** Whether the message came with this flag. */
  boolean told(int flag) {
    return (toldFlags & flag) != 0;
  }
}
