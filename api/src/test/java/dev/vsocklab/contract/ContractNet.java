package dev.vsocklab.contract;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/** What a contract needs of a network: how to open things on it, and two addresses. */
public interface ContractNet {

  /** Opens a channel. */
  SocketChannel channel() throws IOException;

  /** Opens a listening channel, unbound. */
  ServerSocketChannel listener() throws IOException;

  /** Opens a selector for these channels. */
  Selector selector() throws IOException;

  /** Opens a socket. */
  Socket socket() throws IOException;

  /** Opens a listening socket, unbound. */
  ServerSocket serverSocket() throws IOException;

  /** An address to bind that leaves the port to the machine. */
  SocketAddress anyPort();

  /** Where a listener bound by {@link #anyPort} is reached. */
  SocketAddress reach(SocketAddress bound);

  /** An address where nobody listens. */
  SocketAddress nobody();
}
