package dev.vsocklab.sim.connection;

import dev.vsocklab.Errno;
import dev.vsocklab.sim.credit.BufferSizes;
import dev.vsocklab.sim.credit.ReceiveBuffer;
import dev.vsocklab.sim.credit.ReceiveShape;
import dev.vsocklab.sim.credit.SendWindow;
import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.Op;
import dev.vsocklab.sim.wire.Packet;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One end of a connection. Every method is an event; what follows from it goes to {@link Effects}.
 * Whoever owns it calls one method at a time.
 *
 * <p>Source: Linux {@code af_vsock.c} and {@code virtio_transport_common.c}; the functions are
 * named where each rule is.
 */
public final class Connection {
  private static final int RCV = Header.SHUTDOWN_RCV;
  private static final int SEND = Header.SHUTDOWN_SEND;
  private static final int BOTH = Header.SHUTDOWN_BOTH;

  private final SendWindow window = new SendWindow();
  private final ReceiveBuffer received;

  private State state = State.CLOSED;
  private CallState callState = CallState.UNCONNECTED;

  /** {@code SOCK_DONE}. */
  private boolean done;

  /** {@code sk_shutdown}: directions that this end gave up, as SHUTDOWN flags. */
  private int localShutdown;

  /** Directions that the peer gave up, as SHUTDOWN flags. They only grow. */
  private int peerShutdown;

  /** {@code sk_err}. */
  private @Nullable Errno error;

  private boolean closeTimerRuns;

  /**
   * Creates an unconnected end.
   *
   * @param sizes its buffer
   * @param shape in which pieces its machine receives packets
   */
  public Connection(BufferSizes sizes, ReceiveShape shape) {
    received = new ReceiveBuffer((int) sizes.sizeBytes(), shape);
  }

  /**
   * The row of {@link PacketRules} that a packet meets.
   *
   * @return never {@link Row#LISTENING}, which is the stack's
   */
  public Row row() {
    if (done) {
      return Row.DONE;
    }
    return switch (state) {
      case CLOSED -> Row.NO_CONNECTION;
      case CONNECTING -> Row.CONNECTING;
      case ESTABLISHED -> Row.ESTABLISHED;
      case CLOSING -> Row.CLOSING;
    };
  }

  // ---- packets
  // -----------------------------------------------------------------------------------

  /**
   * Carries out a packet's reaction.
   *
   * @param reaction the cell of {@link PacketRules} for {@link #row} and the packet's op; not
   *     {@link Reaction#REPLY_RST} or {@link Reaction#ACCEPT}, which are the stack's
   * @param packet the packet
   * @param effects what follows
   */
  public void receive(Reaction reaction, Packet packet, Effects effects) {
    boolean hadSpace = writableBytes() > 0;
    // virtio_transport_space_update: before anything else, on any op
    window.update(packet.header().bufAlloc(), packet.header().fwdCnt());
    switch (reaction) {
      case ESTABLISH -> {
        state = State.ESTABLISHED;
        callState = CallState.CONNECTED;
        effects.enterConnectedTable();
        effects.wakeWriters();
      }
      case REFUSED -> failConnect(Errno.ECONNRESET, effects);
      case PROTOCOL_ERROR -> {
        effects.send(Op.RST, 0);
        failConnect(Errno.EPROTO, effects);
      }
      case RECEIVE -> queue(packet, effects);
      case ANSWER_CREDIT -> effects.send(Op.CREDIT_UPDATE, 0);
      case PEER_SHUTDOWN -> peerShutsDown(packet.header().flags(), effects);
      case PEER_RESET -> end(effects);
      case UPDATE_CREDIT, IGNORE -> {}
      case REPLY_RST, ACCEPT -> throw new AssertionError(reaction + " is the stack's");
    }
    if (!hadSpace && writableBytes() > 0) {
      effects.wakeWriters();
    }
  }

  private void failConnect(Errno errno, Effects effects) {
    // virtio_transport_recv_connecting: the call's state stays, a non-blocking caller sees EALREADY
    state = State.CLOSED;
    error = errno;
    effects.wakeReaders();
    effects.wakeWriters();
  }

