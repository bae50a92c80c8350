package dev.vsocklab.spi.nio;

import static dev.vsocklab.spi.KernelSocket.FOREVER;
import static dev.vsocklab.spi.KernelSocket.NO_WAIT;
import static dev.vsocklab.spi.KernelSocket.WOULD_BLOCK;

import dev.vsocklab.VsockChannel;
import dev.vsocklab.VsockTimeoutException;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import dev.vsocklab.spi.KernelSocket.Waiting;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.SocketChannel;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A stream connection as the JDK's type; {@link Connection} has its contract. */
final class VsockSocketChannel extends SocketChannel implements VsockChannel, OwningChannel {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final Connection connection;

  /** Of this channel, made when first asked for; written under this channel's monitor. */
  private volatile @Nullable VsockSocket socketFace;

  /** Where gathering writes are put together; made when first needed, under the write lock. */
  private @Nullable Gathering gathering;

  /** An unconnected channel. */
  VsockSocketChannel(VsockSelectorProvider machine, Face face, KernelSocket socket) {
    super(machine);
    this.connection = new Connection(machine, face, socket, this);
  }

  /** The channel of a connection that a listener gave. */
  static VsockSocketChannel accepted(VsockSelectorProvider machine, Face face, KernelSocket socket)
      throws IOException {
    VsockSocketChannel channel = new VsockSocketChannel(machine, face, socket);
    channel.connection.accepted();
    return channel;
  }

  // -- Reading --

  @Override
  public int read(ByteBuffer dst) throws IOException {
    return read(Reading.OfStream.SOME, dst);
  }

  @Override
  public int peek(ByteBuffer dst) throws IOException {
    return read(Reading.OfStream.PEEK, dst);
  }

  private int read(Reading how, ByteBuffer dst) throws IOException {
    requireWritable(dst);
    connection.readLock.lock();
    try {
      long timeoutNanos = connection.timeoutNanos();
      return connection.readResult(how, connection.receive(how, dst, timeoutNanos), timeoutNanos);
    } finally {
      connection.readLock.unlock();
    }
  }

  @Override
  public int readFully(ByteBuffer dst) throws IOException {
    requireWritable(dst);
    connection.readLock.lock();
    try {
      connection.ensureConnected();
      connection.ensureBlocking();
      Reading how = Reading.OfStream.ALL;
      return connection.readResult(how, connection.receive(how, dst, FOREVER), FOREVER);
    } finally {
      connection.readLock.unlock();
    }
  }

  @Override
  public long read(ByteBuffer[] dsts, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, dsts.length);
    for (int i = offset; i < offset + length; i++) {
      requireWritable(dsts[i]);
    }
    connection.readLock.lock();
    try {
      Reading how = Reading.OfStream.SOME;
      long total = 0;
      for (int i = offset; i < offset + length; i++) {
        ByteBuffer dst = dsts[i];
        if (!dst.hasRemaining()) {
          continue;
        }
        if (total == 0) {
          long timeoutNanos = connection.timeoutNanos();
          total =
              connection.readResult(how, connection.receive(how, dst, timeoutNanos), timeoutNanos);
        } else {
          total += receiveMore(dst);
        }
        if (dst.hasRemaining()) {
          return total;
        }
      }
      return total > 0 ? total : connection.receive(how, NOTHING, NO_WAIT);
    } finally {
      connection.readLock.unlock();
    }
  }

  /** Reads what is there for a scattering read that has read some: the next call tells the rest. */
  private int receiveMore(ByteBuffer dst) throws IOException {
    try {
      return Math.max(connection.socket.read(dst, NO_WAIT), 0);
    } catch (ErrnoException e) {
      return 0; // a vsock connection in error stays so
    }
  }

  /**
   * Reads for an input stream.
   *
   * @return bytes read, {@link KernelSocket#EOF}, or {@link KernelSocket#WOULD_BLOCK} after the
   *     timeout
   * @throws VsockTimeoutException if it waited as long as RECEIVE_TIMEOUT allows
   */
  int readBlocking(ByteBuffer dst, long timeoutNanos) throws IOException {
    connection.readLock.lock();
    try {
      connection.ensureConnected();
      connection.ensureBlocking();
      Reading how = Reading.OfStream.SOME;
      int n = connection.receive(how, dst, timeoutNanos);
      return timeoutNanos == FOREVER ? connection.readResult(how, n, timeoutNanos) : n;
    } finally {
      connection.readLock.unlock();
    }
  }

  // -- Writing --

  @Override
  public int write(ByteBuffer src) throws IOException {
    Objects.requireNonNull(src);
    connection.writeLock.lock();
    try {
      long timeoutNanos = connection.timeoutNanos();
      int n = connection.send(Writing.STREAM, src, timeoutNanos);
      return (int) connection.writeResult(n, timeoutNanos);
    } finally {
      connection.writeLock.unlock();
    }
  }

  @Override
  public long write(ByteBuffer[] srcs, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, srcs.length);
    for (int i = offset; i < offset + length; i++) {
      Objects.requireNonNull(srcs[i]);
    }
    connection.writeLock.lock();
    try {
      if (gathering == null) {
        gathering = new Gathering();
      }
      long timeoutNanos = connection.timeoutNanos();
      long n = gathering.write(connection, srcs, offset, length, timeoutNanos);
      return connection.writeResult(n, timeoutNanos);
    } finally {
      connection.writeLock.unlock();
    }
  }

  /**
   * Writes all of it, for an output stream.
   *
   * @throws VsockTimeoutException if SEND_TIMEOUT ran out, with the bytes that were written before
   */
  void writeBlocking(ByteBuffer src) throws IOException {
    connection.writeLock.lock();
    try {
      connection.ensureConnected();
      connection.ensureBlocking();
      int start = src.position();
      do {
        // A count short of all comes before an error, which the next call tells.
        if (connection.send(Writing.STREAM, src, FOREVER) == WOULD_BLOCK) {
          VsockTimeoutException e = connection.sendTimeoutRanOut();
          e.bytesTransferred = src.position() - start;
          throw e;
        }
      } while (src.hasRemaining());
    } finally {
      connection.writeLock.unlock();
    }
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
  public VsockSocketChannel bind(@Nullable SocketAddress local) throws IOException {
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
  public VsockSocketChannel shutdownInput() throws IOException {
    connection.shutdownInput();
    return this;
  }

  @Override
  public VsockSocketChannel shutdownOutput() throws IOException {
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

  // -- Addresses, options, socket() --

  @Override
  public @Nullable SocketAddress getLocalAddress() throws IOException {
    return connection.openLocalAddress();
  }

  @Override
  public @Nullable SocketAddress getRemoteAddress() throws IOException {
    return connection.openRemoteAddress();
  }

  @Override
  public <T> VsockSocketChannel setOption(SocketOption<T> name, T value) throws IOException {
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
  public VsockSocket socket() {
    VsockSocket made = socketFace;
    if (made != null) {
      return made;
    }
    synchronized (this) {
      made = socketFace;
      if (made == null) {
        made = VsockSocket.over(this);
        socketFace = made;
      }
      return made;
    }
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

  static void requireWritable(ByteBuffer dst) {
    if (dst.isReadOnly()) {
      throw new IllegalArgumentException("The buffer to read into is read-only.");
    }
  }

  @Override
  public String toString() {
    return connection.text("VsockSocketChannel");
  }
}
