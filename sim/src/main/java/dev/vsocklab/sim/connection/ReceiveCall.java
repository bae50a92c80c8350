package dev.vsocklab.sim.connection;

import dev.vsocklab.Errno;
import dev.vsocklab.sim.kernel.KernelHabit;
import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.Op;
import dev.vsocklab.sim.wire.SocketType;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import java.nio.ByteBuffer;

/**
 * One recv() under way: whoever runs it waits for it. Its rules are looked at in Linux's order,
 * those of the call's begin once only: a sleeper that is woken by a reset learns of it, a later
 * call finds the socket unconnected.
 *
 * <p>Source: Linux {@code __vsock_connectible_recvmsg}, {@code __vsock_stream_recvmsg}, {@code
 * __vsock_seqpacket_recvmsg}, {@code vsock_connectible_wait_data}.
 */
public final class ReceiveCall {
  private final Connection connection;
  private final ByteBuffer dst;
  private final int flags;
  private final long lowWaterBytes;
  private final long bufferBytes;
  private final Effects effects;

  private boolean begun;
  private long targetBytes;
  private int copiedBytes;
  private int messageFlags;

  /**
   * Begins nothing yet.
   *
   * @param connection whose data
   * @param dst where to
   * @param flags {@link KernelSocket#MSG_PEEK} and its like
   * @param lowWaterBytes SO_RCVLOWAT
   * @param bufferBytes SO_VM_SOCKETS_BUFFER_SIZE, unsigned
   * @param effects what follows
   */
  public ReceiveCall(
      Connection connection,
      ByteBuffer dst,
      int flags,
      long lowWaterBytes,
      long bufferBytes,
      Effects effects) {
    this.connection = connection;
    this.dst = dst;
    this.flags = flags;
    this.lowWaterBytes = lowWaterBytes;
    this.bufferBytes = bufferBytes;
    this.effects = effects;
  }

  /**
   * Goes on.
   *
   * @return bytes, {@link KernelSocket#EOF}, 0 where there is no room, or {@link
   *     KernelSocket#WOULD_BLOCK}: call again when something may have happened, or {@link #giveUp}
   * @throws ErrnoException ENOTCONN, ENOMEM, EOPNOTSUPP or the pending error
   */
  public int proceed() throws ErrnoException {
    if (!begun) {
      begun = true;
      if (!connection.mayReceive()) {
        return dst.hasRemaining() ? KernelSocket.EOF : 0;
      }
      if (!dst.hasRemaining()) {
        return 0;
      }
      if (connection.type() == SocketType.STREAM) {
        setTarget();
      }
    }
    return connection.type() == SocketType.STREAM ? proceedAsStream() : receiveMessage();
  }

  private void setTarget() throws ErrnoException {
    long wanted = dst.remaining();
    boolean all = (flags & KernelSocket.MSG_WAITALL) != 0;
    targetBytes = all ? wanted : Math.min(lowWaterBytes, wanted);
    if (Long.compareUnsigned(targetBytes, bufferBytes) >= 0) {
      throw new ErrnoException(
          Errno.ENOMEM,
          "it waits for "
              + targetBytes
              + " bytes, and the receive buffer of "
              + Long.toUnsignedString(bufferBytes)
              + " never holds more than one less");
    }
  }

  private int proceedAsStream() throws ErrnoException {
    boolean peeks = (flags & KernelSocket.MSG_PEEK) != 0;
    while (true) {
      if (connection.received().unreadBytes() == 0) {
        if (!connection.receivesNoMore()) {
          return KernelSocket.WOULD_BLOCK;
        }
        return result();
      }
      int step = peeks ? connection.received().peek(dst) : connection.received().read(dst);
      copiedBytes += step;
      if (!peeks) {
        effects.consumed(dst, step, step, 0);
      }
      if (!peeks && connection.received().creditUpdateIsDue(lowWaterBytes)) {
        effects.send(Op.CREDIT_UPDATE, 0);
      }
      if (step >= targetBytes || peeks) {
        return result();
      }
      targetBytes -= step;
    }
  }

  private int result() throws ErrnoException {
    if (copiedBytes > 0) {
      return copiedBytes;
    }
    throwPending();
    return KernelSocket.EOF;
  }

  private int receiveMessage() throws ErrnoException {
    if (connection.received().messages() == 0) {
      // also with an error pending: Linux looks at that only after it has a message
      return connection.receivesNoMore() ? KernelSocket.EOF : KernelSocket.WOULD_BLOCK;
    }
    int room = dst.remaining();
    int length;
    if ((flags & KernelSocket.MSG_PEEK) == 0) {
      length = connection.received().readMessage(dst);
      effects.consumed(dst, Math.min(length, room), length, connection.received().messageFlags());
      effects.send(Op.CREDIT_UPDATE, 0);
    } else if (connection.kernel().has(KernelHabit.SEQPACKET_CAN_PEEK)) {
      length = connection.received().peekMessage(dst);
    } else {
      throw new ErrnoException(
          connection.kernel().has(KernelHabit.TRANSPORT_ERRORS_KEEP_THEIR_ERRNO)
              ? Errno.EOPNOTSUPP
              : Errno.ENOMEM,
          "this kernel cannot peek at a message");
    }
    throwPending(); // the message is lost
    if ((connection.received().messageFlags() & Header.SEQ_EOR) != 0) {
      messageFlags |= KernelSocket.MSG_EOR;
    }
    if (length > room) {
      messageFlags |= KernelSocket.MSG_TRUNC;
    }
    boolean tellsLength = (flags & KernelSocket.MSG_TRUNC) != 0;
    int told = tellsLength ? length : Math.min(length, room);
    return told == 0 ? KernelSocket.EOF : told;
  }

  private void throwPending() throws ErrnoException {
    Errno pending = connection.error();
    if (pending != null) {
      throw new ErrnoException(pending);
    }
  }

  /**
   * The time is up.
   *
   * @return what was read so far, or {@link KernelSocket#WOULD_BLOCK}
   */
  public int giveUp() {
    return copiedBytes > 0 ? copiedBytes : KernelSocket.WOULD_BLOCK;
  }

  /**
   * What is told of the message.
   *
   * @return {@link KernelSocket#MSG_EOR} and {@link KernelSocket#MSG_TRUNC} as they hold
   */
  public int messageFlags() {
    return messageFlags;
  }
}