  private void queue(Packet packet, Effects effects) {
    int length = Math.min(packet.header().lengthBytes(), packet.availableBytes());
    if (length <= 0) {
      return;
    }
    if (received.add(packet.payload(), packet.offset(), length)) {
      effects.wakeReaders();
      return;
    }
    // The peer sent beyond its credit (a4f0b001782b, 2026): the stream has a hole and must end.
    effects.send(Op.RST, 0);
    error = Errno.ENOBUFS;
    end(effects);
  }

  private void peerShutsDown(int flags, Effects effects) {
    peerShutdown |= flags & BOTH;
    if (peerShutdown == BOTH) {
      if (received.unreadBytes() == 0) {
        effects.send(Op.RST, 0);
        end(effects);
      }
      // The tuple may be used again at once, even if this end's user has not closed yet.
      effects.leaveTables();
    }
    if ((flags & BOTH) != 0) {
      effects.wakeReaders();
      effects.wakeWriters();
    }
  }

  /** {@code virtio_transport_do_close}. Not an error: the user sees the end of the stream. */
  private void end(Effects effects) {
    done = true;
    peerShutdown = BOTH;
    if (received.unreadBytes() == 0) {
      state = State.CLOSING;
    }
    if (closeTimerRuns) {
      closeTimerRuns = false;
      effects.cancelCloseTimer();
      effects.leaveTables();
    }
    effects.wakeReaders();
    effects.wakeWriters();
  }

  // ---- other events
  // ------------------------------------------------------------------------------

  /**
   * The peer's machine is gone: it crashed, rebooted, or its device went away. What was received
   * can be read; then ECONNRESET.
   *
   * <p>Source: Linux {@code vhost_vsock_reset_orphans}, which leaves closing sockets to their
   * timer.
   *
   * @param effects what follows
   */
  public void peerMachineGone(Effects effects) {
    if (closeTimerRuns) {
      return;
    }
    done = true;
    peerShutdown = BOTH;
    state = State.ESTABLISHED; // Linux stores SS_UNCONNECTED, which is the same number
    error = Errno.ECONNRESET;
    effects.wakeReaders();
    effects.wakeWriters();
  }

  /**
   * A listener's child is made: {@code virtio_transport_recv_listen}.
   *
   * @param request the REQUEST, whose credit is the child's first window
   * @param effects what follows
   */
  public void acceptFrom(Header request, Effects effects) {
    state = State.ESTABLISHED;
    callState = CallState.CONNECTED;
    window.update(request.bufAlloc(), request.fwdCnt());
    effects.enterConnectedTable();
    effects.send(Op.RESPONSE, 0);
  }

  /**
   * The time of a connect is up.
   *
   * @param effects what follows
   * @return false if the connect was over already
   */
  public boolean onConnectTimeout(Effects effects) {
    if (state != State.CONNECTING || localShutdown == BOTH) {
      return false;
    }
    state = State.CLOSED;
    callState = CallState.UNCONNECTED;
    error = Errno.ETIMEDOUT;
    effects.wakeWriters();
    return true;
  }

  /**
   * Nobody answered this end's SHUTDOWN for 8 s: {@code virtio_transport_close_timeout}.
   *
   * @param effects what follows
   */
  public void onCloseTimeout(Effects effects) {
    if (!closeTimerRuns) {
      return;
    }
    if (!done) {
      effects.send(Op.RST, 0);
    }
    end(effects);
  }

  // ---- calls
  // -------------------------------------------------------------------------------------

  /**
   * connect(), first half: may it, and what state is it in.
   *
   * @return true if a REQUEST is to be sent ({@link #sendRequest}); false if one is out already and
   *     a blocking caller may go on waiting for it
   * @throws ErrnoException EISCONN or EINVAL
   */
  public boolean mayConnect() throws ErrnoException {
    switch (callState) {
      case UNCONNECTED -> {
        return true;
      }
      case CONNECTING -> {
        return false;
      }
      case CONNECTED -> throw new ErrnoException(Errno.EISCONN);
      case DISCONNECTING -> throw new ErrnoException(Errno.EINVAL);
    }
    throw new AssertionError(callState);
  }

