package dev.vsocklab;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.NetworkChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.SelectorProvider;
import org.jspecify.annotations.Nullable;

/**
 * A connection that keeps message boundaries: SOCK_SEQPACKET. The JDK has no such channel; this one
 * is as its {@link java.nio.channels.SocketChannel} in all that is not said here: states, blocking
 * and non-blocking mode, {@link java.nio.channels.Selector}s, interrupts, asynchronous close, one
 * reader and one writer at a time.
 *
 * <pre>{@code
 * try (SeqpacketChannel channel = vsock.openSeqpacketChannel()) {
 *   channel.connect(VsockAddress.host(7000));
 *   channel.write(UTF_8.encode("one message"));
 *   ByteBuffer answer = ByteBuffer.allocate(4096);
 *   SeqpacketChannel.Message message = channel.receive(answer);
 * }
 * }</pre>
 *
 * <h2>Messages</h2>
 *
 * <ul>
 *   <li>One write is one message, one read takes one message. What of it does not fit into the
 *       reader's buffer is gone, as with a {@link java.nio.channels.DatagramChannel}; {@link
 *       #receive} tells so.
 *   <li>A message of no bytes does not exist: writing an empty buffer sends nothing, and reading
 *       into a full one takes nothing.
 *   <li>A message is at most as long as the smaller of both ends' {@link
 *       VsockSocketOptions#BUFFER_SIZE}; a longer one is {@link Errno#EMSGSIZE} (before Linux 6.4
 *       {@link Errno#ENOMEM}), and nothing of it is sent.
 *   <li>A record may be made of several messages: {@link #write(ByteBuffer, boolean)} marks the
 *       last one. Boundaries of messages stay.
 * </ul>
 *
 * <h2>What Linux makes of half a message</h2>
 *
 * <p>A message goes out in fragments as the peer gives credit. If a write ends on the way, because
 * {@link VsockSocketOptions#SEND_TIMEOUT} runs out or a non-blocking one finds credit for a part
 * only, it throws, but the fragments are sent: the peer finds them at the beginning of the next
 * message. Close the channel then. And a selector may find a channel readable when only a part of a
 * message is there; a read then gives 0.
 */
