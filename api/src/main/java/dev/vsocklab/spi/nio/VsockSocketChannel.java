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
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import dev.vsocklab.spi.KernelSocket.Direction;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.NoConnectionPendingException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One stream connection with the JDK's channel contract.
 *
 * <p>A reader holds {@code readLock} and a writer {@code writeLock}, so one of each run at a time;
 * whatever changes the channel's state takes both, in that order. Closing takes neither: it closes
 * the socket, which wakes whoever waits in it.
 */
final class VsockSocketChannel extends SocketChannel implements PolledChannel {

  private enum State {
    UNCONNECTED,
    PENDING,
    CONNECTED
  }

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final VsockSelectorProvider machine;
  private final Face face;
  private final KernelSocket socket;
  private final Readiness readiness;
  private final ReentrantLock readLock = new ReentrantLock();
  private final ReentrantLock writeLock = new ReentrantLock();

  private volatile State state = State.UNCONNECTED;
  private volatile @Nullable VsockAddress localAddress;
  private volatile @Nullable VsockAddress remoteAddress;
  private volatile boolean inputShut;
  private volatile boolean outputShut;

  /** Of this channel, made when first asked for; written under this channel's monitor. */
  private volatile @Nullable VsockSocket socketFace;

  /** Where gathering writes are put together; made when first needed, under {@code writeLock}. */
  private @Nullable Gathering gathering;

  /** An unconnected channel. */
  VsockSocketChannel(VsockSelectorProvider machine, Face face, KernelSocket socket) {
    super(machine);
    this.machine = machine;
    this.face = face;
    this.socket = socket;
    this.readiness = new Readiness(socket);
  }

  /** The channel of a connection that a listener gave. */
  static VsockSocketChannel accepted(VsockSelectorProvider machine, Face face, KernelSocket socket)
      throws IOException {
    VsockSocketChannel channel = new VsockSocketChannel(machine, face, socket);
    try {
      channel.localAddress = socket.localAddress();
      channel.remoteAddress = socket.remoteAddress();
    } catch (ErrnoException e) {
      socket.close();
      throw channel.failure(Call.ACCEPT, e);
    } catch (IOException e) {
      socket.close();
      throw e;
    }
    channel.state = State.CONNECTED;
    return channel;
  }

  // -- Reading --

  @Override
  public int read(ByteBuffer dst) throws IOException {
    requireWritable(dst);
    readLock.lock();
    try {
      return countOf(receive(dst, isBlocking() ? FOREVER : NO_WAIT));
    } finally {
      readLock.unlock();
    }
  }

