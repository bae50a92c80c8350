package dev.vsocklab.spi.nio;

import dev.vsocklab.SeqpacketChannel;
import dev.vsocklab.SeqpacketServerChannel;
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

/**
 * A {@link VsockProvider} over one machine's socket layer.
 *
 * <p>Its channels and sockets keep the contract of the JDK's own TCP ones, with four points that
 * vsock decides:
 *
 * <ul>
 *   <li>A connect that fails closes the channel or the socket, as the JDK's does, although Linux
 *       would let the same socket try again.
 *   <li>An unbound client's local address after connect has CID any: Linux binds it so.
 *   <li>{@code Socket.getInetAddress} is null and {@code getPort} is the unsigned port in an {@code
 *       int}; the socket addresses are {@link dev.vsocklab.VsockAddress}es. {@code
 *       InputStream.available} is 0 where the kernel does not count, as Linux before 6.17.
 *   <li>A TLS server of JDK 25 over such a socket writes the port as 16 bits into its stateless
 *       session tickets and sends an empty one where it does not fit, which the client refuses.
 *       Bind the client to a port up to 65535, or run the server with {@code
 *       -Djdk.tls.server.enableSessionTicketExtension=false}.
 * </ul>
 */
public final class NioVsockProvider implements VsockProvider {
  private final SocketLayer layer;
  private final Set<VsockCapability> capabilities;
  private final VsockSelectorProvider faces;

  /**
   * Creates the provider.
   *
   * @param layer the machine's sockets
   * @param capabilities what {@link #capabilities} tells; with {@link VsockCapability#REAL_KERNEL}
   *     every call is taken to be costly, and a waiting call goes to the layer once instead of
   *     being tried first
   */
  public NioVsockProvider(SocketLayer layer, Set<VsockCapability> capabilities) {
    this.layer = layer;
    this.capabilities = Set.copyOf(EnumSet.copyOf(capabilities));
    this.faces =
        new VsockSelectorProvider(layer, !capabilities.contains(VsockCapability.REAL_KERNEL));
  }

  @Override
  public SocketChannel openSocketChannel() throws IOException {
    return faces.openSocketChannel();
  }

  @Override
  public ServerSocketChannel openServerSocketChannel() throws IOException {
    return faces.openServerSocketChannel();
  }

  @Override
  public Selector openSelector() {
    return faces.openSelector();
  }

  @Override
  public Socket openSocket() throws IOException {
    return faces.openSocket();
  }

  @Override
  public ServerSocket openServerSocket() throws IOException {
    return faces.openServerSocket();
  }

  @Override
  public SeqpacketChannel openSeqpacketChannel() throws IOException {
    ensureSeqpacket();
    return faces.openSeqpacketChannel();
  }

  @Override
  public SeqpacketServerChannel openSeqpacketServerChannel() throws IOException {
    ensureSeqpacket();
    return faces.openSeqpacketServerChannel();
  }

  private void ensureSeqpacket() {
    if (!capabilities.contains(VsockCapability.SEQPACKET)) {
      throw new UnsupportedOperationException(
          "SEQPACKET on "
              + layer.name()
              + ": this machine's backend has no such sockets. Ask capabilities() first.");
    }
  }

  @Override
  public long localCid() throws IOException {
    try {
      return layer.localCid();
    } catch (ErrnoException e) {
      throw new FailedCall(Call.LOCAL_CID, layer.name(), null, null).exception(e);
    }
  }

  @Override
  public Set<VsockCapability> capabilities() {
    return capabilities;
  }
}
