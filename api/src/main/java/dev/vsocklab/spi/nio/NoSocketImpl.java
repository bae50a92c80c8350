package dev.vsocklab.spi.nio;

import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.SocketAddress;
import java.net.SocketImpl;

/**
 * What the JDK's socket classes hold beneath ours: nothing. Our classes override every method that
 * would reach it, and one that a later JDK adds fails here instead of opening a TCP socket.
 */
final class NoSocketImpl extends SocketImpl {
  static final NoSocketImpl INSTANCE = new NoSocketImpl();

  private NoSocketImpl() {}

  private static UnsupportedOperationException unsupported() {
    return new UnsupportedOperationException("A vsock socket does not have this operation.");
  }

  @Override
  protected void create(boolean stream) {
    throw unsupported();
  }

  @Override
  protected void connect(String host, int port) {
    throw unsupported();
  }

  @Override
  protected void connect(InetAddress address, int port) {
    throw unsupported();
  }

  @Override
  protected void connect(SocketAddress address, int timeoutMillis) {
    throw unsupported();
  }

  @Override
  protected void bind(InetAddress host, int port) {
    throw unsupported();
  }

  @Override
  protected void listen(int backlog) {
    throw unsupported();
  }

  @Override
  protected void accept(SocketImpl accepted) {
    throw unsupported();
  }

  @Override
  protected InputStream getInputStream() {
    throw unsupported();
  }

  @Override
  protected OutputStream getOutputStream() {
    throw unsupported();
  }

  @Override
  protected int available() {
    throw unsupported();
  }

  @Override
  protected void close() {
    throw unsupported();
  }

  @Override
  protected void sendUrgentData(int data) {
    throw unsupported();
  }

  @Override
  public void setOption(int option, Object value) {
    throw unsupported();
  }

  @Override
  public Object getOption(int option) {
    throw unsupported();
  }
}
