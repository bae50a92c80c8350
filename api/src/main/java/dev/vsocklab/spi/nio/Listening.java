package dev.vsocklab.spi.nio;

import static dev.vsocklab.spi.KernelSocket.NO_WAIT;
import static dev.vsocklab.spi.KernelSocket.POLLERR;
import static dev.vsocklab.spi.KernelSocket.POLLHUP;
import static dev.vsocklab.spi.KernelSocket.POLLIN;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.NotYetBoundException;
import java.nio.channels.SelectionKey;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The JDK's channel contract for one listener, stream or SEQPACKET. {@code acceptLock} is held by
 * whoever accepts, {@code bindLock} by whoever binds; closing takes neither and wakes them.
 */
final class Listening extends SocketCore {

  /** The backlog for callers who name none, as the JDK has it. */
  private static final int DEFAULT_BACKLOG = 50;

  private final ReentrantLock acceptLock;
  private final ReentrantLock bindLock;

  Listening(VsockSelectorProvider machine, Face face, KernelSocket socket, OwningChannel channel) {
    super(machine, face, socket, channel, SocketOptions.LISTENER);
    acceptLock = machine.newLock();
    bindLock = machine.newLock();
  }

  void bind(@Nullable SocketAddress local, int backlog) throws IOException {
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
    readiness().channelChanged();
  }

  /**
   * Accepts in the channel's own mode.
   *
   * @return the connection, or null if there is none and it may not wait
   * @throws dev.vsocklab.VsockTimeoutException if it waited as long as RECEIVE_TIMEOUT allows
   */
  @Nullable KernelSocket accept() throws IOException {
    acceptLock.lock();
    try {
      long timeoutNanos = timeoutNanos();
      KernelSocket accepted = accept(timeoutNanos);
      if (accepted == null && timeoutNanos != NO_WAIT) {
        throw call(Call.ACCEPT).ranOut();
      }
      return accepted;
    } finally {
      acceptLock.unlock();
    }
  }

  /**
   * Accepts for a server socket.
   *
   * @return the connection, or null if none came in time
   */
  @Nullable KernelSocket acceptBlocking(long timeoutNanos) throws IOException {
    acceptLock.lock();
    try {
      ensureBlocking();
      return accept(timeoutNanos);
    } finally {
      acceptLock.unlock();
    }
  }

  /** One accept, under {@code acceptLock}. */
  private @Nullable KernelSocket accept(long timeoutNanos) throws IOException {
    ensureOpen();
    if (localAddress == null) {
      throw new NotYetBoundException();
    }
    KernelSocket accepted = null;
    if (timeoutNanos == NO_WAIT || triesBeforeWaiting()) {
      accepted = acceptNow();
    }
    return accepted == null && timeoutNanos != NO_WAIT ? acceptWaiting(timeoutNanos) : accepted;
  }

  private @Nullable KernelSocket acceptNow() throws IOException {
    try {
      return socket.accept(NO_WAIT);
    } catch (ErrnoException e) {
      throw failure(call(Call.ACCEPT), e);
    }
  }

  private @Nullable KernelSocket acceptWaiting(long timeoutNanos) throws IOException {
    KernelSocket accepted = null;
    boolean handedOver = false;
    beginWait();
    try {
      accepted = socket.accept(timeoutNanos);
    } catch (ErrnoException e) {
      throw failure(call(Call.ACCEPT), e);
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

  /** Waits for an accept that is under way, so that it runs in one mode. */
  void awaitCalls() throws IOException {
    acceptLock.lock();
    try {
      ensureOpen();
    } finally {
      acceptLock.unlock();
    }
  }

  // -- What a selector asks --

  @Override
  int eventsFor(int interestOps) {
    return localAddress != null && (interestOps & SelectionKey.OP_ACCEPT) != 0 ? POLLIN : 0;
  }

  @Override
  int readyOps(int polled, int interestOps) {
    return (polled & (POLLIN | POLLERR | POLLHUP)) != 0 ? interestOps : 0;
  }

  // -- Failing --

  @Override
  FailedCall call(Call call) {
    return new FailedCall(call, machine.machine(), localAddress, null);
  }

  @FunctionalInterface
  private interface SocketCall {
    void run() throws ErrnoException, IOException;
  }

  private void call(Call call, VsockAddress address, SocketCall socketCall) throws IOException {
    try {
      socketCall.run();
    } catch (ErrnoException e) {
      throw failure(new FailedCall(call, machine.machine(), address, null), e);
    }
  }

  /** For a channel's {@code toString}. */
  String text(String type) {
    return type
        + "["
        + (isOpen() ? "" : "closed, ")
        + "local="
        + localAddress
        + " on "
        + machine.machine()
        + "]";
  }
}
