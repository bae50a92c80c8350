package dev.vsocklab.contract;

import dev.vsocklab.SeqpacketChannel;
import dev.vsocklab.SeqpacketServerChannel;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockProvider;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/** One machine's vsock, talking to itself or, where two are given, from the first to the second. */
public final class VsockNet implements ContractNet {
  private final VsockProvider client;
  private final VsockProvider server;
  private final long serverCid;

  /** A net whose clients and servers may be different machines; both selectors are the client's. */
  public VsockNet(VsockProvider client, VsockProvider server, long serverCid) {
    this.client = client;
    this.server = server;
    this.serverCid = serverCid;
  }

  @Override
  public SocketChannel channel() throws IOException {
    return client.openSocketChannel();
  }

  @Override
  public ServerSocketChannel listener() throws IOException {
    return server.openServerSocketChannel();
  }

  /** Opens a SEQPACKET channel. */
  public SeqpacketChannel seqpacketChannel() throws IOException {
    return client.openSeqpacketChannel();
  }

  /** Opens a SEQPACKET listener, unbound. */
  public SeqpacketServerChannel seqpacketListener() throws IOException {
    return server.openSeqpacketServerChannel();
  }

  @Override
  public Selector selector() throws IOException {
    return client.openSelector();
  }

  @Override
  public Socket socket() throws IOException {
    return client.openSocket();
  }

  @Override
  public ServerSocket serverSocket() throws IOException {
    return server.openServerSocket();
  }

  @Override
  public SocketAddress anyPort() {
    return VsockAddress.any(VsockAddress.PORT_ANY);
  }

  @Override
  public SocketAddress reach(SocketAddress bound) {
    return VsockAddress.of(serverCid, ((VsockAddress) bound).port());
  }

  @Override
  public SocketAddress nobody() {
    return VsockAddress.of(serverCid, 1);
  }
}
