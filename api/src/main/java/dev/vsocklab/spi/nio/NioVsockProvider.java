package dev.vsocklab.spi.nio;

import dev.vsocklab.VsockCapability;
import dev.vsocklab.VsockProvider;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.SocketLayer;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.EnumSet;
import java.util.Set;

/** A {@link VsockProvider} over one machine's socket layer. */
public final class NioVsockProvider implements VsockProvider {
  private final SocketLayer layer;
  private final Set<VsockCapability> capabilities;

  /**
   * Creates the provider.
   *
   * @param layer the machine's sockets
   * @param capabilities what {@link #capabilities} tells
   */
  public NioVsockProvider(SocketLayer layer, Set<VsockCapability> capabilities) {
    this.layer = layer;
    this.capabilities = Set.copyOf(EnumSet.copyOf(capabilities));
  }

  @Override
  public SocketChannel openSocketChannel() throws IOException {
    throw new UnsupportedOperationException();
  }

  @Override
  public ServerSocketChannel openServerSocketChannel() throws IOException {
    throw new UnsupportedOperationException();
  }

  @Override
  public Selector openSelector() throws IOException {
    throw new UnsupportedOperationException();
  }

  @Override
  public Socket openSocket() throws IOException {
    throw new UnsupportedOperationException();
  }

  @Override
  public ServerSocket openServerSocket() throws IOException {
    throw new UnsupportedOperationException();
  }

  @Override
  public long localCid() throws IOException {
    try {
      return layer.localCid();
    } catch (ErrnoException e) {
      throw new IOException(layer.name() + " does not tell its CID: " + e.getMessage(), e);
    }
  }

  @Override
  public Set<VsockCapability> capabilities() {
    return capabilities;
  }
}
