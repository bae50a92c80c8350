package dev.vsocklab.contract;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/** The JDK's own TCP on loopback: the oracle. */
public final class TcpNet implements ContractNet {

  @Override
  public SocketChannel channel() throws IOException {
    return SocketChannel.open();
  }

  @Override
  public ServerSocketChannel listener() throws IOException {
    return ServerSocketChannel.open();
  }

  @Override
  public Selector selector() throws IOException {
    return Selector.open();
  }

  @Override
  public Socket socket() {
    return new Socket();
  }

  @Override
  public ServerSocket serverSocket() throws IOException {
    return new ServerSocket();
  }

  @Override
  public SocketAddress anyPort() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  @Override
  public SocketAddress reach(SocketAddress bound) {
    return bound;
  }

  @Override
  public SocketAddress nobody() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
  }
}
