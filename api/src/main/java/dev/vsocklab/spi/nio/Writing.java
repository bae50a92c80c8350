package dev.vsocklab.spi.nio;

import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import java.io.IOException;
import java.nio.ByteBuffer;

/** One of the kernel's ways to write, as a {@link Connection} makes the call. */
interface Writing {

  /** A stretch of a stream. */
  Writing STREAM =
      new Writing() {
        @Override
        public boolean triedFirst() {
          return true;
        }

        @Override
        public int write(KernelSocket socket, ByteBuffer src, long timeoutNanos)
            throws ErrnoException, IOException {
          return socket.write(src, timeoutNanos);
        }
      };

  /** Whether it may be tried without waiting before it waits, and then goes on where it stopped. */
  boolean triedFirst();

  /** Makes the call: bytes, or {@link KernelSocket#WOULD_BLOCK}. */
  int write(KernelSocket socket, ByteBuffer src, long timeoutNanos)
      throws ErrnoException, IOException;
}
