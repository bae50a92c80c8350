package dev.vsocklab.spi.nio;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockSocketOptions;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import java.io.IOException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** A socket of {@link MemoryNet}, with Linux's answers as far as the faces can tell. */
final class MemorySocket implements KernelSocket {

  /** What a peer may have unread. */
  static final int CREDIT_BYTES = 4096;

  /** SOCK_STREAM or SOCK_SEQPACKET. */
  enum Type {
    STREAM,
    SEQPACKET
  }

  /** What one packet carried of a message. */
  private record Fragment(ByteBuffer bytes, boolean endOfMessage, boolean endOfRecord) {}

  private final MemoryNet net;
  private final Type type;
  private final Deque<Fragment> fragments = new ArrayDeque<>();
  private final ByteBuffer received = ByteBuffer.allocate(CREDIT_BYTES);
  private final Queue<MemorySocket> backlog = new ArrayDeque<>();
  private final Map<SocketOption<?>, Object> options =
      new HashMap<>(
          Map.of(
              VsockSocketOptions.BUFFER_SIZE,
              (long) CREDIT_BYTES,
              StandardSocketOptions.SO_LINGER,
              -1));
  private int backlogSize = -1;
  private @Nullable VsockAddress local;
  private @Nullable VsockAddress remote;
  private @Nullable MemorySocket peer;
  private boolean connecting;
  private boolean connected;
  private boolean readShut;
  private boolean writeShut;
  private boolean closed;
  private @Nullable Errno error;
  private @Nullable Errno readError;
  private int watchedEvents;
  private @Nullable Runnable watcher;

  MemorySocket(MemoryNet net, Type type) {
    this.net = net;
    this.type = type;
  }

  // -- Hooks for tests --

  /** Every later read fails once what was received is read. */
  void failReads(Errno errno) {
    net.lock.lock();
    try {
      readError = errno;
      net.wakeAll();
    } finally {
      net.lock.unlock();
    }
  }

  boolean isClosed() {
    net.lock.lock();
    try {
      return closed;
    } finally {
      net.lock.unlock();
    }
  }

  // -- KernelSocket --

  @Override
  public void bind(VsockAddress address) throws ErrnoException, IOException {
    enter();
    try {
      if (local != null) {
        throw new ErrnoException(Errno.EINVAL);
      }
      long port = address.port();
      if (port == VsockAddress.PORT_ANY) {
        port = net.freePort();
      } else if (!net.usedPorts.add(port)) {
        throw new ErrnoException(Errno.EADDRINUSE);
      }
      local = VsockAddress.of(address.cid(), port);
    } finally {
      net.lock.unlock();
    }
  }

  @Override
  public void listen(int size) throws ErrnoException, IOException {
    enter();
    try {
      if (local == null || connected || connecting) {
        throw new ErrnoException(Errno.EINVAL);
      }
      backlogSize = size;
      net.listeners.put(local.port(), this);
    } finally {
      net.lock.unlock();
    }
  }

  @Override
  public @Nullable KernelSocket accept(long timeoutNanos) throws ErrnoException, IOException {
    enter();
    try {
      if (backlogSize < 0) {
        throw new ErrnoException(Errno.EINVAL);
      }
      long left = bounded(timeoutNanos, VsockSocketOptions.RECEIVE_TIMEOUT);
      while (backlog.isEmpty() && left > 0) {
        left = await(left);
      }
      return backlog.poll();
    } finally {
      net.lock.unlock();
    }
  }

  @Override
  public boolean connect(VsockAddress address, long timeoutNanos)
      throws ErrnoException, IOException {
    enter();
    try {
      if (connected) {
        throw new ErrnoException(Errno.EISCONN);
      }
      if (connecting) {
        throw new ErrnoException(Errno.EALREADY);
      }
      if (address.cid() != MemoryNet.CID && address.cid() != VsockAddress.CID_LOCAL) {
        throw new ErrnoException(Errno.ENODEV);
      }
      if (local == null) {
        local = VsockAddress.any(net.freePort());
      }
      remote = address;
      connecting = true;
      if (net.silentPorts.contains(address.port())) {
        net.unanswered.add(this);
      } else {
        arrive();
        net.wakeAll();
      }
      long left = timeoutNanos;
      while (connecting && left > 0) {
        left = await(left);
      }
      Errno refusal = timeoutNanos > 0 ? takeErrorLocked() : null;
      if (refusal != null) {
        throw new ErrnoException(refusal, "");
      }
      return connected;
    } finally {
      net.lock.unlock();
    }
  }

