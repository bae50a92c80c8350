package dev.vsocklab.spi.nio;

import static dev.vsocklab.spi.KernelSocket.EOF;
import static dev.vsocklab.spi.KernelSocket.FOREVER;
import static dev.vsocklab.spi.KernelSocket.NO_WAIT;
import static dev.vsocklab.spi.KernelSocket.POLLERR;
import static dev.vsocklab.spi.KernelSocket.POLLHUP;
import static dev.vsocklab.spi.KernelSocket.POLLIN;
import static dev.vsocklab.spi.KernelSocket.POLLNVAL;
import static dev.vsocklab.spi.KernelSocket.POLLOUT;
import static dev.vsocklab.spi.KernelSocket.WOULD_BLOCK;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockTimeoutException;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import dev.vsocklab.spi.KernelSocket.Direction;
import dev.vsocklab.spi.KernelSocket.Waiting;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.NoConnectionPendingException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SelectionKey;
import java.util.Locale;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The JDK's channel contract for one connection, stream or SEQPACKET: its states, its two
 * directions, what waits and what wakes it.
 *
 * <p>A reader holds {@code readLock} and a writer {@code writeLock}, so one of each run at a time;
 * whatever changes the channel's state takes both, in that order. Closing takes neither: it closes
 * the socket, which wakes whoever waits in it.
 */
final class Connection extends SocketCore {

  private enum State {
    UNCONNECTED,
    PENDING,
    CONNECTED
  }

  final ReentrantLock readLock;
  final ReentrantLock writeLock;

  private volatile State state = State.UNCONNECTED;
  private volatile @Nullable VsockAddress remoteAddress;
  private volatile boolean inputShut;
  private volatile boolean outputShut;

  /** An unconnected one. */
  Connection(VsockSelectorProvider machine, Face face, KernelSocket socket, OwningChannel channel) {
    super(machine, face, socket, channel, SocketOptions.CONNECTION);
    readLock = machine.newLock();
    writeLock = machine.newLock();
  }

  /** Takes the addresses of a connection that a listener gave; closes the socket if it cannot. */
  void accepted() throws IOException {
    try {
      localAddress = socket.localAddress();
      remoteAddress = socket.remoteAddress();
    } catch (ErrnoException e) {
      socket.close();
      throw failure(Call.ACCEPT, e);
    } catch (IOException e) {
      socket.close();
      throw e;
    }
    state = State.CONNECTED;
  }

  // -- Reading --

  /**
   * One read, under {@code readLock}.
   *
   * @return what {@code how} gives; {@link KernelSocket#EOF} also after {@link #shutdownInput}, 0
   *     also without room
   */
  int receive(Reading how, ByteBuffer dst, long timeoutNanos) throws IOException {
    ensureConnected();
    if (inputShut) {
      return EOF;
    }
    if (!dst.hasRemaining()) {
      return 0;
    }
    if (timeoutNanos == NO_WAIT || (how.triedFirst() && triesBeforeWaiting())) {
      int n = receiveNow(how, dst);
      if (n != WOULD_BLOCK || timeoutNanos == NO_WAIT) {
        return n;
      }
    }
    int n = WOULD_BLOCK;
    beginWait();
    try {
      n = how.read(socket, dst, timeoutNanos);
    } catch (ErrnoException e) {
      throw failure(how.call(), e);
    } finally {
      endWait(n > 0);
    }
    return n <= 0 && inputShut ? EOF : n;
  }

  private int receiveNow(Reading how, ByteBuffer dst) throws IOException {
    try {
      return how.read(socket, dst, NO_WAIT);
    } catch (ErrnoException e) {
      throw failure(how.call(), e);
    }
  }

  /**
   * A channel's result for a read of its own mode: nothing to read is 0 if it may not wait.
   *
   * @throws VsockTimeoutException if it waited as long as RECEIVE_TIMEOUT allows
   */
  int readResult(Reading how, int result, long timeoutNanos) throws IOException {
    if (result != WOULD_BLOCK) {
      return result;
    }
    if (timeoutNanos == NO_WAIT) {
      return 0;
    }
    throw call(how.call()).ranOut();
  }

