package dev.vsocklab.sim.connection;

import dev.vsocklab.Errno;
import dev.vsocklab.sim.kernel.KernelHabit;
import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.SocketType;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One send() under way: whoever runs it waits for it, and hands over the packets that it left.
 *
 * <p>Source: Linux {@code vsock_connectible_sendmsg}, {@code virtio_transport_seqpacket_enqueue}.
 */
public final class SendCall {
  private final Connection connection;
  private final ByteBuffer src;
  private final int start;
  private final int lastFlags;
  private final Effects effects;

  private boolean begun;
  private int sentBytes;

  /**
   * Begins nothing yet.
   *
   * @param connection whose peer gets the data
   * @param src what; its position moves with what is sent
   * @param flags {@link KernelSocket#MSG_EOR} or 0
   * @param effects what follows
   */
  public SendCall(Connection connection, ByteBuffer src, int flags, Effects effects) {
    this.connection = connection;
    this.src = src;
    this.start = src.position();
    this.effects = effects;
    this.lastFlags =
        connection.type() == SocketType.STREAM
            ? 0
            : Header.SEQ_EOM | ((flags & KernelSocket.MSG_EOR) != 0 ? Header.SEQ_EOR : 0);
  }

  /**
   * Goes on.
   *
   * @return bytes sent, or {@link KernelSocket#WOULD_BLOCK}: call again when there may be credit,
   *     or {@link #giveUp}
   * @throws ErrnoException EPIPE, ENOTCONN, EMSGSIZE, ENOMEM or the pending error
   */
  public int proceed() throws ErrnoException {
    if (!begun) {
      begun = true;
      connection.checkMaySend();
    }
    int total = src.limit() - start;
    while (sentBytes < total) {
      ErrnoException failure = failure(total - sentBytes);
      if (failure != null) {
        return sentBytes > 0 && connection.type() == SocketType.STREAM ? sent() : fail(failure);
      }
      if (connection.writableBytes() == 0) {
        return KernelSocket.WOULD_BLOCK;
      }
      sentBytes += connection.sendSome(src, start + sentBytes, lastFlags, effects);
    }
    return sent();
  }

  private @Nullable ErrnoException failure(int leftBytes) {
    Errno pending = connection.error();
    if (pending != null) {
      return new ErrnoException(pending);
    }
    if (connection.sendsNoMore()) {
      return new ErrnoException(Errno.EPIPE);
    }
    if (connection.type() == SocketType.SEQPACKET
        && connection.writableBytes() > 0
        && leftBytes > connection.largestMessageBytes()) {
      return new ErrnoException(
          connection.kernel().has(KernelHabit.TRANSPORT_ERRORS_KEEP_THEIR_ERRNO)
              ? Errno.EMSGSIZE
              : Errno.ENOMEM,
          "a message of "
              + leftBytes
              + " bytes, and both ends' buffers allow "
              + connection.largestMessageBytes());
    }
    return null;
  }

  private static int fail(ErrnoException failure) throws ErrnoException {
    throw failure;
  }

  private int sent() {
    src.position(start + sentBytes);
    return sentBytes;
  }

  /**
   * The time is up.
   *
   * @return what was sent so far, or {@link KernelSocket#WOULD_BLOCK}; of a message always that,
   *     although what was sent of it stays sent
   */
  public int giveUp() {
    return sentBytes > 0 && connection.type() == SocketType.STREAM
        ? sent()
        : KernelSocket.WOULD_BLOCK;
  }
}
