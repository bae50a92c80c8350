package dev.vsocklab.spi.nio;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.spi.KernelSocket;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ServerSocketChannel;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A stream listener as the JDK's type; {@link Listening} has its contract. */
final class VsockServerSocketChannel extends ServerSocketChannel implements OwningChannel {
  private final VsockSelectorProvider machine;
  private final Listening listening;

  /** Of this channel, made when first asked for; written under this channel's monitor. */
  private volatile @Nullable VsockServerSocket socketFace;

  VsockServerSocketChannel(VsockSelectorProvider machine, Face face, KernelSocket socket) {
    super(machine);
    this.machine = machine;
    this.listening = new Listening(machine, face, socket, this);
  }

  @Override
  public VsockServerSocketChannel bind(@Nullable SocketAddress local, int backlog)
      throws IOException {
    listening.bind(local, backlog);
    return this;
  }

  @Override
  public @Nullable VsockSocketChannel accept() throws IOException {
    return channel(listening.accept());
  }

  /**
   * Accepts for a server socket.
   *
   * @return the connection, or null if none came in time
   */
  @Nullable VsockSocketChannel acceptBlocking(long timeoutNanos) throws IOException {
    return channel(listening.acceptBlocking(timeoutNanos));
  }

  private @Nullable VsockSocketChannel channel(@Nullable KernelSocket accepted) throws IOException {
    return accepted == null ? null : VsockSocketChannel.accepted(machine, listening.face, accepted);
  }

  @Override
  public @Nullable SocketAddress getLocalAddress() throws IOException {
    return listening.openLocalAddress();
  }

  /** The address, also after close; null while unbound. */
  @Nullable VsockAddress localAddress() {
    return listening.localAddress;
  }

  Face face() {
    return listening.face;
  }

  @Override
  public <T> VsockServerSocketChannel setOption(SocketOption<T> name, T value) throws IOException {
    listening.setOption(name, value);
    return this;
  }

  @Override
  public <T> T getOption(SocketOption<T> name) throws IOException {
    return listening.getOption(name);
  }

  @Override
  public Set<SocketOption<?>> supportedOptions() {
    return listening.supportedOptions();
  }

  @Override
  public VsockServerSocket socket() {
    VsockServerSocket made = socketFace;
    if (made != null) {
      return made;
    }
    synchronized (this) {
      made = socketFace;
      if (made == null) {
        made = VsockServerSocket.over(this);
        socketFace = made;
      }
      return made;
    }
  }

  @Override
  protected void implCloseSelectableChannel() {
    listening.socket.close();
  }

  @Override
  protected void implConfigureBlocking(boolean block) throws IOException {
    listening.awaitCalls();
  }

  @Override
  public Listening core() {
    return listening;
  }

  @Override
  public void beginWait() {
    begin();
  }

  @Override
  public void endWait(boolean completed) throws AsynchronousCloseException {
    end(completed);
  }

  @Override
  public String toString() {
    return listening.text("VsockServerSocketChannel");
  }
}