public abstract class SeqpacketChannel extends AbstractSelectableChannel
    implements ByteChannel, NetworkChannel {

  /**
   * Initializes a new instance of this class.
   *
   * @param provider the provider that made it
   */
  protected SeqpacketChannel(SelectorProvider provider) {
    super(provider);
  }

  /**
   * What one receive took or saw.
   *
   * @param lengthBytes the message's real length, more than was copied if it was truncated; -1 at
   *     the end of the connection, 0 if no message is there and the channel is non-blocking, or if
   *     there was no room
   * @param truncated whether the buffer was too small for it
   * @param endOfRecord whether its writer marked it as the end of a record
   */
  public record Message(int lengthBytes, boolean truncated, boolean endOfRecord) {}

  // -- Messages --

  /**
   * Takes the next message. What does not fit is gone.
   *
   * @param dst where to; its position moves by the result
   * @return bytes copied; -1 at the end of the connection, 0 if no message is there and the channel
   *     is non-blocking, or if there is no room
   * @throws VsockTimeoutException if {@link VsockSocketOptions#RECEIVE_TIMEOUT} ran out
   * @throws IOException as {@link java.nio.channels.SocketChannel#read(ByteBuffer)}
   */
  @Override
  public abstract int read(ByteBuffer dst) throws IOException;

  /**
   * Takes the next message, and tells its real length and its marks.
   *
   * @param dst where to; its position moves by what was copied
   * @return what was taken
   * @throws VsockTimeoutException if {@link VsockSocketOptions#RECEIVE_TIMEOUT} ran out
   * @throws IOException as {@link java.nio.channels.SocketChannel#read(ByteBuffer)}
   */
  public abstract Message receive(ByteBuffer dst) throws IOException;

  /**
   * Looks at the next message without taking it: MSG_PEEK, from Linux 6.6 on.
   *
   * @param dst where to; its position moves by what was copied
   * @return what is there
   * @throws VsockSocketException with ENOMEM or EOPNOTSUPP where the kernel cannot
   * @throws VsockTimeoutException if {@link VsockSocketOptions#RECEIVE_TIMEOUT} ran out
   * @throws IOException as {@link java.nio.channels.SocketChannel#read(ByteBuffer)}
   */
  public abstract Message peek(ByteBuffer dst) throws IOException;

  /**
   * Sends one message: all of it, or none.
   *
   * @param src the message; its position moves by the result
   * @return its length; 0 if it is empty, or if there is no credit at all and the channel is
   *     non-blocking
   * @throws VsockSocketException with EMSGSIZE if it is too long; with EAGAIN if the channel is
   *     non-blocking and there was credit for a part only, which is sent
   * @throws VsockTimeoutException if {@link VsockSocketOptions#SEND_TIMEOUT} ran out, perhaps after
   *     a part was sent
   * @throws IOException as {@link java.nio.channels.SocketChannel#write(ByteBuffer)}
   */
  @Override
  public abstract int write(ByteBuffer src) throws IOException;

  /**
   * Sends one message as {@link #write(ByteBuffer)}, and says whether a record ends with it:
   * MSG_EOR.
   *
   * @param src the message; its position moves by the result
   * @param endOfRecord whether {@link Message#endOfRecord} holds at the other end
   * @return its length; 0 if it is empty, or if there is no credit at all and the channel is
   *     non-blocking
   * @throws IOException as {@link #write(ByteBuffer)}
   */
  public abstract int write(ByteBuffer src, boolean endOfRecord) throws IOException;

  /**
   * Bytes of all messages that were received and not read yet: SIOCINQ, from Linux 6.17 on.
   *
   * @return 0 or more
   * @throws VsockSocketException with ENOTTY or EOPNOTSUPP where the kernel does not count them
   * @throws IOException if the channel is closed or the machine does not answer
   */
  public abstract long unreadBytes() throws IOException;

  /**
   * Bytes that were written and did not leave this end yet: SIOCOUTQ, from Linux 6.12 on.
   *
   * @return 0 or more
   * @throws VsockSocketException with ENOTTY or EOPNOTSUPP where the kernel does not count them
   * @throws IOException if the channel is closed or the machine does not answer
   */
  public abstract long unsentBytes() throws IOException;

  // -- Connecting and ending --

  @Override
  public abstract SeqpacketChannel bind(@Nullable SocketAddress local) throws IOException;

  /**
   * Connects, as {@link java.nio.channels.SocketChannel#connect}.
   *
   * @param remote a {@link VsockAddress}
   * @return whether it is connected; false if a non-blocking channel waits for the answer
   * @throws IOException as there; the channel is then closed
   */
  public abstract boolean connect(SocketAddress remote) throws IOException;

  /**
   * Finishes a connect that a non-blocking channel began, as {@link
   * java.nio.channels.SocketChannel#finishConnect}.
   *
   * @return whether it is connected
   * @throws IOException as there; the channel is then closed
   */
  public abstract boolean finishConnect() throws IOException;

  /**
   * Whether it is connected.
   *
   * @return true if it is open and connected
   */
  public abstract boolean isConnected();

  /**
   * Whether a connect is under way.
   *
   * @return true if {@link #finishConnect} is to be called
   */
  public abstract boolean isConnectionPending();

  /**
   * Ends reading at this end; a read gives -1 from now on.
   *
   * @return this channel
   * @throws java.nio.channels.NotYetConnectedException if it is not connected
   * @throws IOException if the channel is closed or the machine does not answer
   */
  public abstract SeqpacketChannel shutdownInput() throws IOException;

  /**
   * Ends writing at this end; the peer reads what was sent, and then -1.
   *
   * @return this channel
   * @throws java.nio.channels.NotYetConnectedException if it is not connected
   * @throws IOException if the channel is closed or the machine does not answer
   */
  public abstract SeqpacketChannel shutdownOutput() throws IOException;

  /**
   * The other end's address.
   *
   * @return a {@link VsockAddress}, or null before connect
   * @throws IOException if the channel is closed
   */
  public abstract @Nullable SocketAddress getRemoteAddress() throws IOException;

  @Override
  public abstract <T> SeqpacketChannel setOption(SocketOption<T> name, T value) throws IOException;

  /**
   * The operations that a selector can wait for.
   *
   * @return OP_READ, OP_WRITE and OP_CONNECT
   */
  @Override
  public final int validOps() {
    return SelectionKey.OP_READ | SelectionKey.OP_WRITE | SelectionKey.OP_CONNECT;
  }
}
