package dev.vsocklab.spi.nio;

import dev.vsocklab.VsockSocketOptions;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import java.io.IOException;
import java.nio.ByteBuffer;

/** One send of a SEQPACKET message, whose failure for its length tells the numbers. */
final class MessageWriting implements Writing {
  private final int flags;

  MessageWriting(int flags) {
    this.flags = flags;
  }

  /** Never: what went out would be the beginning of a message. */
  @Override
  public boolean triedFirst() {
    return false;
  }

  @Override
  public int write(KernelSocket socket, ByteBuffer src, long timeoutNanos)
      throws ErrnoException, IOException {
    try {
      return socket.send(src, flags, timeoutNanos);
    } catch (ErrnoException e) {
      if (!e.detail().isEmpty()) {
        throw e;
      }
      throw switch (e.errno()) {
        case EMSGSIZE -> withDetail(e, tooLong(socket, src.remaining()));
        case ENOMEM ->
            withDetail(
                e,
                tooLong(socket, src.remaining())
                    + ", which Linux before 6.4 reports so, or the machine had no memory");
        default -> e;
      };
    }
  }

  private static ErrnoException withDetail(ErrnoException e, String detail) {
    ErrnoException detailed = new ErrnoException(e.errno(), detail);
    detailed.initCause(e);
    return detailed;
  }

  /** Source: Linux {@code virtio_transport_seqpacket_enqueue}. The peer's size is not to be had. */
  private static String tooLong(KernelSocket socket, int lengthBytes) {
    String limit =
        "the message of "
            + lengthBytes
            + " bytes is longer than the smaller of both ends' receive buffers";
    try {
      return limit
          + " (BUFFER_SIZE is "
          + socket.getOption(VsockSocketOptions.BUFFER_SIZE)
          + " at this end)";
    } catch (ErrnoException | IOException | UnsupportedOperationException e) {
      return limit; // only for a message
    }
  }
}
