package dev.vsocklab.spi.nio;

import static dev.vsocklab.spi.KernelSocket.FOREVER;
import static dev.vsocklab.spi.KernelSocket.NO_WAIT;
import static dev.vsocklab.spi.KernelSocket.POLLERR;
import static dev.vsocklab.spi.KernelSocket.POLLHUP;
import static dev.vsocklab.spi.KernelSocket.POLLIN;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.NotYetBoundException;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One listener with the JDK's channel contract. {@code acceptLock} is held by whoever accepts,
 * {@code bindLock} by whoever binds; closing takes neither and wakes them.
 */
final class VsockServerSocketChannel extends ServerSocketChannel implements PolledChannel {

  /** The backlog for callers who name none, as the JDK has it. */
  private static final int DEFAULT_BACKLOG = 50;

  private final VsockSelectorProvider machine;
  private final Face face;
  private final KernelSocket socket;
  private final Readiness readiness;
  private final ReentrantLock acceptLock = new ReentrantLock();
  private final ReentrantLock bindLock = new ReentrantLock();

  private volatile @Nullable VsockAddress localAddress;

  /** Of this channel, made when first asked for; written under this channel's monitor. */
  private volatile @Nullable VsockServerSocket socketFace;

  VsockServerSocketChannel(VsockSelectorProvider machine, Face face, KernelSocket socket) {
    super(machine);
    this.machine = machine;
    this.face = face;
    this.socket = socket;
    this.readiness = new Readiness(socket);
  }

  @Override
  public VsockServerSocketChannel bind(@Nullable SocketAddress local, int backlog)
      throws IOException {
    VsockAddress wanted = Addresses.toBind(local);
    bindLock.lock();
    try {
      ensureOpen();
      if (localAddress != null) {
        throw new AlreadyBoundException();
      }
      call(Call.BIND, wanted, () -> socket.bind(wanted));
      call(Call.LISTEN, wanted, () -> socket.listen(backlog < 1 ? DEFAULT_BACKLOG : backlog));
      call(Call.BIND, wanted, () -> localAddress = socket.localAddress());
    } finally {
      bindLock.unlock();
    }
    readiness.channelChanged();
    return this;
  }

  @Override
  public @Nullable VsockSocketChannel accept() throws IOException {
    acceptLock.lock();
    try {
      return accept(isBlocking() ? FOREVER : NO_WAIT);
    } finally {
      acceptLock.unlock();
    }
  }

  /**
   * Accepts for a server socket.
   *
   * @return the connection, or null if none came in time
   */
  @Nullable VsockSocketChannel acceptBlocking(long timeoutNanos) throws IOException {
    acceptLock.lock();
    try {
      if (!isBlocking()) {
        throw new IllegalBlockingModeException();
      }
      return accept(timeoutNanos);
    } finally {
      acceptLock.unlock();
    }
  }

  /** One accept, under {@code acceptLock}. */
  private @Nullable VsockSocketChannel accept(long timeoutNanos) throws IOException {
    ensureOpen();
    if (localAddress == null) {
      throw new NotYetBoundException();
    }
    KernelSocket accepted = null;
    if (timeoutNanos == NO_WAIT || triesBeforeWaiting()) {
      accepted = acceptNow();
    }
    if (accepted == null && timeoutNanos != NO_WAIT) {
      accepted = acceptWaiting(timeoutNanos);
    }
    return accepted == null ? null : VsockSocketChannel.accepted(machine, face, accepted);
  }

  private @Nullable KernelSocket acceptNow() throws IOException {
    try {
      return socket.accept(NO_WAIT);
    } catch (ErrnoException e) {
      throw failure(Call.ACCEPT, localAddress, e);
    }
  }

  private @Nullable KernelSocket acceptWaiting(long timeoutNanos) throws IOException {
    KernelSocket accepted = null;
    boolean handedOver = false;
    beginWait();
    try {
      accepted = socket.accept(timeoutNanos);
    } catch (ErrnoException e) {
      throw failure(Call.ACCEPT, localAddress, e);
    } finally {
      try {
        endWait(accepted != null);
        handedOver = true;
      } finally {
        if (!handedOver && accepted != null) {
          accepted.close(); // interrupted just as it came: nobody will get it
        }
      }
    }
    return accepted;
  }

  @Override
  public @Nullable SocketAddress getLocalAddress() throws IOException {
    ensureOpen();
    return localAddress;
  }

  /** The address, also after close; null while unbound. */
  @Nullable VsockAddress localAddress() {
    return localAddress;
  }

  Face face() {
    return face;
  }

  FailedCall call(Call call) {
    return new FailedCall(call, machine.machine(), localAddress, null);
  }

  @Override
  public <T> VsockServerSocketChannel setOption(SocketOption<T> name, T value) throws IOException {
    SocketOptions.check(SocketOptions.LISTENER, name, value);
    ensureOpen();
    call(Call.OPTION, localAddress, () -> socket.setOption(name, value));
    return this;
  }

  @Override
  public <T> T getOption(SocketOption<T> name) throws IOException {
    SocketOptions.check(SocketOptions.LISTENER, name);
    ensureOpen();
    try {
      return socket.getOption(name);
    } catch (ErrnoException e) {
      throw failure(Call.OPTION, localAddress, e);
    }
  }

  @Override
  public Set<SocketOption<?>> supportedOptions() {
    return SocketOptions.LISTENER;
  }

  @Override
  public VsockServerSocket socket() {
    VsockServerSocket made = socketFace;
    if (made != null) {
      return made;
    }
    synchronized (this) {
      made = socketFace;
      if (made == null) {
        made = VsockServerSocket.over(this);
        socketFace = made;
      }
      return made;
    }
  }

  @Override
  protected void implCloseSelectableChannel() {
    socket.close();
  }

  /** Waits for an accept that is under way, so that it runs in one mode. */
  @Override
  protected void implConfigureBlocking(boolean block) throws IOException {
    acceptLock.lock();
    try {
      ensureOpen();
    } finally {
      acceptLock.unlock();
    }
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
    return localAddress != null && (interestOps & SelectionKey.OP_ACCEPT) != 0 ? POLLIN : 0;
  }

  @Override
  public int readyOps(int polled, int interestOps) {
    return (polled & (POLLIN | POLLERR | POLLHUP)) != 0 ? interestOps : 0;
  }

  // -- States, waiting, failing --

  private void ensureOpen() throws ClosedChannelException {
    if (!isOpen()) {
      throw new ClosedChannelException();
    }
  }

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

  @FunctionalInterface
  private interface SocketCall {
    void run() throws ErrnoException, IOException;
  }

  private void call(Call call, @Nullable VsockAddress address, SocketCall socketCall)
      throws IOException {
    try {
      socketCall.run();
    } catch (ErrnoException e) {
      throw failure(call, address, e);
    }
  }

  private IOException failure(Call call, @Nullable VsockAddress address, ErrnoException e)
      throws IOException {
    if (e.errno() == Errno.EBADF) {
      close();
      return new AsynchronousCloseException();
    }
    return new FailedCall(call, machine.machine(), address, null).exception(e);
  }

  @Override
  public String toString() {
    return "VsockServerSocketChannel["
        + (isOpen() ? "" : "closed, ")
        + "local="
        + localAddress
        + " on "
        + machine.machine()
        + "]";
  }
}
