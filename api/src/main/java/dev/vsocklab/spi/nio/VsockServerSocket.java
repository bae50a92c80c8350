package dev.vsocklab.spi.nio;

import dev.vsocklab.VsockAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.ServerSocketChannel;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The {@link ServerSocket} of a listener: one of its own, or what its channel's {@code socket()}
 * gives; {@link Face} tells which.
 */
@SuppressWarnings("UnsynchronizedOverridesSynchronized") // the channel beneath has the locks
final class VsockServerSocket extends ServerSocket {

  /** The backlog for callers who name none, as the JDK has it. */
  private static final int DEFAULT_BACKLOG = 50;

  private final VsockServerSocketChannel channel;
  private volatile int timeoutMillis;

  private VsockServerSocket(VsockServerSocketChannel channel) {
    super(NoSocketImpl.INSTANCE);
    this.channel = channel;
  }

  static VsockServerSocket over(VsockServerSocketChannel channel) {
    return new VsockServerSocket(channel);
  }

  @Override
  public void bind(@Nullable SocketAddress local) throws IOException {
    bind(local, DEFAULT_BACKLOG);
  }

  @Override
  public void bind(@Nullable SocketAddress local, int backlog) throws IOException {
    ensureOpen();
    try {
      channel.bind(local, backlog);
    } catch (AlreadyBoundException e) {
      throw VsockSocket.because("Already bound", e);
    } catch (IOException e) {
      throw asSocketSays(e);
    }
  }

  @Override
  public Socket accept() throws IOException {
    if (channel.face() == Face.SOCKET) {
      ensureOpen();
    }
    if (!isBound()) {
      throw new SocketException("Socket is not bound yet");
    }
    int timeoutMillis = this.timeoutMillis;
    try {
      // Without a timeout a non-blocking channel may be asked too, as the JDK's may.
      VsockSocketChannel accepted =
          timeoutMillis == 0
              ? channel.accept()
              : channel.acceptBlocking(VsockSocket.nanos(timeoutMillis));
      if (accepted != null) {
        return accepted.socket();
      }
    } catch (IOException e) {
      throw asSocketSays(e);
    }
    if (timeoutMillis == 0) {
      throw new IllegalBlockingModeException();
    }
    throw channel.core().call(Call.ACCEPT).timedOut(VsockSocket.nanos(timeoutMillis));
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  @Override
  public boolean isClosed() {
    return !channel.isOpen();
  }

  @Override
  public boolean isBound() {
    return channel.localAddress() != null;
  }

  @Override
  public @Nullable ServerSocketChannel getChannel() {
    return channel.face() == Face.CHANNEL ? channel : null;
  }

  @Override
  public @Nullable SocketAddress getLocalSocketAddress() {
    return channel.localAddress();
  }

  /** A vsock listener has no IP address. */
  @Override
  public @Nullable InetAddress getInetAddress() {
    return null;
  }

  /** The port, unsigned in an {@code int}; -1 while unbound. */
  @Override
  public int getLocalPort() {
    VsockAddress local = channel.localAddress();
    return local == null ? -1 : (int) local.port();
  }

  @Override
  public void setSoTimeout(int timeoutMillis) throws SocketException {
    ensureOpen();
    if (timeoutMillis < 0) {
      throw new IllegalArgumentException("The timeout of " + timeoutMillis + " ms is negative.");
    }
    this.timeoutMillis = timeoutMillis;
  }

  @Override
  public int getSoTimeout() throws IOException {
    ensureOpen();
    return timeoutMillis;
  }

  @Override
  public void setReuseAddress(boolean on) throws SocketException {
    set(StandardSocketOptions.SO_REUSEADDR, on);
  }

  @Override
  public boolean getReuseAddress() throws SocketException {
    return get(StandardSocketOptions.SO_REUSEADDR);
  }

  @Override
  public void setReceiveBufferSize(int sizeBytes) throws SocketException {
    set(StandardSocketOptions.SO_RCVBUF, VsockSocket.positive(sizeBytes));
  }

  @Override
  public int getReceiveBufferSize() throws SocketException {
    return get(StandardSocketOptions.SO_RCVBUF);
  }

  @Override
  public <T> ServerSocket setOption(SocketOption<T> name, T value) throws IOException {
    try {
      channel.setOption(name, value);
    } catch (IOException e) {
      throw asSocketSays(e);
    }
    return this;
  }

  @Override
  public <T> T getOption(SocketOption<T> name) throws IOException {
    try {
      return channel.getOption(name);
    } catch (IOException e) {
      throw asSocketSays(e);
    }
  }

  @Override
  public Set<SocketOption<?>> supportedOptions() {
    return channel.supportedOptions();
  }

  /** Preferences, which this socket has no use for. */
  @Override
  public void setPerformancePreferences(int connectionTime, int latency, int bandwidth) {}

  private <T> void set(SocketOption<T> name, T value) throws SocketException {
    try {
      channel.setOption(name, value);
    } catch (IOException | UnsupportedOperationException e) {
      throw VsockSocket.optionFailed(e);
    }
  }

  private <T> T get(SocketOption<T> name) throws SocketException {
    try {
      return channel.getOption(name);
    } catch (IOException | UnsupportedOperationException e) {
      throw VsockSocket.optionFailed(e);
    }
  }

  /** The exception by which a server socket tells what its channel told. */
  private IOException asSocketSays(IOException e) {
    if (channel.face() == Face.CHANNEL
        || !(e instanceof AsynchronousCloseException)
        || e instanceof ClosedByInterruptException) {
      return e;
    }
    return VsockSocket.because("Socket closed", e);
  }

  private void ensureOpen() throws SocketException {
    if (!channel.isOpen()) {
      throw new SocketException("Socket is closed");
    }
  }

  @Override
  public String toString() {
    return "ServerSocket[" + (isBound() ? "addr=" + channel.localAddress() : "unbound") + "]";
  }
}
