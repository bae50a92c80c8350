package dev.vsocklab;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Set;

/**
 * One machine's vsock: the one type that production code depends on, that a test swaps, and that a
 * mocking library mocks.
 *
 * <p>It opens JDK types, so code that works with a {@link SocketChannel} or a {@link Socket} works
 * on vsock too; what only vsock has is in {@link VsockChannel} and {@link SeqpacketChannel}.
 * Addresses are {@link VsockAddress}es; any other gives {@link
 * java.nio.channels.UnsupportedAddressTypeException}. There is no JVM-wide default provider: pass
 * one in.
 *
 * <p>A channel of this provider registers with a {@link #openSelector selector of this provider}
 * and with no other; {@link java.nio.channels.IllegalSelectorException} says so.
 *
 * <p>Where a machine fails a call, the exception is the JDK's own for that case, in a subclass that
 * carries the {@link Errno} and both addresses: see {@link VsockFailure}.
 */
public interface VsockProvider {

  /**
   * Opens a stream channel, blocking and unconnected.
   *
   * @return the channel
   * @throws IOException if the machine has no socket to give
   */
  SocketChannel openSocketChannel() throws IOException;

  /**
   * Opens a listening channel, blocking and unbound.
   *
   * @return the channel
   * @throws IOException if the machine has no socket to give
   */
  ServerSocketChannel openServerSocketChannel() throws IOException;

  /**
   * Opens a selector for this provider's channels.
   *
   * @return the selector
   * @throws IOException if the machine has none to give
   */
  Selector openSelector() throws IOException;

  /**
   * Opens an unconnected stream socket.
   *
   * @return the socket
   * @throws IOException if the machine has no socket to give
   */
  Socket openSocket() throws IOException;

  /**
   * Opens an unbound listening socket.
   *
   * @return the socket
   * @throws IOException if the machine has no socket to give
   */
  ServerSocket openServerSocket() throws IOException;

  /**
   * Opens a SEQPACKET channel, blocking and unconnected.
   *
   * @return the channel
   * @throws UnsupportedOperationException if {@link #capabilities} has no {@link
   *     VsockCapability#SEQPACKET}
   * @throws IOException if the machine has no socket to give
   */
  default SeqpacketChannel openSeqpacketChannel() throws IOException {
    throw new UnsupportedOperationException(
        "This provider has no SEQPACKET sockets. Ask capabilities() first.");
  }

  /**
   * Opens a SEQPACKET listener, blocking and unbound.
   *
   * @return the channel
   * @throws UnsupportedOperationException if {@link #capabilities} has no {@link
   *     VsockCapability#SEQPACKET}
   * @throws IOException if the machine has no socket to give
   */
  default SeqpacketServerChannel openSeqpacketServerChannel() throws IOException {
    throw new UnsupportedOperationException(
        "This provider has no SEQPACKET sockets. Ask capabilities() first.");
  }

  /**
   * The CID that this machine calls its own, as {@code IOCTL_VM_SOCKETS_GET_LOCAL_CID} tells it: a
   * guest's CID, or 2 on the host.
   *
   * @return 0 to 4294967295; {@link VsockAddress#CID_ANY} where the machine has none
   * @throws IOException if the machine does not answer
   */
  long localCid() throws IOException;

  /**
   * What this provider can do.
   *
   * @return an unmodifiable set
   */
  Set<VsockCapability> capabilities();
}
