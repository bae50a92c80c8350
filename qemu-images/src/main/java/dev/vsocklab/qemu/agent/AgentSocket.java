package dev.vsocklab.qemu.agent;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.linux.VsockOption;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import java.io.IOException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** A socket in the agent's kernel: each call here is that call there. */
final class AgentSocket implements KernelSocket {
  /** SOCK_STREAM. */
  static final int TYPE_STREAM = 1;

  /** SOCK_SEQPACKET. */
  static final int TYPE_SEQPACKET = 5;

  /** The most that the agent answers to one READ: what a default receive buffer holds. */
  private static final int MAX_READ_BYTES = 256 * 1024;

  /** How long {@link #close} waits for a guest that does not answer; it cannot report that. */
  private static final long CLOSE_WAIT_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final AgentConnection connection;
  private final int handle;
  private final int type;
  private final AtomicBoolean closed = new AtomicBoolean();

  /** How long the kernel itself may take to close. */
  private volatile int lingerSeconds;

  private AgentSocket(AgentConnection connection, int handle, int type) {
    this.connection = connection;
    this.handle = handle;
    this.type = type;
  }

  static AgentSocket open(AgentConnection connection, int type) throws ErrnoException, IOException {
    Call call = connection.call(new CallFrame(AgentOp.SOCKET).u32(type));
    return new AgentSocket(connection, succeeded(connection, call).result().getInt(0), type);
  }

  @Override
  public void bind(VsockAddress address) throws ErrnoException, IOException {
    call(frame(AgentOp.BIND).u32(address.cid()).u32(address.port()));
  }

  @Override
  public void listen(int backlog) throws ErrnoException, IOException {
    call(frame(AgentOp.LISTEN).u32(backlog));
  }

  @Override
  public @Nullable KernelSocket accept(long timeoutNanos) throws ErrnoException, IOException {
    Call call = connection.call(frame(AgentOp.ACCEPT).u64(checkedTimeout(timeoutNanos)));
    if (call.errno() == Errno.EAGAIN.number()) {
      return null;
    }
    return new AgentSocket(connection, succeeded(connection, call).result().getInt(0), type);
  }

  @Override
  public boolean connect(VsockAddress remote, long timeoutNanos)
      throws ErrnoException, IOException {
    CallFrame frame =
        frame(AgentOp.CONNECT).u32(remote.cid()).u32(remote.port()).u32(waits(timeoutNanos));
    Call call = connection.call(frame);
    if (call.errno() == Errno.EINPROGRESS.number()) {
      return false;
    }
    succeeded(connection, call);
    return true;
  }

  @Override
  public int read(ByteBuffer dst, long timeoutNanos) throws ErrnoException, IOException {
    if (dst.isReadOnly()) {
      throw new ReadOnlyBufferException();
    }
    if (!dst.hasRemaining()) {
      return 0;
    }
    if (type == TYPE_SEQPACKET && dst.remaining() > MAX_READ_BYTES) {
      return isTimeLeft(POLLIN, timeoutNanos)
          ? receive(dst, 0, timeoutNanos == FOREVER ? FOREVER : NO_WAIT).lengthBytes()
          : WOULD_BLOCK;
    }
    CallFrame frame =
        frame(AgentOp.READ)
            .u32(Math.min(dst.remaining(), MAX_READ_BYTES))
            .u64(checkedTimeout(timeoutNanos));
    ReadCall call = connection.call(new ReadCall(dst), frame, null);
    if (call.errno() == Errno.EAGAIN.number()) {
      return WOULD_BLOCK;
    }
    succeeded(connection, call);
    return call.readBytes() == 0 ? EOF : call.readBytes();
  }

