package dev.vsocklab.sim.engine;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.sim.connection.ReceiveCall;
import dev.vsocklab.sim.connection.SendCall;
import dev.vsocklab.sim.stack.CallLimits;
import dev.vsocklab.sim.stack.Sock;
import dev.vsocklab.sim.stack.Stack;
import dev.vsocklab.sim.wire.SocketType;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A socket's calls as a program makes them: the stack says what is so now, this class waits where
 * the caller wants to.
 */
final class SimSocket implements KernelSocket {
  private final Stack stack;
  private final Sock sock;
  private final Engine engine;
  private final Function<VsockAddress, String> refusals;
  private final SimSocketOptions options;

  /** Where the last connect went, for {@link #explain}. */
  private volatile @Nullable VsockAddress target;

  SimSocket(Stack stack, Sock sock, Engine engine, Function<VsockAddress, String> refusals) {
    this.stack = stack;
    this.sock = sock;
    this.engine = engine;
    this.refusals = refusals;
    this.options = new SimSocketOptions(sock);
  }

  @Override
  public void bind(VsockAddress address) throws ErrnoException {
    engine.callBegins();
    sock.lock();
    try {
      sock.bind(address);
    } finally {
      sock.unlock();
    }
  }

  @Override
  public void listen(int backlog) throws ErrnoException {
    engine.callBegins();
    sock.lock();
    try {
      sock.listen(backlog);
    } finally {
      sock.unlock();
    }
  }

  @Override
  public @Nullable KernelSocket accept(long timeoutNanos) throws ErrnoException {
    engine.callBegins();
    sock.lock();
    try {
      long left = bounded(timeoutNanos, sock.receiveTimeoutNanos());
      Sock child = sock.accept();
      while (child == null && left > 0) {
        left = sock.readers().await(left);
        child = sock.accept();
      }
      return child == null ? null : new SimSocket(stack, child, engine, refusals);
    } finally {
      sock.unlock();
    }
  }

  /** A call that may wait for ever is bounded by SO_RCVTIMEO or SO_SNDTIMEO. */
  private static long bounded(long timeoutNanos, long optionNanos) {
    return timeoutNanos == FOREVER ? optionNanos : timeoutNanos;
  }

  @Override
  public boolean connect(VsockAddress remote, long timeoutNanos) throws ErrnoException {
    engine.callBegins();
    boolean waits = timeoutNanos != NO_WAIT;
    target = remote;
    sock.lock();
    try {
      boolean sent = sock.connect(remote);
      if (!sent && !waits) {
        throw new ErrnoException(Errno.EALREADY);
      }
      if (sock.connectResult()) { // it may also fail at once, with an error of an earlier connect
        return true;
      }
      if (!waits) {
        sock.connectInBackground();
        return false; // as in Linux, even if the answer comes as soon as the REQUEST is out
      }
    } finally {
      sock.unlock(); // the REQUEST goes out here, and its answer may come in
    }
    return waitForConnect();
  }

  private boolean waitForConnect() throws ErrnoException {
    sock.lock();
    try {
      long left = sock.connectTimeoutNanos();
      while (!sock.connectResult()) {
        if (left <= 0) {
          sock.connectWaitIsOver();
        }
        left = sock.writers().await(left);
      }
      return true;
    } catch (ErrnoException e) {
      throw e.detail().isEmpty() ? new ErrnoException(e.errno(), explain(e.errno())) : e;
    } finally {
      sock.unlock();
    }
  }

  @Override
  public int read(ByteBuffer dst, long timeoutNanos) throws ErrnoException {
    engine.callBegins();
    CallLimits limits = limitsFor(dst);
    if (limits == null) {
      return readWhole(dst, timeoutNanos);
    }
    int limit = dst.limit();
    dst.limit(dst.position() + limits.readBytes(dst.remaining()));
    try {
      return readWhole(dst, timeoutNanos);
    } finally {
      dst.limit(limit);
    }
  }

  /** A message is never cut: it would be lost. */
  private @Nullable CallLimits limitsFor(ByteBuffer buffer) {
    return buffer.hasRemaining() && sock.type() == SocketType.STREAM ? stack.callLimits() : null;
  }

  private int readWhole(ByteBuffer dst, long timeoutNanos) throws ErrnoException {
    stack.watch().callBegins();
    sock.lock();
    try {
      ReceiveCall call = sock.beginReceive(dst, 0);
      return finish(call, timeoutNanos);
    } finally {
      sock.unlock();
    }
  }

  @Override
  public Received receive(ByteBuffer dst, int flags, long timeoutNanos) throws ErrnoException {
    stack.watch().callBegins();
    engine.callBegins();
    sock.lock();
    try {
      ReceiveCall call = sock.beginReceive(dst, flags);
      int count = finish(call, timeoutNanos);
      return new Received(count, call.messageFlags());
    } finally {
      sock.unlock();
    }
  }

