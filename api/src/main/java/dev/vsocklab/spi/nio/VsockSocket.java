package dev.vsocklab.spi.nio;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.spi.KernelSocket;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The {@link Socket} of a connection: one of its own, or what its channel's {@code socket()} gives;
 * {@link Face} tells which.
 *
 * <p>Options that are TCP's or IP's own give {@link SocketException}: Linux's answer on vsock is
 * ENOPROTOOPT.
 */
@SuppressWarnings("UnsynchronizedOverridesSynchronized") // the channel beneath has the locks
final class VsockSocket extends Socket {
  private final VsockSocketChannel channel;
  private final Connection connection;
  private volatile int timeoutMillis;

  private VsockSocket(VsockSocketChannel channel) throws SocketException {
    super(NoSocketImpl.INSTANCE);
    this.channel = channel;
    this.connection = channel.core();
  }

  static VsockSocket over(VsockSocketChannel channel) {
    try {
      return new VsockSocket(channel);
    } catch (SocketException e) {
      throw new IllegalStateException("A socket without an implementation opens nothing.", e);
    }
  }

  // -- Connecting --

  @Override
  public void bind(@Nullable SocketAddress local) throws IOException {
    ensureOpen();
    if (isBound()) {
      throw new SocketException("Already bound");
    }
    try {
      channel.bind(local);
    } catch (AlreadyBoundException e) {
      throw because("Already bound", e);
    } catch (IOException e) {
      throw asSocketSays(e);
    }
  }

  @Override
  public void connect(SocketAddress remote) throws IOException {
    connect(remote, 0);
  }

  @Override
  public void connect(@Nullable SocketAddress remote, int timeoutMillis) throws IOException {
    if (remote == null) {
      throw new IllegalArgumentException("connect: The address can't be null");
    }
    if (timeoutMillis < 0) {
      throw new IllegalArgumentException("The timeout of " + timeoutMillis + " ms is negative.");
    }
    VsockAddress to = Addresses.remote(remote);
    ensureOpen();
    if (connection.wasConnected()) {
      throw new SocketException("Already connected");
    }
    try {
      connection.connectBlocking(to, nanos(timeoutMillis));
    } catch (IOException e) {
      throw asSocketSays(e);
    }
  }

  @Override
  public boolean isBound() {
    return connection.localAddress != null;
  }

  /**
   * As {@link Socket} has it: true also after close. A channel's socket says false, as the JDK's.
   */
  @Override
  public boolean isConnected() {
    return connection.face == Face.CHANNEL ? channel.isConnected() : connection.wasConnected();
  }

  // -- Streams --

  @Override
  public InputStream getInputStream() throws IOException {
    ensureConnected();
    if (connection.isInputShut()) {
      throw new SocketException("Socket input is shutdown");
    }
    return new SocketInput(this, channel);
  }

  @Override
  public OutputStream getOutputStream() throws IOException {
    ensureConnected();
    if (connection.isOutputShut()) {
      throw new SocketException("Socket output is shutdown");
    }
    return new SocketOutput(this, channel);
  }

  /** How long a read may wait. */
  long timeoutNanos() {
    return nanos(timeoutMillis);
  }

  /** The exception by which a socket tells what its channel told. */
  IOException asSocketSays(IOException e) {
    if (connection.face == Face.CHANNEL
        || !(e instanceof ClosedChannelException)
        || e instanceof ClosedByInterruptException) {
      return e;
    }
    return because("Socket closed", e);
  }

  // -- Ending --

  @Override
  public void shutdownInput() throws IOException {
    ensureConnected();
    if (connection.isInputShut() && connection.face == Face.SOCKET) {
      throw new SocketException("Socket input is already shutdown");
    }
    channel.shutdownInput();
  }

  @Override
  public void shutdownOutput() throws IOException {
    ensureConnected();
    if (connection.isOutputShut() && connection.face == Face.SOCKET) {
      throw new SocketException("Socket output is already shutdown");
    }
    channel.shutdownOutput();
  }

  @Override
  public boolean isInputShutdown() {
    return connection.isInputShut();
  }