  /**
   * connect(), second half: the addresses are known.
   *
   * @param reachable whether the transport leads to the peer's CID
   * @param effects what follows
   * @throws ErrnoException ENODEV if it does not; as in Linux the state is then left half connected
   */
  public void sendRequest(boolean reachable, Effects effects) throws ErrnoException {
    state = State.CONNECTING;
    if (!reachable) {
      throw new ErrnoException(Errno.ENODEV);
    }
    effects.send(Op.REQUEST, 0);
    error = null;
    callState = CallState.CONNECTING;
  }

  /**
   * How a connect that was begun stands, for a caller that waits.
   *
   * @return true if connected, false if there is no answer yet
   * @throws ErrnoException what it failed with; the socket can then connect again
   */
  public boolean connectResult() throws ErrnoException {
    if (error != null) {
      Errno failure = error;
      error = null;
      state = State.CLOSED;
      callState = CallState.UNCONNECTED;
      throw new ErrnoException(failure);
    }
    return state == State.ESTABLISHED;
  }

  /**
   * recv().
   *
   * @param dst where to
   * @param lowWaterBytes SO_RCVLOWAT, for when credit is told
   * @param effects what follows
   * @return bytes, {@link KernelSocket#EOF} or {@link KernelSocket#WOULD_BLOCK}
   * @throws ErrnoException ENOTCONN, or the pending error once all data is read
   */
  public int read(ByteBuffer dst, long lowWaterBytes, Effects effects) throws ErrnoException {
    if (state != State.ESTABLISHED) {
      if (done) {
        return KernelSocket.EOF; // whatever error is pending
      }
      throw new ErrnoException(Errno.ENOTCONN);
    }
    if ((localShutdown & RCV) != 0) {
      return KernelSocket.EOF; // even with data queued
    }
    if (!dst.hasRemaining()) {
      return 0;
    }
    int count = received.read(dst);
    if (count > 0) {
      if (received.creditUpdateIsDue(lowWaterBytes)) {
        effects.send(Op.CREDIT_UPDATE, 0);
      }
      return count;
    }
    if (error != null) {
      throw new ErrnoException(error);
    }
    return (peerShutdown & SEND) != 0 ? KernelSocket.EOF : KernelSocket.WOULD_BLOCK;
  }

  /**
   * send(): what credit allows.
   *
   * @param src what; its position moves
   * @param effects what follows
   * @return bytes sent, or {@link KernelSocket#WOULD_BLOCK} if there is no credit
   * @throws ErrnoException EPIPE, ENOTCONN or the pending error
   */
  public int write(ByteBuffer src, Effects effects) throws ErrnoException {
    if ((localShutdown & SEND) != 0 || (peerShutdown & RCV) != 0) {
      throw new ErrnoException(Errno.EPIPE);
    }
    if (state != State.ESTABLISHED) {
      throw new ErrnoException(Errno.ENOTCONN);
    }
    if (!src.hasRemaining()) {
      return 0;
    }
    if (error != null) {
      throw new ErrnoException(error);
    }
    int count = (int) Math.min(src.remaining(), window.availableBytes(received.bufAlloc()));
    if (count == 0) {
      return KernelSocket.WOULD_BLOCK;
    }
    window.sent(count);
    int at = src.position();
    src.position(at + count);
    for (int end = at + count; at < end; at += Header.MAX_PAYLOAD_BYTES) {
      effects.sendData(src, at, Math.min(end - at, Header.MAX_PAYLOAD_BYTES));
    }
    return count;
  }

