package dev.vsocklab;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.channels.NetworkChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.SelectorProvider;
import org.jspecify.annotations.Nullable;

/**
 * A listener for {@link SeqpacketChannel}s: as {@link java.nio.channels.ServerSocketChannel} in all
 * that is not said here. SOCK_STREAM and SOCK_SEQPACKET share one table of ports.
 */
public abstract class SeqpacketServerChannel extends AbstractSelectableChannel
    implements NetworkChannel {

  /**
   * Initializes a new instance of this class.
   *
   * @param provider the provider that made it
   */
  protected SeqpacketServerChannel(SelectorProvider provider) {
    super(provider);
  }

  @Override
  public final SeqpacketServerChannel bind(@Nullable SocketAddress local) throws IOException {
    return bind(local, 0);
  }

  /**
   * Binds and listens.
   *
   * @param local a {@link VsockAddress}, or null for a port of the machine's choice
   * @param backlog how many connections may wait besides the next one; 0 or less: 50
   * @return this channel
   * @throws IOException as {@link java.nio.channels.ServerSocketChannel#bind(SocketAddress, int)}
   */
  public abstract SeqpacketServerChannel bind(@Nullable SocketAddress local, int backlog)
      throws IOException;

  /**
   * Takes the next connection.
   *
   * @return the connection, in blocking mode; null if none waits and this channel is non-blocking
   * @throws VsockTimeoutException if {@link VsockSocketOptions#RECEIVE_TIMEOUT} ran out
   * @throws IOException as {@link java.nio.channels.ServerSocketChannel#accept}
   */
  public abstract @Nullable SeqpacketChannel accept() throws IOException;

  @Override
  public abstract <T> SeqpacketServerChannel setOption(SocketOption<T> name, T value)
      throws IOException;

  /**
   * The operations that a selector can wait for.
   *
   * @return OP_ACCEPT
   */
  @Override
  public final int validOps() {
    return SelectionKey.OP_ACCEPT;
  }
}