  @Override
  public boolean isOutputShutdown() {
    return connection.isOutputShut();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  @Override
  public boolean isClosed() {
    return !channel.isOpen();
  }

  // -- Addresses --

  @Override
  public @Nullable SocketAddress getLocalSocketAddress() {
    return connection.localAddress;
  }

  @Override
  public @Nullable SocketAddress getRemoteSocketAddress() {
    return connection.remoteAddress();
  }

  /** A vsock peer has no IP address. */
  @Override
  public @Nullable InetAddress getInetAddress() {
    return null;
  }

  /** The wildcard address, which the JDK gives for a socket without an IP address. */
  @Override
  public InetAddress getLocalAddress() {
    return new InetSocketAddress(0).getAddress();
  }

  /** The peer's port, unsigned in an {@code int}; 0 before connect. */
  @Override
  public int getPort() {
    VsockAddress remote = connection.remoteAddress();
    return remote == null ? 0 : (int) remote.port();
  }

  /** This end's port, unsigned in an {@code int}; -1 while unbound. */
  @Override
  public int getLocalPort() {
    VsockAddress local = connection.localAddress;
    return local == null ? -1 : (int) local.port();
  }

  @Override
  public @Nullable SocketChannel getChannel() {
    return connection.face == Face.CHANNEL ? channel : null;
  }

  // -- Options --

  @Override
  public void setSoTimeout(int timeoutMillis) throws SocketException {
    ensureOpen();
    if (timeoutMillis < 0) {
      throw new IllegalArgumentException("The timeout of " + timeoutMillis + " ms is negative.");
    }
    this.timeoutMillis = timeoutMillis;
  }

  @Override
  public int getSoTimeout() throws SocketException {
    ensureOpen();
    return timeoutMillis;
  }

  @Override
  public <T> Socket setOption(SocketOption<T> name, T value) throws IOException {
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

  @Override
  public void setSendBufferSize(int sizeBytes) throws SocketException {
    set(StandardSocketOptions.SO_SNDBUF, positive(sizeBytes));
  }

  @Override
  public int getSendBufferSize() throws SocketException {
    return get(StandardSocketOptions.SO_SNDBUF);
  }

  @Override
  public void setReceiveBufferSize(int sizeBytes) throws SocketException {
    set(StandardSocketOptions.SO_RCVBUF, positive(sizeBytes));
  }

  @Override
  public int getReceiveBufferSize() throws SocketException {
    return get(StandardSocketOptions.SO_RCVBUF);
  }

  @Override
  public void setKeepAlive(boolean on) throws SocketException {
    set(StandardSocketOptions.SO_KEEPALIVE, on);
  }

  @Override
  public boolean getKeepAlive() throws SocketException {
    return get(StandardSocketOptions.SO_KEEPALIVE);
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
  public void setSoLinger(boolean on, int lingerSeconds) throws SocketException {
    if (on && lingerSeconds < 0) {
      throw new IllegalArgumentException("The linger of " + lingerSeconds + " s is negative.");
    }
    set(StandardSocketOptions.SO_LINGER, on ? lingerSeconds : -1);
  }

  @Override
  public int getSoLinger() throws SocketException {
    return get(StandardSocketOptions.SO_LINGER);
  }

  @Override
  public void setTcpNoDelay(boolean on) throws SocketException {
    set(StandardSocketOptions.TCP_NODELAY, on);
  }

  @Override
  public boolean getTcpNoDelay() throws SocketException {
    return get(StandardSocketOptions.TCP_NODELAY);
  }

  @Override
  public void setTrafficClass(int trafficClass) throws SocketException {
    set(StandardSocketOptions.IP_TOS, trafficClass);
  }

  @Override
  public int getTrafficClass() throws SocketException {
    return get(StandardSocketOptions.IP_TOS);
  }

  @Override
  public void setOOBInline(boolean on) throws SocketException {
    throw noUrgentData();
  }

  @Override
  public boolean getOOBInline() throws SocketException {
    throw noUrgentData();
  }

  @Override
  public void sendUrgentData(int data) throws IOException {
    throw noUrgentData();
  }

  /** Preferences, which this socket has no use for. */
  @Override
  public void setPerformancePreferences(int connectionTime, int latency, int bandwidth) {}

  private <T> void set(SocketOption<T> name, T value) throws SocketException {
    try {
      channel.setOption(name, value);
    } catch (IOException | UnsupportedOperationException e) {
      throw optionFailed(e);
    }
  }

  private <T> T get(SocketOption<T> name) throws SocketException {
    try {
      return channel.getOption(name);
    } catch (IOException | UnsupportedOperationException e) {
      throw optionFailed(e);
    }
  }

  /** The socket's own option methods can throw no more than this. */
  static SocketException optionFailed(Exception e) {
    if (e instanceof SocketException socketException) {
      return socketException;
    }
    String message = e instanceof ClosedChannelException ? "Socket is closed" : e.getMessage();
    return because(message, e);
  }

  static SocketException because(@Nullable String message, Exception cause) {
    SocketException exception = new SocketException(message);
    exception.initCause(cause);
    return exception;
  }

  static int positive(int sizeBytes) {
    if (sizeBytes <= 0) {
      throw new IllegalArgumentException("A buffer of " + sizeBytes + " bytes is not possible.");
    }
    return sizeBytes;
  }

  /** A socket timeout, of which zero waits without end. */
  static long nanos(int timeoutMillis) {
    return timeoutMillis == 0 ? KernelSocket.FOREVER : TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
  }

  private static SocketException noUrgentData() {
    return new SocketException(
        "AF_VSOCK has no urgent data: Linux answers MSG_OOB with EOPNOTSUPP.");
  }

  private void ensureOpen() throws SocketException {
    if (!channel.isOpen()) {
      throw new SocketException("Socket is closed");
    }
  }

  private void ensureConnected() throws SocketException {
    ensureOpen();
    if (!connection.wasConnected()) {
      throw new SocketException("Socket is not connected");
    }
  }

  @Override
  public String toString() {
    return isConnected()
        ? "Socket[addr=" + connection.remoteAddress() + ",local=" + connection.localAddress + "]"
        : "Socket[unconnected]";
  }
}