  // -- Writing --

  /**
   * One write, under {@code writeLock}: all, or what fits in its time.
   *
   * @return bytes, or {@link KernelSocket#WOULD_BLOCK} if not even one
   */
  int send(Writing how, ByteBuffer src, long timeoutNanos) throws IOException {
    ensureSending();
    if (!src.hasRemaining()) {
      return 0;
    }
    int sent = 0;
    if (timeoutNanos == NO_WAIT || (how.triedFirst() && triesBeforeWaiting())) {
      int n = sendNow(how, src);
      if (!src.hasRemaining() || timeoutNanos == NO_WAIT) {
        return n;
      }
      sent = Math.max(n, 0);
    }
    int n = WOULD_BLOCK;
    beginWait();
    try {
      n = how.write(socket, src, timeoutNanos);
    } catch (ErrnoException e) {
      if (outputShut && face == Face.CHANNEL) {
        throw new AsynchronousCloseException();
      }
      throw failure(Call.WRITE, e);
    } finally {
      endWait(sent > 0 || n > 0);
    }
    return sent > 0 ? sent + Math.max(n, 0) : n;
  }

  /** Makes the kernel's call without waiting, also with nothing to write. */
  int sendNow(Writing how, ByteBuffer src) throws IOException {
    try {
      return how.write(socket, src, NO_WAIT);
    } catch (ErrnoException e) {
      throw failure(Call.WRITE, e);
    }
  }

  void ensureSending() throws ClosedChannelException {
    ensureConnected();
    if (outputShut && face == Face.CHANNEL) {
      throw new ClosedChannelException();
    }
  }

  /**
   * A channel's result for a write of its own mode: nothing written is 0 if it may not wait.
   *
   * @throws VsockTimeoutException if it waited as long as SEND_TIMEOUT allows
   */
  long writeResult(long result, long timeoutNanos) throws IOException {
    if (result != WOULD_BLOCK) {
      return result;
    }
    if (timeoutNanos == NO_WAIT) {
      return 0;
    }
    throw sendTimeoutRanOut();
  }

  VsockTimeoutException sendTimeoutRanOut() {
    return call(Call.WRITE).ranOut();
  }

  /** Bytes that wait in the socket. */
  long queuedBytes(Waiting which) throws IOException {
    ensureConnected();
    try {
      return socket.queuedBytes(which);
    } catch (ErrnoException e) {
      throw failure(Call.QUEUED, e);
    }
  }

  /** Bytes that a stream's read gets without waiting, as far as the kernel tells; else 0. */
  int available() throws IOException {
    ensureConnected();
    if (inputShut) {
      return 0;
    }
    try {
      return (int) Math.min(socket.queuedBytes(Waiting.UNREAD), Integer.MAX_VALUE);
    } catch (ErrnoException e) {
      if (e.errno() == Errno.ENOTTY || e.errno() == Errno.EOPNOTSUPP) {
        return 0;
      }
      throw failure(Call.QUEUED, e);
    }
  }

  // -- Connecting --

  void bind(@Nullable SocketAddress local) throws IOException {
    VsockAddress wanted = Addresses.toBind(local);
    readLock.lock();
    writeLock.lock();
    try {
      ensureOpen();
      if (state == State.PENDING) {
        throw new ConnectionPendingException();
      }
      if (localAddress != null) {
        throw new AlreadyBoundException();
      }
      try {
        socket.bind(wanted);
        localAddress = socket.localAddress();
      } catch (ErrnoException e) {
        throw failure(new FailedCall(Call.BIND, machine.machine(), wanted, null), e);
      }
    } finally {
      writeLock.unlock();
      readLock.unlock();
    }
  }

  /** Connects in the channel's own mode. */
  boolean connect(SocketAddress remote) throws IOException {
    VsockAddress to = Addresses.remote(remote);
    readLock.lock();
    writeLock.lock();
    try {
      return connectOrClose(to, timeoutNanos());
    } finally {
      writeLock.unlock();
      readLock.unlock();
    }
  }