  private int finish(ReceiveCall call, long timeoutNanos) throws ErrnoException {
    int count = call.proceed();
    if (count != WOULD_BLOCK) {
      return count;
    }
    long left = bounded(timeoutNanos, sock.receiveTimeoutNanos());
    while (count == WOULD_BLOCK && left > 0) {
      if (sock.hasPacketsDue()) {
        handOver(); // the peer may wait for the credit in them
      } else {
        left = sock.readers().await(left);
      }
      sock.checkOpen();
      count = call.proceed();
    }
    return count == WOULD_BLOCK ? call.giveUp() : count;
  }

  private void handOver() {
    sock.unlock();
    sock.lock();
  }

  @Override
  public int write(ByteBuffer src, long timeoutNanos) throws ErrnoException {
    CallLimits limits = limitsFor(src);
    if (limits == null) {
      return send(src, 0, timeoutNanos);
    }
    int limit = src.limit();
    src.limit(src.position() + limits.writeBytes(src.remaining()));
    try {
      return send(src, 0, timeoutNanos);
    } finally {
      src.limit(limit);
    }
  }

  @Override
  public int send(ByteBuffer src, int flags, long timeoutNanos) throws ErrnoException {
    stack.watch().callBegins();
    engine.callBegins();
    sock.lock();
    try {
      SendCall call = sock.beginSend(src, flags);
      int count = call.proceed();
      if (count != WOULD_BLOCK) {
        return count;
      }
      long left = bounded(timeoutNanos, sock.sendTimeoutNanos());
      while (count == WOULD_BLOCK && left > 0) {
        if (sock.hasPacketsDue()) {
          handOver();
        } else {
          left = sock.writers().await(left);
        }
        sock.checkOpen();
        count = call.proceed();
      }
      return count == WOULD_BLOCK ? call.giveUp() : count;
    } finally {
      sock.unlock(); // hands the packets over: only then may the caller's bytes be reused
    }
  }

  @Override
  public long queuedBytes(Waiting bytes) throws ErrnoException {
    sock.lock();
    try {
      return sock.queuedBytes(bytes);
    } finally {
      sock.unlock();
    }
  }

  @Override
  public void shutdown(Direction direction) throws ErrnoException {
    engine.callBegins();
    sock.lock();
    try {
      sock.shutdown(direction);
    } finally {
      sock.unlock();
    }
  }

  @Override
  public int poll(int events, long timeoutNanos) {
    engine.callBegins();
    long left = timeoutNanos;
    sock.lock();
    try {
      int found = sock.poll(events);
      while (found == 0 && left > 0) {
        left = sock.pollers().await(left);
        found = sock.poll(events);
      }
      return found;
    } finally {
      sock.unlock();
    }
  }

  @Override
  public void watch(int events, Runnable onReady) {
    sock.lock();
    try {
      sock.watch(events, onReady);
    } finally {
      sock.unlock();
    }
  }

  @Override
  public @Nullable Errno takeError() throws ErrnoException {
    sock.lock();
    try {
      return sock.takeError();
    } finally {
      sock.unlock();
    }
  }

  @Override
  public String explain(Errno error) {
    VsockAddress refuser = target;
    return error == Errno.ECONNRESET && refuser != null ? refusals.apply(refuser) : "";
  }

  @Override
  public <T> void setOption(SocketOption<T> option, T value) throws ErrnoException {
    sock.lock();
    try {
      sock.checkOpen();
      options.set(option, value);
    } finally {
      sock.unlock();
    }
  }

  @Override
  public <T> T getOption(SocketOption<T> option) throws ErrnoException {
    sock.lock();
    try {
      sock.checkOpen();
      return options.get(option);
    } finally {
      sock.unlock();
    }
  }

  @Override
  public VsockAddress localAddress() throws ErrnoException {
    sock.lock();
    try {
      sock.checkOpen();
      return sock.localAddress();
    } finally {
      sock.unlock();
    }
  }

  @Override
  public VsockAddress remoteAddress() throws ErrnoException {
    sock.lock();
    try {
      sock.checkOpen();
      VsockAddress peer = sock.peerName();
      if (peer == null) {
        throw new ErrnoException(Errno.ENOTCONN);
      }
      return peer;
    } finally {
      sock.unlock();
    }
  }

  @Override
  public void close() {
    // No switch point: the JDK's channels call this under monitors that others may need.
    close(sock);
    closeUnaccepted();
  }

  private static void close(Sock closing) {
    closing.lock();
    try {
      long left = closing.beginClose();
      while (left > 0 && !closing.lingersNoMore()) {
        if (closing.hasPacketsDue()) {
          closing.unlock();
          closing.lock();
        } else {
          left = closing.readers().await(left);
        }
      }
      closing.finishClose();
    } finally {
      closing.unlock();
    }
  }

  /** Linux releases a closing listener's children like sockets that were accepted. */
  private void closeUnaccepted() {
    Sock child = nextUnaccepted();
    while (child != null) {
      close(child);
      child = nextUnaccepted();
    }
  }

  private @Nullable Sock nextUnaccepted() {
    sock.lock();
    try {
      return sock.nextUnaccepted();
    } finally {
      sock.unlock();
    }
  }

  @Override
  public String toString() {
    return sock.toString();
  }
}
