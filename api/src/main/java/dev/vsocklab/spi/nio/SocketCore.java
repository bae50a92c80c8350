package dev.vsocklab.spi.nio;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import java.io.IOException;
import java.net.SocketOption;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.IllegalBlockingModeException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What every channel over a kernel socket shares, stream or SEQPACKET, connection or listener: how
 * its calls wait and fail, its options, and what a selector asks of it.
 */
abstract class SocketCore {
  final VsockSelectorProvider machine;
  final Face face;
  final KernelSocket socket;
  private final OwningChannel channel;
  private final Set<SocketOption<?>> options;
  private final Readiness readiness;

  volatile @Nullable VsockAddress localAddress;

  SocketCore(
      VsockSelectorProvider machine,
      Face face,
      KernelSocket socket,
      OwningChannel channel,
      Set<SocketOption<?>> options) {
    this.machine = machine;
    this.face = face;
    this.socket = socket;
    this.channel = channel;
    this.options = options;
    this.readiness = new Readiness(socket);
  }

  // -- What a selector asks --

  /** The socket to poll. */
  final KernelSocket kernelSocket() {
    return socket;
  }

  /** The keys that wait for this channel. */
  final Readiness readiness() {
    return readiness;
  }

  /**
   * The poll events that can make one of these operations ready in the channel's present state.
   * Only these: a key that waits for an event which makes nothing ready would spin, and an
   * unconnected vsock socket is always writable.
   *
   * @param interestOps operations of {@link java.nio.channels.SelectionKey}
   * @return events of {@link KernelSocket}, or 0 if none can until the channel's state changes
   */
  abstract int eventsFor(int interestOps);

  /**
   * The operations that a poll's result makes ready.
   *
   * @param polled events of {@link KernelSocket}
   * @param interestOps the operations that the key asks for
   * @return those that are ready; all of them on {@link KernelSocket#POLLERR} or {@link
   *     KernelSocket#POLLHUP}, so that the call itself can tell what is wrong
   */
  abstract int readyOps(int polled, int interestOps);

  // -- Addresses and options --

  /** This end's address, for {@code getLocalAddress}. */
  final @Nullable VsockAddress openLocalAddress() throws ClosedChannelException {
    ensureOpen();
    return localAddress;
  }

  final Set<SocketOption<?>> supportedOptions() {
    return options;
  }

  final <T> void setOption(SocketOption<T> name, T value) throws IOException {
    SocketOptions.check(options, name, value);
    ensureOpen();
    try {
      socket.setOption(name, value);
    } catch (ErrnoException e) {
      throw failure(call(Call.OPTION), e);
    }
  }

  final <T> T getOption(SocketOption<T> name) throws IOException {
    SocketOptions.check(options, name);
    ensureOpen();
    try {
      return socket.getOption(name);
    } catch (ErrnoException e) {
      throw failure(call(Call.OPTION), e);
    }
  }

  // -- Modes and waiting --

  final boolean isOpen() {
    return channel.isOpen();
  }

  final void ensureOpen() throws ClosedChannelException {
    if (!channel.isOpen()) {
      throw new ClosedChannelException();
    }
  }

  final void ensureBlocking() {
    if (!channel.isBlocking()) {
      throw new IllegalBlockingModeException();
    }
  }

  /** How long the channel's own calls wait: {@code FOREVER}, or {@code NO_WAIT}. */
  final long timeoutNanos() {
    return channel.isBlocking() ? KernelSocket.FOREVER : KernelSocket.NO_WAIT;
  }

  /**
   * Whether to try without waiting first, which spares {@link #beginWait} when there is nothing to
   * wait for. Not for a thread that is interrupted: its call must close the channel.
   */
  final boolean triesBeforeWaiting() {
    return machine.cheapCalls()
        && !(face == Face.CHANNEL && Thread.currentThread().isInterrupted());
  }

  final void beginWait() {
    if (face == Face.CHANNEL) {
      channel.beginWait();
    }
  }

  final void endWait(boolean completed) throws AsynchronousCloseException {
    if (face == Face.CHANNEL) {
      channel.endWait(completed);
    } else if (!completed && !channel.isOpen()) {
      throw new AsynchronousCloseException();
    }
  }

  final void close() throws IOException {
    channel.close();
  }

  // -- Failing --

  /** The call, with the addresses of now, for a message. */
  abstract FailedCall call(Call call);

  /** The exception for a call that the machine refused. */
  final IOException failure(FailedCall call, ErrnoException e) throws IOException {
    return e.errno() == Errno.EBADF ? closedBeneath() : call.exception(e);
  }

  /** The socket was closed during the call: by this channel's close, or by its machine. */
  final IOException closedBeneath() throws IOException {
    channel.close();
    return new AsynchronousCloseException();
  }
}