  /**
   * Connects for a socket.
   *
   * @param timeoutNanos how long to wait, besides the socket's own connect timeout
   * @throws VsockTimeoutException if there was no answer; the channel is closed
   */
  void connectBlocking(VsockAddress to, long timeoutNanos) throws IOException {
    readLock.lock();
    writeLock.lock();
    try {
      ensureOpen();
      ensureBlocking();
      if (!connectOrClose(to, timeoutNanos)) {
        close();
        throw call(Call.CONNECT).timedOut(timeoutNanos);
      }
    } finally {
      writeLock.unlock();
      readLock.unlock();
    }
  }

  boolean finishConnect() throws IOException {
    readLock.lock();
    writeLock.lock();
    try {
      if (isConnected()) {
        return true;
      }
      ensureOpen();
      if (state != State.PENDING) {
        throw new NoConnectionPendingException();
      }
      try {
        boolean connected = timeoutNanos() == FOREVER ? awaitConnected(FOREVER) : finishNow();
        return connected && established();
      } catch (IOException e) {
        close();
        throw e;
      }
    } finally {
      writeLock.unlock();
      readLock.unlock();
    }
  }

  private boolean connectOrClose(VsockAddress to, long timeoutNanos) throws IOException {
    ensureOpen();
    switch (state) {
      case CONNECTED -> throw new AlreadyConnectedException();
      case PENDING -> throw new ConnectionPendingException();
      case UNCONNECTED -> {}
    }
    remoteAddress = to;
    state = State.PENDING;
    try {
      boolean connected;
      if (timeoutNanos == FOREVER) {
        connected = connectWaiting(to);
      } else {
        connected = connectNow(to) || (timeoutNanos != NO_WAIT && awaitConnected(timeoutNanos));
      }
      if (connected) {
        return established();
      }
      readiness().channelChanged();
      return false;
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  private boolean connectNow(VsockAddress to) throws IOException {
    try {
      return socket.connect(to, NO_WAIT);
    } catch (ErrnoException e) {
      throw failure(Call.CONNECT, e);
    }
  }

  private boolean connectWaiting(VsockAddress to) throws IOException {
    boolean connected = false;
    beginWait();
    try {
      connected = socket.connect(to, FOREVER);
    } catch (ErrnoException e) {
      throw failure(Call.CONNECT, e);
    } finally {
      endWait(connected);
    }
    return connected;
  }

  /** Waits for the answer to a connect that goes on in the background. */
  private boolean awaitConnected(long timeoutNanos) throws IOException {
    boolean connected = false;
    beginWait();
    try {
      connected = answered(timeoutNanos);
    } catch (ErrnoException e) {
      throw failure(Call.CONNECT, e);
    } finally {
      endWait(connected);
    }
    return connected;
  }

  private boolean finishNow() throws IOException {
    try {
      return answered(NO_WAIT);
    } catch (ErrnoException e) {
      throw failure(Call.CONNECT, e);
    }
  }

  /**
   * Whether the connect's answer came, and was yes. Writable alone says nothing: a refused vsock
   * socket is writable too, its refusal stands in SO_ERROR.
   */
  private boolean answered(long timeoutNanos) throws ErrnoException, IOException {
    int polled = socket.poll(POLLOUT, timeoutNanos);
    if (polled == 0) {
      return false;
    }
    if ((polled & POLLNVAL) != 0) {
      throw new ErrnoException(Errno.EBADF);
    }
    Errno refusal = socket.takeError();
    if (refusal != null) {
      throw new ErrnoException(refusal, socket.explain(refusal));
    }
    if ((polled & (POLLERR | POLLHUP)) != 0) {
      // ENOTCONN unless it did connect, before whatever happened since.
      VsockAddress unused = socket.remoteAddress();
    }
    return true;
  }

  private boolean established() throws IOException {
    try {
      localAddress = socket.localAddress();
    } catch (ErrnoException e) {
      throw failure(Call.CONNECT, e);
    }
    state = State.CONNECTED;
    readiness().channelChanged();
    return true;
  }

  // -- Ending --

  void shutdownInput() throws IOException {
    ensureConnected();
    if (!inputShut) {
      inputShut = true;
      shutdown(Direction.READ);
    }
  }

  void shutdownOutput() throws IOException {
    ensureConnected();
    if (!outputShut) {
      outputShut = true;
      shutdown(Direction.WRITE);
    }
  }

  private void shutdown(Direction direction) throws IOException {
    try {
      socket.shutdown(direction);
    } catch (ErrnoException e) {
      // A connection that is gone is shut both ways, as TCP's channels take it too.
      if (e.errno() != Errno.ENOTCONN) {
        throw failure(Call.SHUTDOWN, e);
      }
    }
  }

  /** Waits for reads and writes that are under way, so that each runs in one mode. */
  void awaitCalls() throws IOException {
    readLock.lock();
    writeLock.lock();
    try {
      ensureOpen();
    } finally {
      writeLock.unlock();
      readLock.unlock();
    }
  }

  // -- What the faces ask --

  boolean isConnected() {
    return state == State.CONNECTED && isOpen();
  }

  boolean isConnectionPending() {
    return state == State.PENDING && isOpen();
  }

  /** Whether it ever was connected, closed or not. */
  boolean wasConnected() {
    return state == State.CONNECTED;
  }

  boolean isInputShut() {
    return inputShut;
  }

  boolean isOutputShut() {
    return outputShut;
  }

  /** The other end's address, also after close; null before connect. */
  @Nullable VsockAddress remoteAddress() {
    return remoteAddress;
  }

  /** The other end's address, for {@code getRemoteAddress}. */
  @Nullable VsockAddress openRemoteAddress() throws ClosedChannelException {
    ensureOpen();
    return remoteAddress;
  }

  // -- What a selector asks --

  @Override
  int eventsFor(int interestOps) {
    return switch (state) {
      case UNCONNECTED -> 0;
      case PENDING -> (interestOps & SelectionKey.OP_CONNECT) != 0 ? POLLOUT : 0;
      case CONNECTED ->
          ((interestOps & SelectionKey.OP_READ) != 0 ? POLLIN : 0)
              | ((interestOps & SelectionKey.OP_WRITE) != 0 ? POLLOUT : 0);
    };
  }

  @Override
  int readyOps(int polled, int interestOps) {
    if ((polled & (POLLERR | POLLHUP)) != 0) {
      return interestOps;
    }
    int ops = 0;
    if ((polled & POLLIN) != 0) {
      ops |= SelectionKey.OP_READ;
    }
    if ((polled & POLLOUT) != 0) {
      ops |= state == State.PENDING ? SelectionKey.OP_CONNECT : SelectionKey.OP_WRITE;
    }
    return ops & interestOps;
  }

  // -- States and failing --

  void ensureConnected() throws ClosedChannelException {
    ensureOpen();
    if (state != State.CONNECTED) {
      throw new NotYetConnectedException();
    }
  }

  @Override
  FailedCall call(Call call) {
    VsockAddress local = localAddress;
    if (local == null) {
      try {
        local = Addresses.bound(socket.localAddress());
      } catch (ErrnoException | IOException e) {
        // Only for a message: a closed or unreachable socket has none to tell.
      }
    }
    return new FailedCall(call, machine.machine(), local, remoteAddress);
  }

  private IOException failure(Call call, ErrnoException e) throws IOException {
    return e.errno() == Errno.EBADF ? closedBeneath() : failure(call(call), e);
  }

  /** For a channel's {@code toString}. */
  String text(String type) {
    String how = isOpen() ? state.name().toLowerCase(Locale.ROOT) : "closed";
    return type
        + "["
        + how
        + " on "
        + machine.machine()
        + ", local="
        + localAddress
        + ", remote="
        + remoteAddress
        + "]";
  }
}
