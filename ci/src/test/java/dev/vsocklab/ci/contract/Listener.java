package dev.vsocklab.ci.contract;

import dev.vsocklab.Machine;
import dev.vsocklab.VsockAddress;
import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/** A listening channel on a port that its machine chose. */
record Listener(Machine machine, ServerSocketChannel channel, VsockAddress address)
    implements AutoCloseable {

  /** Listens with room for {@code backlog} + 1 connections. */
  static Listener on(Machine machine, int backlog) throws IOException {
    ServerSocketChannel channel = machine.vsock().openServerSocketChannel();
    channel.bind(VsockAddress.any(VsockAddress.PORT_ANY), backlog);
    long port = ((VsockAddress) channel.getLocalAddress()).port();
    return new Listener(machine, channel, VsockAddress.of(machine.cid(), port));
  }

  SocketChannel accept() throws IOException {
    return channel.accept();
  }

  /** Connects to this listener and accepts the connection. */
  Connection connectFrom(Machine connector) throws IOException {
    SocketChannel connected = connector.vsock().openSocketChannel();
    connected.connect(address);
    return new Connection(connected, accept());
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