  @Override
  public int write(ByteBuffer src, long timeoutNanos) throws ErrnoException, IOException {
    checkedTimeout(timeoutNanos);
    if (closed.get()) {
      throw new ErrnoException(Errno.EBADF);
    }
    if (!src.hasRemaining()) {
      return 0;
    }
    if (type == TYPE_SEQPACKET) { // a WRITE's pieces would be messages of their own
      return isTimeLeft(POLLOUT, timeoutNanos)
          ? send(src, 0, timeoutNanos == FOREVER ? FOREVER : NO_WAIT)
          : WOULD_BLOCK;
    }
    WriteCall call = WriteCall.write(connection, handle, src, timeoutNanos);
    if (call.errno() == Errno.EAGAIN.number()) {
      return WOULD_BLOCK;
    }
    succeeded(connection, call);
    return call.writtenBytes();
  }

  @Override
  public Received receive(ByteBuffer dst, int flags, long timeoutNanos)
      throws ErrnoException, IOException {
    if (dst.isReadOnly()) {
      throw new ReadOnlyBufferException();
    }
    int room = Math.min(dst.remaining(), AgentConnection.MAX_MESSAGE_BYTES);
    CallFrame frame = frame(AgentOp.RECV).u32(room).u32(flags).u32(waits(timeoutNanos));
    RecvCall call = connection.call(new RecvCall(dst), frame, null);
    if (call.errno() == Errno.EAGAIN.number()) {
      return new Received(WOULD_BLOCK, 0);
    }
    succeeded(connection, call);
    int length = call.lengthBytes() == 0 && room > 0 ? EOF : call.lengthBytes();
    return new Received(length, call.messageFlags() & (MSG_EOR | MSG_TRUNC));
  }

  @Override
  public int send(ByteBuffer src, int flags, long timeoutNanos) throws ErrnoException, IOException {
    if (src.remaining() > AgentConnection.MAX_MESSAGE_BYTES) {
      throw new IOException(
          "A send of "
              + src.remaining()
              + " bytes does not go to "
              + connection.name()
              + ": at most "
              + AgentConnection.MAX_MESSAGE_BYTES
              + " at a time. Use write, or a smaller message.");
    }
    CallFrame frame = frame(AgentOp.SEND).u32(src.remaining()).u32(flags).u32(waits(timeoutNanos));
    Call call = SendCall.send(connection, frame, src);
    if (call.errno() == Errno.EAGAIN.number()) {
      return WOULD_BLOCK;
    }
    int sentBytes = succeeded(connection, call).result().getInt(0);
    src.position(src.position() + sentBytes);
    return sentBytes;
  }

  @Override
  public long queuedBytes(Waiting bytes) throws ErrnoException, IOException {
    int which =
        switch (bytes) {
          case UNREAD -> 0;
          case UNSENT -> 1;
        };
    Call call = call(frame(AgentOp.QUEUED).u32(which));
    return Integer.toUnsignedLong(call.result().getInt(0));
  }

  @Override
  public void shutdown(Direction direction) throws ErrnoException, IOException {
    int how =
        switch (direction) {
          case READ -> 0;
          case WRITE -> 1;
          case BOTH -> 2;
        };
    call(frame(AgentOp.SHUTDOWN).u32(how));
  }

  @Override
  public int poll(int events, long timeoutNanos) throws IOException {
    checkedTimeout(timeoutNanos);
    if (closed.get()) {
      return POLLNVAL;
    }
    Call call =
        connection.call(
            new CallFrame(AgentOp.POLL).u32(handle).u32(events & 0xFFFF).u64(timeoutNanos));
    return call.errno() == 0 ? call.result().getInt(0) : POLLNVAL;
  }

  @Override
  public void watch(int events, Runnable onReady) throws IOException {
    WatchCall call = new WatchCall(onReady);
    connection.send(
        call, new CallFrame(AgentOp.WATCH).u32(handle).u32(events & 0xFFFF), /* data= */ null);
  }

  @Override
  public @Nullable Errno takeError() throws ErrnoException, IOException {
    int number = getOption(VsockOption.LEVEL_SOCKET, VsockOption.SO_ERROR, 4).getInt(0);
    return number == 0 ? null : errno(connection, number);
  }