  /** The request reaches the other end. */
  void arrive() {
    if (closed || remote == null || local == null) {
      return;
    }
    connecting = false;
    MemorySocket listener = net.listeners.get(remote.port());
    if (listener == null
        || listener.type != type
        || listener.backlog.size() > listener.backlogSize) {
      error = Errno.ECONNRESET;
      return;
    }
    MemorySocket child = new MemorySocket(net, type);
    net.sockets.add(child);
    child.local = remote;
    child.remote = VsockAddress.of(MemoryNet.CID, local.port());
    child.peer = this;
    child.connected = true;
    peer = child;
    connected = true;
    listener.backlog.add(child);
  }

  @Override
  public int read(ByteBuffer dst, long timeoutNanos) throws ErrnoException, IOException {
    net.reads.incrementAndGet();
    return receive(dst, 0, timeoutNanos).lengthBytes();
  }

  @Override
  public Received receive(ByteBuffer dst, int flags, long timeoutNanos)
      throws ErrnoException, IOException {
    enter();
    try {
      long left = bounded(timeoutNanos, VsockSocketOptions.RECEIVE_TIMEOUT);
      int total = 0;
      while (true) {
        ensureConnected();
        if (readShut) {
          return new Received(EOF, 0);
        }
        if (!dst.hasRemaining()) {
          return new Received(0, 0);
        }
        if (type == Type.SEQPACKET && holdsMessage()) {
          return takeMessage(dst, flags);
        }
        if (type == Type.STREAM && received.position() > 0) {
          total += take(dst, flags);
          if ((flags & MSG_WAITALL) == 0 || !dst.hasRemaining()) {
            return new Received(total, 0);
          }
        }
        if (readError != null && total == 0) {
          throw new ErrnoException(readError);
        }
        if (peerWritesNoMore() || readError != null) {
          return new Received(total > 0 ? total : EOF, 0);
        }
        if (left <= 0) {
          return new Received(total > 0 ? total : WOULD_BLOCK, 0);
        }
        left = awaitOrGiveUp(left, total);
        if (left == CLOSED_MEANWHILE) {
          return new Received(total, 0);
        }
      }
    } finally {
      net.lock.unlock();
    }
  }

  private int take(ByteBuffer dst, int flags) {
    received.flip();
    int n = Math.min(dst.remaining(), received.remaining());
    dst.put(dst.position(), received, 0, n).position(dst.position() + n);
    received.position((flags & MSG_PEEK) != 0 ? 0 : n);
    received.compact();
    net.wakeAll();
    return n;
  }

  private boolean holdsMessage() {
    return fragments.stream().anyMatch(Fragment::endOfMessage);
  }

  private Received takeMessage(ByteBuffer dst, int flags) throws ErrnoException {
    boolean peek = (flags & MSG_PEEK) != 0;
    if (peek && !net.peeksAtMessages) {
      throw new ErrnoException(Errno.ENOMEM);
    }
    int length = 0;
    int copied = 0;
    boolean endOfRecord = false;
    for (Fragment fragment : List.copyOf(fragments)) {
      int n = Math.min(dst.remaining(), fragment.bytes().remaining());
      dst.put(dst.position(), fragment.bytes(), 0, n).position(dst.position() + n);
      copied += n;
      length += fragment.bytes().remaining();
      if (!peek) {
        fragments.remove();
      }
      if (fragment.endOfMessage()) {
        endOfRecord = fragment.endOfRecord();
        break;
      }
    }
    net.wakeAll();
    int told = (endOfRecord ? MSG_EOR : 0) | (copied < length ? MSG_TRUNC : 0);
    return new Received((flags & MSG_TRUNC) != 0 ? length : copied, told);
  }

  @Override
  public int write(ByteBuffer src, long timeoutNanos) throws ErrnoException, IOException {
    net.writes.incrementAndGet();
    return send(src, 0, timeoutNanos);
  }

