package dev.vsocklab.spi.nio;

import static dev.vsocklab.spi.KernelSocket.FOREVER;
import static dev.vsocklab.spi.KernelSocket.MSG_EOR;
import static dev.vsocklab.spi.KernelSocket.MSG_PEEK;
import static dev.vsocklab.spi.KernelSocket.MSG_TRUNC;
import static dev.vsocklab.spi.KernelSocket.NO_WAIT;
import static dev.vsocklab.spi.KernelSocket.POLLOUT;
import static dev.vsocklab.spi.KernelSocket.WOULD_BLOCK;

import dev.vsocklab.SeqpacketChannel;
import dev.vsocklab.spi.KernelSocket;
import dev.vsocklab.spi.KernelSocket.Waiting;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A SEQPACKET connection; {@link Connection} has its contract, this the rules of messages. */
final class VsockSeqpacketChannel extends SeqpacketChannel implements OwningChannel {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final Connection connection;

  /** An unconnected channel. */
  VsockSeqpacketChannel(VsockSelectorProvider machine, KernelSocket socket) {
    super(machine);
    this.connection = new Connection(machine, Face.CHANNEL, socket, this);
  }

  /** The channel of a connection that a listener gave. */
  static VsockSeqpacketChannel accepted(VsockSelectorProvider machine, KernelSocket socket)
      throws IOException {
    VsockSeqpacketChannel channel = new VsockSeqpacketChannel(machine, socket);
    channel.connection.accepted();
    return channel;
  }

  // -- Reading --

  @Override
  public int read(ByteBuffer dst) throws IOException {
    return receive(new MessageReading(Call.READ, 0), dst);
  }

  @Override
  public Message receive(ByteBuffer dst) throws IOException {
    return message(new MessageReading(Call.READ, MSG_TRUNC), dst);
  }

  @Override
  public Message peek(ByteBuffer dst) throws IOException {
    return message(new MessageReading(Call.PEEK, MSG_TRUNC | MSG_PEEK), dst);
  }

  private Message message(MessageReading how, ByteBuffer dst) throws IOException {
    int lengthBytes = receive(how, dst);
    return new Message(lengthBytes, how.told(MSG_TRUNC), how.told(MSG_EOR));
  }

  private int receive(Reading how, ByteBuffer dst) throws IOException {
    VsockSocketChannel.requireWritable(dst);
    connection.readLock.lock();
    try {
      long timeoutNanos = connection.timeoutNanos();
      return connection.readResult(how, connection.receive(how, dst, timeoutNanos), timeoutNanos);
    } finally {
      connection.readLock.unlock();
    }
  }

  // -- Writing --

  @Override
  public int write(ByteBuffer src) throws IOException {
    return write(src, false);
  }

  @Override
  public int write(ByteBuffer src, boolean endOfRecord) throws IOException {
    Objects.requireNonNull(src);
    Writing how = new MessageWriting(endOfRecord ? MSG_EOR : 0);
    connection.writeLock.lock();
    try {
      if (connection.timeoutNanos() == NO_WAIT) {
        return writeNow(how, src);
      }
      return (int) connection.writeResult(connection.send(how, src, FOREVER), FOREVER);
    } finally {
      connection.writeLock.unlock();
    }
  }

  /**
   * One write that may not wait. EAGAIN alone does not say whether a part of the message went out.
   * Poll does, asked before: with credit for one byte the first fragment goes, without it none.
   * Nobody else takes credit meanwhile.
   */
  private int writeNow(Writing how, ByteBuffer src) throws IOException {
    connection.ensureSending();
    if (!src.hasRemaining()) {
      return 0;
    }
    int polled = connection.socket.poll(POLLOUT, NO_WAIT);
    if (polled == 0) {
      // Linux's poll tells of no end of the connection that only a write meets: EPIPE.
      return Math.max(connection.sendNow(how, NOTHING.duplicate()), 0);
    }
    int n = connection.sendNow(how, src);
    if (n == WOULD_BLOCK && (polled & POLLOUT) != 0) {
      throw connection.call(Call.WRITE).torn(src.remaining());
    }
    return Math.max(n, 0);
  }

  // -- Queues --

  @Override
  public long unreadBytes() throws IOException {
    return connection.queuedBytes(Waiting.UNREAD);
  }

  @Override
  public long unsentBytes() throws IOException {
    return connection.queuedBytes(Waiting.UNSENT);
  }

  // -- States --

  @Override
  public VsockSeqpacketChannel bind(@Nullable SocketAddress local) throws IOException {
    connection.bind(local);
    return this;
  }

  @Override
  public boolean connect(SocketAddress remote) throws IOException {
    return connection.connect(remote);
  }

  @Override
  public boolean finishConnect() throws IOException {
    return connection.finishConnect();
  }

  @Override
  public boolean isConnected() {
    return connection.isConnected();
  }

  @Override
  public boolean isConnectionPending() {
    return connection.isConnectionPending();
  }

  @Override
  public VsockSeqpacketChannel shutdownInput() throws IOException {
    connection.shutdownInput();
    return this;
  }

  @Override
  public VsockSeqpacketChannel shutdownOutput() throws IOException {
    connection.shutdownOutput();
    return this;
  }

  @Override
  protected void implCloseSelectableChannel() {
    connection.socket.close();
  }

  @Override
  protected void implConfigureBlocking(boolean block) throws IOException {
    connection.awaitCalls();
  }

  // -- Addresses and options --

  @Override
  public @Nullable SocketAddress getLocalAddress() throws IOException {
    return connection.openLocalAddress();
  }

  @Override
  public @Nullable SocketAddress getRemoteAddress() throws IOException {
    return connection.openRemoteAddress();
  }

  @Override
  public <T> VsockSeqpacketChannel setOption(SocketOption<T> name, T value) throws IOException {
    connection.setOption(name, value);
    return this;
  }

  @Override
  public <T> T getOption(SocketOption<T> name) throws IOException {
    return connection.getOption(name);
  }

  @Override
  public Set<SocketOption<?>> supportedOptions() {
    return connection.supportedOptions();
  }

  @Override
  public Connection core() {
    return connection;
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
    return connection.text("SeqpacketChannel");
  }
}