  @Override
  public long read(ByteBuffer[] dsts, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, dsts.length);
    for (int i = offset; i < offset + length; i++) {
      requireWritable(dsts[i]);
    }
    readLock.lock();
    try {
      long total = 0;
      for (int i = offset; i < offset + length; i++) {
        ByteBuffer dst = dsts[i];
        if (!dst.hasRemaining()) {
          continue;
        }
        if (total == 0) {
          total = countOf(receive(dst, isBlocking() ? FOREVER : NO_WAIT));
        } else {
          total += receiveMore(dst);
        }
        if (dst.hasRemaining()) {
          return total;
        }
      }
      return total > 0 ? total : receive(NOTHING, NO_WAIT);
    } finally {
      readLock.unlock();
    }
  }

  /**
   * Reads for an input stream.
   *
   * @return bytes read, {@link KernelSocket#EOF}, or {@link KernelSocket#WOULD_BLOCK} after the
   *     timeout
   */
  int readBlocking(ByteBuffer dst, long timeoutNanos) throws IOException {
    readLock.lock();
    try {
      ensureConnected();
      ensureBlocking();
      return receive(dst, timeoutNanos);
    } finally {
      readLock.unlock();
    }
  }

  /** One read, under {@code readLock}. */
  private int receive(ByteBuffer dst, long timeoutNanos) throws IOException {
    ensureConnected();
    if (inputShut) {
      return EOF;
    }
    if (!dst.hasRemaining()) {
      return 0;
    }
    if (timeoutNanos == NO_WAIT || triesBeforeWaiting()) {
      int n = receiveNow(dst);
      if (n != WOULD_BLOCK || timeoutNanos == NO_WAIT) {
        return n;
      }
    }
    int n = WOULD_BLOCK;
    beginWait();
    try {
      n = socket.read(dst, timeoutNanos);
    } catch (ErrnoException e) {
      throw failure(Call.READ, e);
    } finally {
      endWait(n > 0);
    }
    return n <= 0 && inputShut ? EOF : n;
  }

  private int receiveNow(ByteBuffer dst) throws IOException {
    try {
      return socket.read(dst, NO_WAIT);
    } catch (ErrnoException e) {
      throw failure(Call.READ, e);
    }
  }

  /** Reads what is there for a scattering read that has read some: the next call tells the rest. */
  private int receiveMore(ByteBuffer dst) throws IOException {
    try {
      return Math.max(socket.read(dst, NO_WAIT), 0);
    } catch (ErrnoException e) {
      return 0; // a vsock connection in error stays so
    }
  }

  // -- Writing --

  @Override
  public int write(ByteBuffer src) throws IOException {
    Objects.requireNonNull(src);
    writeLock.lock();
    try {
      return send(src, isBlocking() ? FOREVER : NO_WAIT);
    } finally {
      writeLock.unlock();
    }
  }

  @Override
  public long write(ByteBuffer[] srcs, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, srcs.length);
    for (int i = offset; i < offset + length; i++) {
      Objects.requireNonNull(srcs[i]);
    }
    writeLock.lock();
    try {
      if (gathering == null) {
        gathering = new Gathering();
      }
      return gathering.write(this, srcs, offset, length, isBlocking() ? FOREVER : NO_WAIT);
    } finally {
      writeLock.unlock();
    }
  }

  /** Writes all of it, for an output stream. */
  void writeBlocking(ByteBuffer src) throws IOException {
    writeLock.lock();
    try {
      ensureConnected();
      ensureBlocking();
      do {
        // A count short of all comes before an error, which the next call tells.
        send(src, FOREVER);
      } while (src.hasRemaining());
    } finally {
      writeLock.unlock();
    }
  }

  /** One write, under {@code writeLock}: all, or what fits now where it may not wait. */
  int send(ByteBuffer src, long timeoutNanos) throws IOException {
    ensureConnected();
    if (outputShut && face == Face.CHANNEL) {
      throw new ClosedChannelException();
    }
    if (!src.hasRemaining()) {
      return 0;
    }
    int sent = 0;
    if (timeoutNanos == NO_WAIT || triesBeforeWaiting()) {
      sent = sendNow(src);
      if (!src.hasRemaining() || timeoutNanos == NO_WAIT) {
        return sent;
      }
    }
    int n = 0;
    beginWait();
    try {
      n = socket.write(src, timeoutNanos);
    } catch (ErrnoException e) {
      if (outputShut && face == Face.CHANNEL) {
        throw new AsynchronousCloseException();
      }
      throw failure(Call.WRITE, e);
    } finally {
      endWait(sent + n > 0);
    }
    return sent + Math.max(n, 0);
  }

  private int sendNow(ByteBuffer src) throws IOException {
    try {
      return Math.max(socket.write(src, NO_WAIT), 0);
    } catch (ErrnoException e) {
      throw failure(Call.WRITE, e);
    }
  }

  // -- Connecting --

  @Override
  public VsockSocketChannel bind(@Nullable SocketAddress local) throws IOException {
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
    return this;
  }

  @Override
  public boolean connect(SocketAddress remote) throws IOException {
    VsockAddress to = Addresses.remote(remote);
    readLock.lock();
    writeLock.lock();
    try {
      return connectOrClose(to, isBlocking() ? FOREVER : NO_WAIT);
    } finally {
      writeLock.unlock();
      readLock.unlock();
    }
  }

  /**
   * Connects for a socket.
   *
   * @param timeoutNanos how long to wait, besides the socket's own connect timeout
   * @throws dev.vsocklab.VsockTimeoutException if there was no answer; the channel is closed
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

  @Override
  public boolean finishConnect() throws IOException {
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
        boolean connected = isBlocking() ? awaitConnected(FOREVER) : finishNow();
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
      readiness.channelChanged();
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
    readiness.channelChanged();
    return true;
  }

  // -- Ending --

  @Override
  public VsockSocketChannel shutdownInput() throws IOException {
    ensureOpen();
    if (state != State.CONNECTED) {
      throw new NotYetConnectedException();
    }
    if (!inputShut) {
      inputShut = true;
      shutdown(Direction.READ);
    }
    return this;
  }

  @Override
  public VsockSocketChannel shutdownOutput() throws IOException {
    ensureOpen();
    if (state != State.CONNECTED) {
      throw new NotYetConnectedException();
    }
    if (!outputShut) {
      outputShut = true;
      shutdown(Direction.WRITE);
    }
    return this;
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

  @Override
  protected void implCloseSelectableChannel() {
    socket.close();
  }

  /** Waits for reads and writes that are under way, so that each runs in one mode. */
  @Override
  protected void implConfigureBlocking(boolean block) throws IOException {
    readLock.lock();
    writeLock.lock();
    try {
      ensureOpen();
    } finally {
      writeLock.unlock();
      readLock.unlock();
    }
  }

  // -- Addresses, options, socket() --

  @Override
  public @Nullable SocketAddress getLocalAddress() throws IOException {
    ensureOpen();
    return localAddress;
  }

  @Override
  public @Nullable SocketAddress getRemoteAddress() throws IOException {
    ensureOpen();
    return remoteAddress;
  }

  @Override
  public <T> VsockSocketChannel setOption(SocketOption<T> name, T value) throws IOException {
    SocketOptions.check(SocketOptions.STREAM, name, value);
    ensureOpen();
    try {
      socket.setOption(name, value);
    } catch (ErrnoException e) {
      throw failure(Call.OPTION, e);
    }
    return this;
  }

  @Override
  public <T> T getOption(SocketOption<T> name) throws IOException {
    SocketOptions.check(SocketOptions.STREAM, name);
    ensureOpen();
    try {
      return socket.getOption(name);
    } catch (ErrnoException e) {
      throw failure(Call.OPTION, e);
    }
  }

  @Override
  public Set<SocketOption<?>> supportedOptions() {
    return SocketOptions.STREAM;
  }

  @Override
  public VsockSocket socket() {
    VsockSocket made = socketFace;
    if (made != null) {
      return made;
    }
    synchronized (this) {
      made = socketFace;
      if (made == null) {
        made = VsockSocket.over(this);
        socketFace = made;
      }
      return made;
    }
  }

  // -- What a socket face asks --

  @Override
  public boolean isConnected() {
    return state == State.CONNECTED && isOpen();
  }

  @Override
  public boolean isConnectionPending() {
    return state == State.PENDING && isOpen();
  }

  /** Whether it ever was connected, closed or not. */
  boolean wasConnected() {
    return state == State.CONNECTED;
  }

  Face face() {
    return face;
  }

  boolean isInputShut() {
    return inputShut;
  }

  boolean isOutputShut() {
    return outputShut;
  }

  /** This end's address, also after close; null while unbound. */
  @Nullable VsockAddress localAddress() {
    return localAddress;
  }

  /** The other end's address, also after close; null before connect. */
  @Nullable VsockAddress remoteAddress() {
    return remoteAddress;
  }

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

  // -- What a selector asks --

  @Override
  public KernelSocket streamSocket() {
    return socket;
  }

  @Override
  public Readiness readiness() {
    return readiness;
  }

  @Override
  public int eventsFor(int interestOps) {
    return switch (state) {
      case UNCONNECTED -> 0;
      case PENDING -> (interestOps & SelectionKey.OP_CONNECT) != 0 ? POLLOUT : 0;
      case CONNECTED ->
          ((interestOps & SelectionKey.OP_READ) != 0 ? POLLIN : 0)
              | ((interestOps & SelectionKey.OP_WRITE) != 0 ? POLLOUT : 0);
    };
  }

  @Override
  public int readyOps(int polled, int interestOps) {
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

  // -- States, waiting, failing --

  private void ensureOpen() throws ClosedChannelException {
    if (!isOpen()) {
      throw new ClosedChannelException();
    }
  }

  private void ensureConnected() throws ClosedChannelException {
    ensureOpen();
    if (state != State.CONNECTED) {
      throw new NotYetConnectedException();
    }
  }

  private void ensureBlocking() {
    if (!isBlocking()) {
      throw new IllegalBlockingModeException();
    }
  }

  /**
   * Whether to try without waiting first, which spares {@link #beginWait} when there is nothing to
   * wait for. Not for a thread that is interrupted: its call must close the channel.
   */
  private boolean triesBeforeWaiting() {
    return machine.cheapCalls()
        && !(face == Face.CHANNEL && Thread.currentThread().isInterrupted());
  }

  private void beginWait() {
    if (face == Face.CHANNEL) {
      begin();
    }
  }

  private void endWait(boolean completed) throws AsynchronousCloseException {
    if (face == Face.CHANNEL) {
      end(completed);
    } else if (!completed && !isOpen()) {
      throw new AsynchronousCloseException();
    }
  }

  private IOException failure(Call call, ErrnoException e) throws IOException {
    return e.errno() == Errno.EBADF ? closedBeneath() : call(call).exception(e);
  }

  private IOException failure(FailedCall call, ErrnoException e) throws IOException {
    return e.errno() == Errno.EBADF ? closedBeneath() : call.exception(e);
  }

  /** The socket was closed during the call: by this channel's close, or by its machine. */
  private IOException closedBeneath() throws IOException {
    close();
    return new AsynchronousCloseException();
  }

  private static void requireWritable(ByteBuffer dst) {
    if (dst.isReadOnly()) {
      throw new IllegalArgumentException("The buffer to read into is read-only.");
    }
  }

  /** A channel's result for a socket's: nothing to do is 0. */
  private static int countOf(int result) {
    return result == WOULD_BLOCK ? 0 : result;
  }

  @Override
  public String toString() {
    String how = isOpen() ? state.name().toLowerCase(Locale.ROOT) : "closed";
    return "VsockSocketChannel["
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
