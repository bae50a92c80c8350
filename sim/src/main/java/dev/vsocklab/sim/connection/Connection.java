package dev.vsocklab.sim.connection;

import dev.vsocklab.Errno;
import dev.vsocklab.sim.credit.BufferSizes;
import dev.vsocklab.sim.credit.ReceiveBuffer;
import dev.vsocklab.sim.credit.ReceiveShape;
import dev.vsocklab.sim.credit.SendWindow;
import dev.vsocklab.sim.kernel.KernelHabit;
import dev.vsocklab.sim.kernel.KernelProfile;
import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.Op;
import dev.vsocklab.sim.wire.Packet;
import dev.vsocklab.sim.wire.SocketType;
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

  private final SocketType type;
  private final KernelProfile kernel;

  private SendWindow window = new SendWindow();
  private ReceiveBuffer received;

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
   * Creates an unconnected end, without a transport.
   *
   * @param type what kind of socket it is
   * @param kernel whose habits it has
   * @param sizes its buffer
   */
  public Connection(SocketType type, KernelProfile kernel, BufferSizes sizes) {
    this.type = type;
    this.kernel = kernel;
    received = new ReceiveBuffer(sizes.bufAlloc(), ReceiveShape.WHOLE, kernel);
  }

  /**
   * Gets a transport, or another one: what the old one knew is gone, the pending error and this
   * end's own shutdown stay. Source: Linux {@code vsock_assign_transport}.
   *
   * @param sizes its buffer
   * @param shape in which pieces the transport hands packets over
   * @param firstCount where byte counters begin; 0 in Linux
   */
  public void useTransport(BufferSizes sizes, ReceiveShape shape, int firstCount) {
    window = new SendWindow(firstCount);
    received = new ReceiveBuffer(sizes.bufAlloc(), shape, kernel, firstCount);
    state = State.CLOSED;
    done = false;
    peerShutdown = 0;
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
    Header header = packet.header();
    int flags = header.flags() & (Header.SEQ_EOM | Header.SEQ_EOR);
    if (received.add(packet.payload(), packet.offset(), header.lengthBytes(), flags)) {
      effects.wakeReaders();
      return;
    }
    // The peer sent beyond its credit (a4f0b001782b, 2026): the stream has a hole and must end.
    effects.send(Op.RST, 0);
    error = Errno.ENOBUFS;
    end(effects);
    effects.leaveTables();
  }

  private void peerShutsDown(int flags, Effects effects) {
    peerShutdown |= flags & BOTH;
    if (peerShutdown == BOTH) {
      if (received.unreadBytes() == 0 && !done) {
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
   * The guest's transport was reset: what is connected over it is over. Source: Linux {@code
   * virtio_vsock_reset_sock}, which leaves everything else as it is.
   *
   * @param effects what follows
   */
  public void transportReset(Effects effects) {
    state = State.CLOSED;
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
    if (kernel.has(KernelHabit.CONNECT_CLEARS_ERROR)) {
      error = null;
    }
    callState = CallState.CONNECTING;
  }

  /**
   * How a connect that was begun stands, for a caller that waits.
   *
   * @return true if connected, false if there is no answer yet
   * @throws ErrnoException what it failed with; the socket can then connect again
   */
  public boolean connectResult() throws ErrnoException {
    if (isPastConnecting()) {
      return true;
    }
    if (error == null) {
      return false;
    }
    Errno failure = error;
    error = null;
    backToUnconnected();
    throw new ErrnoException(failure);
  }

  /**
   * A caller waited for its connect as long as it may.
   *
   * @throws ErrnoException ETIMEDOUT; an answer that still comes is answered with RST
   */
  public void connectWaitIsOver() throws ErrnoException {
    backToUnconnected();
    throw new ErrnoException(Errno.ETIMEDOUT);
  }

  private void backToUnconnected() {
    state = State.CLOSED;
    callState = CallState.UNCONNECTED;
  }

  private boolean isPastConnecting() {
    return state == State.ESTABLISHED || state == State.CLOSING;
  }

  // ---- what the calls that may wait go by
  // --------------------------------------------------------

  SocketType type() {
    return type;
  }

  KernelProfile kernel() {
    return kernel;
  }

  /**
   * recv(): first look.
   *
   * @return false if it gives 0 at once
   */
  boolean mayReceive() throws ErrnoException {
    if (state != State.ESTABLISHED) {
      if (done) {
        return false; // whatever error is pending
      }
      throw new ErrnoException(Errno.ENOTCONN);
    }
    return (localShutdown & RCV) == 0; // else 0, even with data queued
  }

  /** Whether a recv() that found nothing has nothing to wait for. */
  boolean receivesNoMore() {
    return error != null || (localShutdown & RCV) != 0 || (peerShutdown & SEND) != 0;
  }

  ReceiveBuffer received() {
    return received;
  }

  @Nullable Errno error() {
    return error;
  }

  /** send(): first look. */
  void checkMaySend() throws ErrnoException {
    if (sendsNoMore()) {
      throw brokenPipe();
    }
    if (state != State.ESTABLISHED) {
      throw new ErrnoException(Errno.ENOTCONN);
    }
  }

  /** Whether this end or the peer gave up the direction from here to there. */
  boolean sendsNoMore() {
    return (localShutdown & SEND) != 0 || (peerShutdown & RCV) != 0;
  }

  /** EPIPE; or what {@code sk_stream_error} makes of it. */
  ErrnoException brokenPipe() {
    Errno pending = error;
    if (type == SocketType.STREAM
        && pending != null
        && kernel.has(KernelHabit.EPIPE_GIVES_WAY_TO_PENDING_ERROR)) {
      error = null;
      return new ErrnoException(pending);
    }
    return new ErrnoException(Errno.EPIPE);
  }

  long largestMessageBytes() {
    return window.largestBytes(received.bufAlloc());
  }

  /**
   * Sends what credit allows now.
   *
   * @param src what; its position does not move
   * @param offset where the rest of it begins
   * @param lastFlags what the packet carries that ends with the last byte
   * @param effects what follows
   * @return bytes sent
   */
  int sendSome(ByteBuffer src, int offset, int lastFlags, Effects effects) {
    int count = (int) Math.min(src.limit() - offset, writableBytes());
    window.sent(count);
    int at = offset;
    for (int end = at + count; at < end; ) {
      int length = Math.min(end - at, Header.MAX_PAYLOAD_BYTES);
      effects.sendData(src, at, length, at + length == src.limit() ? lastFlags : 0);
      at += length;
    }
    return count;
  }

  /** Bytes that may be sent now. */
  long writableBytes() {
    return window.availableBytes(received.bufAlloc());
  }

  // ---- other calls
  // -------------------------------------------------------------------------------

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
   * close(), first half: {@code virtio_transport_close}.
   *
   * @param effects what follows; {@link Effects#leaveTables} if the socket is gone at once
   * @return true if the peer's RST is to be waited for: {@link #finishClose}
   */
  public boolean beginClose(Effects effects) {
    if (!isPastConnecting()) {
      release(effects);
      return false;
    }
    if (peerShutdown == BOTH) {
      effects.send(Op.RST, 0);
      release(effects);
      return false;
    }
    if (localShutdown != BOTH) {
      effects.send(Op.SHUTDOWN, BOTH);
    }
    return true;
  }

  /**
   * Whether a lingering close has nothing to linger for any more.
   *
   * @param unsentBytes what was not handed over yet
   * @return true if it may go on
   */
  public boolean lingersNoMore(long unsentBytes) {
    return kernel.has(KernelHabit.LINGER_WAITS_FOR_UNSENT) ? unsentBytes == 0 : done;
  }

  /**
   * close(), second half: lingering, if any, is over.
   *
   * @param effects what follows; {@link Effects#leaveTables} if the peer's RST came, else {@link
   *     Effects#startCloseTimer}
   */
  public void finishClose(Effects effects) {
    localShutdown = BOTH;
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
    received.resize(sizes.bufAlloc());
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
   * {@code vsock_poll}, but for a listener's queue.
   *
   * @param lowWaterBytes SO_RCVLOWAT
   * @param listening whether the socket listens
   * @return {@link KernelSocket}'s poll bits
   */
  public int pollEvents(long lowWaterBytes, boolean listening) {
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
      events |= KernelSocket.POLLIN; // in bytes, also for SOCK_SEQPACKET
    }
    boolean writable =
        switch (state) {
          case ESTABLISHED -> writableBytes() > 0;
          case CLOSED, CLOSING -> !listening; // an unconnected socket is writable, as in Linux
          case CONNECTING -> false;
        };
    if (writable && !sendsNoMore) {
      events |= KernelSocket.POLLOUT;
    }
    return events;
  }

  /**
   * Whether a new SO_RCVLOWAT is a reason to tell the peer of this end's credit.
   *
   * @param lowWaterBytes the new mark
   * @return true if a CREDIT_UPDATE is to be sent
   */
  public boolean lowWaterTellsCredit(long lowWaterBytes) {
    return kernel.has(KernelHabit.LOW_WATER_TELLS_CREDIT)
        && received.lowWaterTellsCredit(lowWaterBytes);
  }

  /**
   * What SIOCINQ counts.
   *
   * @return bytes
   */
  public long unreadBytes() {
    return received.unreadBytes();
  }

  /**
   * Bytes that are there to be read.
   *
   * @return 0 or more
   */
  public long storedBytes() {
    return received.storedBytes();
  }

  /**
   * Whether a reader that waits could go on: there is a byte or a whole message, or nothing more
   * comes.
   *
   * @return true if so
   */
  public boolean hasInput() {
    boolean data = type == SocketType.STREAM ? storedBytes() > 0 : received.messages() > 0;
    return data || receivesNoMore();
  }

  /**
   * Whether a writer that waits could go on.
   *
   * @return true if there is credit, or nothing can be sent any more
   */
  public boolean hasOutput() {
    return switch (state) {
      case CONNECTING -> error != null;
      case ESTABLISHED -> writableBytes() > 0 || sendsNoMore() || error != null;
      case CLOSED, CLOSING -> sendsNoMore() || error != null;
    };
  }

  /**
   * What this end may send by what the peer said.
   *
   * @return the window, to look at
   */
  public SendWindow window() {
    return window;
  }

  /**
   * The {@code fwd_cnt} that the peer was told last.
   *
   * @return the counter, modulo 2^32
   */
  public int toldFwdCnt() {
    return received.toldFwdCnt();
  }

  /**
   * Directions that this end gave up.
   *
   * @return SHUTDOWN flags
   */
  public int localShutdown() {
    return localShutdown;
  }

  /**
   * Directions that the peer gave up, or that ended with the connection.
   *
   * @return SHUTDOWN flags
   */
  public int peerShutdown() {
    return peerShutdown;
  }

  /**
   * Whether the close timer runs: the peer's RST is waited for.
   *
   * @return true if so
   */
  public boolean waitsForReset() {
    return closeTimerRuns;
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

  @Override
  public String toString() {
    return state
        + "/"
        + callState
        + (done ? " done" : "")
        + ", rx_bytes "
        + received.unreadBytes()
        + ", "
        + window;
  }
}
