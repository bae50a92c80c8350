package dev.vsocklab;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/**
 * What a vsock stream channel can do besides what {@link SocketChannel} has: every channel of
 * {@link VsockProvider#openSocketChannel}, and every one that its listeners accept, is one of
 * these.
 *
 * <pre>{@code
 * int n = VsockChannel.of(socketChannel).peek(header);
 * }</pre>
 *
 * <p>Its methods keep the contract of {@link SocketChannel#read(ByteBuffer)} for states, interrupts
 * and asynchronous close.
 */
public interface VsockChannel {

  /**
   * The vsock side of a channel.
   *
   * @param channel a channel of a {@link VsockProvider}
   * @return the same channel
   * @throws IllegalArgumentException if it is another kind of channel, such as TCP's
   */
  static VsockChannel of(SocketChannel channel) {
    if (channel instanceof VsockChannel vsock) {
      return vsock;
    }
    throw new IllegalArgumentException(
        channel
            + " is not a vsock channel. Open it with VsockProvider.openSocketChannel, or accept it"
            + " from a listener of openServerSocketChannel.");
  }

  /**
   * Reads what is there without taking it: MSG_PEEK.
   *
   * @param dst where to; its position moves by the result
   * @return bytes copied, -1 at the end of the stream, or 0 if nothing is there and the channel is
   *     non-blocking
   * @throws IOException as a read
   */
  int peek(ByteBuffer dst) throws IOException;

  /**
   * Reads until the buffer is full: MSG_WAITALL, in blocking mode only.
   *
   * <p>Linux refuses, with ENOMEM, to wait for as many bytes as the receive buffer holds ({@link
   * VsockSocketOptions#BUFFER_SIZE}) or more: read those in pieces.
   *
   * @param dst where to; its position moves by the result
   * @return bytes read; fewer than there was room for if the stream ended, failed, or {@link
   *     VsockSocketOptions#RECEIVE_TIMEOUT} ran out, which the next read tells; -1 at the end of
   *     the stream
   * @throws java.nio.channels.IllegalBlockingModeException if the channel is non-blocking
   * @throws IOException as a read
   */
  int readFully(ByteBuffer dst) throws IOException;

  /**
   * Bytes that were received and not read yet: SIOCINQ, from Linux 6.17 on.
   *
   * @return 0 or more
   * @throws VsockSocketException with ENOTTY or EOPNOTSUPP where the kernel does not count them
   * @throws IOException if the channel is closed or the machine does not answer
   */
  long unreadBytes() throws IOException;

  /**
   * Bytes that were written and did not leave this end yet: SIOCOUTQ, from Linux 6.12 on. What left
   * need not have been read by the peer.
   *
   * @return 0 or more
   * @throws VsockSocketException with ENOTTY or EOPNOTSUPP where the kernel does not count them
   * @throws IOException if the channel is closed or the machine does not answer
   */
  long unsentBytes() throws IOException;
}