  @Override
  public int send(ByteBuffer src, int flags, long timeoutNanos) throws ErrnoException, IOException {
    enter();
    try {
      int start = src.position();
      int lengthBytes = src.remaining();
      int written = 0;
      long left = bounded(timeoutNanos, VsockSocketOptions.SEND_TIMEOUT);
      while (true) {
        try {
          ensureConnected();
          if (writeShut || peer == null || peer.closed || peer.readShut) {
            throw new ErrnoException(Errno.EPIPE);
          }
          if (type == Type.SEQPACKET && lengthBytes > CREDIT_BYTES) {
            throw new ErrnoException(net.errnoOfTooLong);
          }
        } catch (ErrnoException e) {
          if (written > 0 && type == Type.STREAM) {
            return written;
          }
          src.position(start);
          throw e;
        }
        int n = Math.min(src.remaining(), peer.room());
        if (n > 0) {
          byte[] bytes = new byte[n];
          src.get(bytes);
          written += n;
          peer.enqueue(
              new Fragment(ByteBuffer.wrap(bytes), !src.hasRemaining(), (flags & MSG_EOR) != 0));
          net.wakeAll();
        }
        if (!src.hasRemaining()) {
          return written;
        }
        if (left <= 0) {
          if (type == Type.SEQPACKET) {
            src.position(start); // what went out stays out
            return WOULD_BLOCK;
          }
          return written > 0 ? written : WOULD_BLOCK;
        }
        left = awaitOrGiveUp(left, type == Type.STREAM ? written : 0);
        if (left == CLOSED_MEANWHILE) {
          return written;
        }
      }
    } finally {
      net.lock.unlock();
    }
  }

  private void enqueue(Fragment fragment) {
    if (type == Type.SEQPACKET) {
      fragments.add(fragment);
    } else {
      received.put(fragment.bytes());
    }
  }

  /** What the peer may still send. */
  private int room() {
    return CREDIT_BYTES - unread();
  }

  private int unread() {
    return type == Type.STREAM
        ? received.position()
        : fragments.stream().mapToInt(fragment -> fragment.bytes().remaining()).sum();
  }

  /** A call's time, if it may wait without end, as the socket's own timeout has it. */
  private long bounded(long timeoutNanos, SocketOption<Duration> option) {
    Object limit = options.getOrDefault(option, Duration.ZERO);
    return timeoutNanos == FOREVER && !limit.equals(Duration.ZERO)
        ? ((Duration) limit).toNanos()
        : timeoutNanos;
  }

  private static final long CLOSED_MEANWHILE = Long.MIN_VALUE;

  private long awaitOrGiveUp(long leftNanos, int written) throws ErrnoException, IOException {
    try {
      return await(leftNanos);
    } catch (ErrnoException e) {
      if (written > 0) {
        return CLOSED_MEANWHILE;
      }
      throw e;
    }
  }

  @Override
  public long queuedBytes(Waiting bytes) throws ErrnoException, IOException {
    enter();
    try {
      if (!net.countsBytes) {
        throw new ErrnoException(Errno.ENOTTY);
      }
      return bytes == Waiting.UNREAD ? unread() : 0; // what is sent is there at once
    } finally {
      net.lock.unlock();
    }
  }

  @Override
  public void shutdown(Direction direction) throws ErrnoException, IOException {
    enter();
    try {
      ensureConnected();
      readShut |= direction != Direction.WRITE;
      writeShut |= direction != Direction.READ;
      net.wakeAll();
    } finally {
      net.lock.unlock();
    }
  }

  @Override
  public int poll(int events, long timeoutNanos) throws IOException {
    net.lock.lock();
    try {
      net.polls.incrementAndGet();
      net.ensureReachable();
      long left = timeoutNanos;
      while (ready(events) == 0 && left > 0) {
        left = await(left);
      }
      return ready(events);
    } catch (ErrnoException e) {
      return POLLNVAL;
    } finally {
      net.lock.unlock();
    }
  }

  @Override
  public void watch(int events, Runnable onReady) throws IOException {
    net.lock.lock();
    try {
      net.ensureReachable();
      watchedEvents = events;
      watcher = onReady;
      callBackIfReady();
    } finally {
      net.lock.unlock();
    }
  }

  /** Under the net's lock, as a layer may do it. */
  void callBackIfReady() {
    Runnable callback = watcher;
    if (callback != null && (net.gone != null || ready(watchedEvents) != 0)) {
      watcher = null;
      net.inCallback = true;
      try {
        callback.run();
      } finally {
        net.inCallback = false;
      }
    }
  }

