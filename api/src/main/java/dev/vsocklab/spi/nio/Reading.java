package dev.vsocklab.spi.nio;

import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import java.io.IOException;
import java.nio.ByteBuffer;

/** One of the kernel's ways to read, as a {@link Connection} makes the call. */
interface Reading {

  /** What messages call it. */
  Call call();

  /** Whether it may be tried without waiting before it waits; not if it then takes a part. */
  boolean triedFirst();

  /** Makes the call: bytes, {@link KernelSocket#EOF} or {@link KernelSocket#WOULD_BLOCK}. */
  int read(KernelSocket socket, ByteBuffer dst, long timeoutNanos)
      throws ErrnoException, IOException;

  /** The ways to read a stream. */
  enum OfStream implements Reading {
    /** What is there, at least one byte. */
    SOME(Call.READ, true) {
      @Override
      public int read(KernelSocket socket, ByteBuffer dst, long timeoutNanos)
          throws ErrnoException, IOException {
        return socket.read(dst, timeoutNanos);
      }
    },
    /** As much as there is room for. */
    ALL(Call.READ, false) {
      @Override
      public int read(KernelSocket socket, ByteBuffer dst, long timeoutNanos)
          throws ErrnoException, IOException {
        return socket.receive(dst, KernelSocket.MSG_WAITALL, timeoutNanos).lengthBytes();
      }
    },
    /** What is there, without taking it. */
    PEEK(Call.PEEK, true) {
      @Override
      public int read(KernelSocket socket, ByteBuffer dst, long timeoutNanos)
          throws ErrnoException, IOException {
        return socket.receive(dst, KernelSocket.MSG_PEEK, timeoutNanos).lengthBytes();
      }
    };

    private final Call call;
    private final boolean triedFirst;

    OfStream(Call call, boolean triedFirst) {
      this.call = call;
      this.triedFirst = triedFirst;
    }

    @Override
    public Call call() {
      return call;
    }

    @Override
    public boolean triedFirst() {
      return triedFirst;
    }
  }
}
