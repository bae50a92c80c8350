package dev.vsocklab.spi.nio;

import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import dev.vsocklab.spi.SocketLayer;
import java.io.IOException;
import java.net.ProtocolFamily;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Pipe;
import java.nio.channels.spi.SelectorProvider;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One machine's {@link SelectorProvider}: what makes its channels and selectors belong together.
 */
final class VsockSelectorProvider extends SelectorProvider {
  private final SocketLayer layer;
  private final boolean cheapCalls;

  /**
   * Creates the provider.
   *
   * @param layer the machine's sockets
   * @param cheapCalls whether a call that does not wait costs about a method call, so that trying
   *     before waiting pays; false where each call travels to another machine
   */
  VsockSelectorProvider(SocketLayer layer, boolean cheapCalls) {
    this.layer = layer;
    this.cheapCalls = cheapCalls;
  }

  String machine() {
    return layer.name();
  }

  boolean cheapCalls() {
    return cheapCalls;
  }

  /** A lock that may be held while a call waits. */
  ReentrantLock newLock() {
    return layer.newLock();
  }

  long nanoTime() {
    return layer.nanoTime();
  }

  @Override
  public VsockSocketChannel openSocketChannel() throws IOException {
    return new VsockSocketChannel(this, Face.CHANNEL, newSocket());
  }

  @Override
  public VsockServerSocketChannel openServerSocketChannel() throws IOException {
    return new VsockServerSocketChannel(this, Face.CHANNEL, newSocket());
  }

  VsockSeqpacketChannel openSeqpacketChannel() throws IOException {
    return new VsockSeqpacketChannel(this, newSeqpacketSocket());
  }

  VsockSeqpacketServerChannel openSeqpacketServerChannel() throws IOException {
    return new VsockSeqpacketServerChannel(this, newSeqpacketSocket());
  }

  @Override
  public VsockSelector openSelector() {
    return new VsockSelector(this);
  }

  /** Vsock has no pipes of its own: this is the JDK's. Its ends do not fit our selectors. */
  @Override
  public Pipe openPipe() throws IOException {
    return SelectorProvider.provider().openPipe();
  }

  @Override
  public DatagramChannel openDatagramChannel() {
    throw noDatagrams();
  }

  @Override
  public DatagramChannel openDatagramChannel(ProtocolFamily family) {
    throw noDatagrams();
  }

  VsockSocket openSocket() throws IOException {
    return new VsockSocketChannel(this, Face.SOCKET, newSocket()).socket();
  }

  VsockServerSocket openServerSocket() throws IOException {
    return new VsockServerSocketChannel(this, Face.SOCKET, newSocket()).socket();
  }

  private KernelSocket newSocket() throws IOException {
    try {
      return layer.stream();
    } catch (ErrnoException e) {
      throw new FailedCall(Call.SOCKET, machine(), null, null).exception(e);
    }
  }

  private KernelSocket newSeqpacketSocket() throws IOException {
    try {
      return layer.seqpacket();
    } catch (ErrnoException e) {
      throw new FailedCall(Call.SOCKET, machine(), null, null).exception(e);
    }
  }

  private static UnsupportedOperationException noDatagrams() {
    return new UnsupportedOperationException(
        "AF_VSOCK has no datagrams here: Linux's virtio transport has none (ENODEV).");
  }
}