  private int ready(int events) {
    if (closed) {
      return POLLNVAL;
    }
    int ready = 0;
    if (backlogSize >= 0) {
      ready |= backlog.isEmpty() ? 0 : POLLIN;
    } else if (!connected) {
      ready |= connecting ? 0 : POLLOUT; // as Linux: a refused socket is writable
    } else {
      ready |= unread() >= lowWater() || readShut || peerWritesNoMore() ? POLLIN : 0;
      boolean credit = peer != null && peer.room() > 0;
      ready |= credit && !writeShut ? POLLOUT : 0;
      ready |= readShut || peerWritesNoMore() ? POLLRDHUP : 0;
    }
    int always = (error != null || readError != null ? POLLERR : 0);
    always |= (readShut && writeShut) || (writeShut && peerWritesNoMore()) ? POLLHUP : 0;
    return (ready & events) | always;
  }

  private int lowWater() {
    return (Integer) options.getOrDefault(VsockSocketOptions.RECEIVE_LOW_WATER, 1);
  }

  private boolean peerWritesNoMore() {
    return peer != null && (peer.closed || peer.writeShut);
  }

  @Override
  public @Nullable Errno takeError() throws ErrnoException, IOException {
    enter();
    try {
      return takeErrorLocked();
    } finally {
      net.lock.unlock();
    }
  }

  private @Nullable Errno takeErrorLocked() {
    Errno taken = error;
    error = null;
    return taken;
  }

  @Override
  public <T> void setOption(SocketOption<T> option, T value) throws ErrnoException, IOException {
    enter();
    try {
      if (option == VsockSocketOptions.RECEIVE_LOW_WATER && (Integer) value > CREDIT_BYTES) {
        throw new ErrnoException(Errno.EINVAL);
      }
      options.put(option, value);
    } finally {
      net.lock.unlock();
    }
  }

  @Override
  public <T> T getOption(SocketOption<T> option) throws ErrnoException, IOException {
    enter();
    try {
      Object value = options.get(option);
      if (value == null) {
        throw new UnsupportedOperationException("This double has no " + option + ".");
      }
      return option.type().cast(value);
    } finally {
      net.lock.unlock();
    }
  }

  @Override
  public VsockAddress localAddress() throws ErrnoException, IOException {
    enter();
    try {
      return local == null ? VsockAddress.any(VsockAddress.PORT_ANY) : local;
    } finally {
      net.lock.unlock();
    }
  }

  @Override
  public VsockAddress remoteAddress() throws ErrnoException, IOException {
    enter();
    try {
      if (!connected || remote == null) {
        throw new ErrnoException(Errno.ENOTCONN);
      }
      return remote;
    } finally {
      net.lock.unlock();
    }
  }

  @Override
  public void close() {
    net.lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      if (local != null && peer == null) {
        net.usedPorts.remove(local.port());
        net.listeners.remove(local.port(), this);
      }
      backlog.forEach(child -> child.closed = true);
      net.wakeAll();
    } finally {
      net.lock.unlock();
    }
  }

  private void enter() throws ErrnoException, IOException {
    net.lock.lock();
    try {
      net.ensureReachable();
      ensureOpen();
    } catch (ErrnoException | IOException | AssertionError e) {
      net.lock.unlock();
      throw e;
    }
  }

  private void ensureOpen() throws ErrnoException {
    if (closed) {
      throw new ErrnoException(Errno.EBADF);
    }
  }

  private void ensureConnected() throws ErrnoException {
    ensureOpen();
    if (!connected) {
      throw new ErrnoException(Errno.ENOTCONN);
    }
  }

  /** Waits for any change, and keeps an interrupt for the caller. */
  @SuppressWarnings("WaitNotInLoop") // the callers loop
  private long await(long leftNanos) throws ErrnoException, IOException {
    boolean forever = leftNanos == FOREVER;
    long deadlineNanos = forever ? 0 : System.nanoTime() + leftNanos;
    if (forever) {
      net.changed.awaitUninterruptibly();
    } else {
      boolean interrupted = Thread.interrupted();
      try {
        net.changed.awaitNanos(leftNanos);
      } catch (InterruptedException e) {
        interrupted = true;
      } finally {
        if (interrupted) {
          Thread.currentThread().interrupt();
        }
      }
    }
    ensureOpen();
    net.ensureReachable();
    return forever ? FOREVER : deadlineNanos - System.nanoTime();
  }
}