  @Override
  public <T> void setOption(SocketOption<T> option, T value) throws ErrnoException, IOException {
    VsockOption<T> place = VsockOption.of(option);
    ByteBuffer bytes = place.encode().apply(value);
    call(frame(AgentOp.SETSOCKOPT).u32(place.level()).u32(place.name()).raw(bytes));
    if (option.equals(StandardSocketOptions.SO_LINGER)) {
      lingerSeconds = Math.max(0, (Integer) value);
    }
  }

  @Override
  public <T> T getOption(SocketOption<T> option) throws ErrnoException, IOException {
    VsockOption<T> place = VsockOption.of(option);
    return place.decode().apply(getOption(place.level(), place.name(), place.lengthBytes()));
  }

  @Override
  public VsockAddress localAddress() throws ErrnoException, IOException {
    return address(frame(AgentOp.GETSOCKNAME));
  }

  @Override
  public VsockAddress remoteAddress() throws ErrnoException, IOException {
    return address(frame(AgentOp.GETPEERNAME));
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    Call call = new Call(AgentOp.CLOSE);
    try {
      connection.send(call, new CallFrame(AgentOp.CLOSE).u32(handle), null);
    } catch (IOException e) {
      return; // the machine is gone and the socket with it
    }
    call.await(CLOSE_WAIT_NANOS + TimeUnit.SECONDS.toNanos(lingerSeconds));
  }

  @Override
  public String toString() {
    return "socket " + Integer.toHexString(handle) + " of " + connection.name();
  }

  /** A call on this socket, unless it is closed: the agent may have closed it not yet. */
  private CallFrame frame(AgentOp op) throws ErrnoException {
    if (closed.get()) {
      throw new ErrnoException(Errno.EBADF);
    }
    return new CallFrame(op).u32(handle);
  }

  private Call call(CallFrame frame) throws ErrnoException, IOException {
    return succeeded(connection, connection.call(frame));
  }

  private ByteBuffer getOption(int level, int name, int lengthBytes)
      throws ErrnoException, IOException {
    ByteBuffer value =
        call(frame(AgentOp.GETSOCKOPT).u32(level).u32(name).u32(lengthBytes)).result();
    if (value.remaining() != lengthBytes) {
      throw new IOException(
          connection.name()
              + " gave "
              + value.remaining()
              + " bytes for socket option "
              + level
              + "/"
              + name
              + ", not "
              + lengthBytes
              + ".");
    }
    return value;
  }

  private VsockAddress address(CallFrame frame) throws ErrnoException, IOException {
    ByteBuffer result = call(frame).result();
    return VsockAddress.of(
        Integer.toUnsignedLong(result.getInt(0)), Integer.toUnsignedLong(result.getInt(4)));
  }

  /** Waits for an event, where the kernel's own calls cannot be told how long. */
  private boolean isTimeLeft(int event, long timeoutNanos) throws IOException {
    return timeoutNanos == NO_WAIT || timeoutNanos == FOREVER || poll(event, timeoutNanos) != 0;
  }

  private static int waits(long timeoutNanos) {
    return checkedTimeout(timeoutNanos) == NO_WAIT ? 0 : 1;
  }

  private static long checkedTimeout(long timeoutNanos) {
    if (timeoutNanos < 0) {
      throw new IllegalArgumentException("Timeout " + timeoutNanos + " ns is negative.");
    }
    return timeoutNanos;
  }

  /** The call, unless the kernel refused it. */
  static <C extends Call> C succeeded(AgentConnection connection, C call)
      throws ErrnoException, IOException {
    if (call.errno() != 0) {
      throw new ErrnoException(errno(connection, call.errno()));
    }
    return call;
  }

  private static Errno errno(AgentConnection connection, int number) throws IOException {
    return Errno.fromNumber(number)
        .orElseThrow(
            () ->
                new IOException(
                    connection.name()
                        + " gave errno "
                        + number
                        + ", which no AF_VSOCK call is known to give."));
  }
}