  /**
   * shutdown().
   *
   * @param flags the directions that this end gives up, as SHUTDOWN flags
   * @param effects what follows
   * @throws ErrnoException ENOTCONN
   */
  public void shutdown(int flags, Effects effects) throws ErrnoException {
    if (callState == CallState.UNCONNECTED) {
      throw new ErrnoException(Errno.ENOTCONN);
    }
    callState = CallState.DISCONNECTING;
    localShutdown |= flags;
    done = false; // Linux clears SOCK_DONE here, whatever it stood for
    effects.send(Op.SHUTDOWN, flags);
    effects.wakeReaders();
    effects.wakeWriters();
  }

  /**
   * close(): {@code virtio_transport_close}.
   *
   * @param effects what follows; {@link Effects#leaveTables} if the socket is gone at once, else
   *     {@link Effects#startCloseTimer}
   */
  public void close(Effects effects) {
    if (state != State.ESTABLISHED && state != State.CLOSING) {
      release(effects);
      return;
    }
    if (peerShutdown == BOTH) {
      effects.send(Op.RST, 0);
      release(effects);
      return;
    }
    if (localShutdown != BOTH) {
      localShutdown = BOTH;
      effects.send(Op.SHUTDOWN, BOTH);
    }
    if (done) {
      release(effects);
      return;
    }
    closeTimerRuns = true;
    effects.startCloseTimer();
  }

  private void release(Effects effects) {
    localShutdown = BOTH;
    done = true;
    received.discard();
    effects.leaveTables();
  }

  /**
   * Changes the receive buffer. The stack tells the peer, if there is a transport to tell it with.
   *
   * @param sizes the new sizes
   */
  public void resize(BufferSizes sizes) {
    received.resize((int) sizes.sizeBytes());
  }

  /**
   * SO_ERROR.
   *
   * @return the pending error, which is then none any more, or null
   */
  public @Nullable Errno takeError() {
    Errno taken = error;
    error = null;
    return taken;
  }

  /**
   * {@code vsock_poll} for a socket that does not listen.
   *
   * @param lowWaterBytes SO_RCVLOWAT
   * @return {@link KernelSocket}'s poll bits
   */
  public int pollEvents(long lowWaterBytes) {
    int events = 0;
    if (error != null) {
      events |= KernelSocket.POLLERR;
    }
    boolean peerSendsNoMore = (peerShutdown & SEND) != 0;
    boolean sendsNoMore = (localShutdown & SEND) != 0;
    if (localShutdown == BOTH || (sendsNoMore && peerSendsNoMore)) {
      events |= KernelSocket.POLLHUP;
    }
    if ((localShutdown & RCV) != 0 || peerSendsNoMore) {
      events |= KernelSocket.POLLRDHUP | KernelSocket.POLLIN;
    } else if (received.unreadBytes() > 0 && received.unreadBytes() >= lowWaterBytes) {
      events |= KernelSocket.POLLIN;
    }
    boolean writable =
        switch (state) {
          case ESTABLISHED -> writableBytes() > 0;
          case CLOSED, CLOSING -> true; // an unconnected socket is writable, as in Linux
          case CONNECTING -> false;
        };
    if (writable && !sendsNoMore) {
      events |= KernelSocket.POLLOUT;
    }
    return events;
  }

  /**
   * Whether getpeername() has an answer.
   *
   * @return false also after this end's own shutdown()
   */
  public boolean hasPeerName() {
    return callState == CallState.CONNECTED;
  }

  /**
   * The call's view of the connection.
   *
   * @return the state
   */
  public CallState callState() {
    return callState;
  }

  /**
   * What a packet that is sent now announces as {@code buf_alloc}.
   *
   * @return bytes, unsigned
   */
  public int stampBufAlloc() {
    return received.bufAlloc();
  }

  /**
   * What a packet that is sent now announces as {@code fwd_cnt}; the peer knows it from then on.
   *
   * @return the counter, modulo 2^32
   */
  public int stampFwdCnt() {
    return received.stampFwdCnt();
  }

  private long writableBytes() {
    return window.availableBytes(received.bufAlloc());
  }

  @Override
  public String toString() {
    return state
        + "/"
        + callState
        + (done ? " done" : "")
        + ", unread "
        + received.unreadBytes()
        + ", "
        + window;
  }
}
