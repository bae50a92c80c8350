package dev.vsocklab.sim.engine;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.sim.stack.Sock;
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
  private final Sock sock;
  private final Function<VsockAddress, String> refusals;
  private final SimSocketOptions options;

  /** Where the last connect went, for {@link #explain}. */
  private volatile @Nullable VsockAddress target;

  SimSocket(Sock sock, Function<VsockAddress, String> refusals) {
    this.sock = sock;
    this.refusals = refusals;
    this.options = new SimSocketOptions(sock);
  }

  @Override
  public void bind(VsockAddress address) throws ErrnoException {
    sock.lock();
    try {
      sock.bind(address);
    } finally {
      sock.unlock();
    }
  }

  @Override
  public void listen(int backlog) throws ErrnoException {
    sock.lock();
    try {
      sock.listen(backlog);
    } finally {
      sock.unlock();
    }
  }

  @Override
  public @Nullable KernelSocket accept(long timeoutNanos) throws ErrnoException {
    long left = timeoutNanos;
    sock.lock();
    try {
      Sock child = sock.accept();
      while (child == null && left > 0) {
        left = sock.readers().await(left);
        child = sock.accept();
      }
      return child == null ? null : new SimSocket(child, refusals);
    } finally {
      sock.unlock();
    }
  }

  @Override
  public boolean connect(VsockAddress remote, long timeoutNanos) throws ErrnoException {
    boolean waits = timeoutNanos != NO_WAIT;
    target = remote;
    sock.lock();
    try {
      boolean sent = sock.connect(remote);
      if (!waits) {
        if (!sent) {
          throw new ErrnoException(Errno.EALREADY);
        }
        sock.connectInBackground();
      }
    } finally {
      sock.unlock(); // the REQUEST goes out here, and its answer may come in
    }
    return waits ? waitForConnect() : isConnectedNow();
  }

  private boolean isConnectedNow() {
    sock.lock();
    try {
      return sock.peerName() != null;
    } finally {
      sock.unlock();
    }
  }

  private boolean waitForConnect() throws ErrnoException {
    sock.lock();
    try {
      long left = sock.connectTimeoutNanos();
      while (!sock.connectResult()) {
        if (left <= 0) {
          sock.connectTimeIsUp();
        } else {
          left = sock.writers().await(left);
        }
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
    long left = timeoutNanos;
    sock.lock();
    try {
      int count = sock.read(dst);
      while (count == WOULD_BLOCK && left > 0) {
        left = sock.readers().await(left);
        count = sock.read(dst);
      }
      return count;
    } finally {
      sock.unlock();
    }
  }

  @Override
  public int write(ByteBuffer src, long timeoutNanos) throws ErrnoException {
    int written = 0;
    long left = timeoutNanos;
    while (true) {
      sock.lock();
      try {
        int count = sock.write(src);
        while (count == WOULD_BLOCK && left > 0) {
          left = sock.writers().await(left);
          count = sock.write(src);
        }
        if (count == WOULD_BLOCK) {
          return written > 0 ? written : WOULD_BLOCK;
        }
        written += count;
      } catch (ErrnoException e) {
        if (written > 0) {
          return written; // the next call gives the error
        }
        throw e;
      } finally {
        sock.unlock(); // hands the packets over: only then may the caller's bytes be reused
      }
      if (!src.hasRemaining()) {
        return written;
      }
    }
  }

  @Override
  public Received receive(ByteBuffer dst, int flags, long timeoutNanos) {
    throw new UnsupportedOperationException();
  }

  @Override
  public int send(ByteBuffer src, int flags, long timeoutNanos) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long queuedBytes(Waiting bytes) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void shutdown(Direction direction) throws ErrnoException {
    sock.lock();
    try {
      sock.shutdown(direction);
    } finally {
      sock.unlock();
    }
  }

  @Override
  public int poll(int events, long timeoutNanos) {
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
    sock.lock();
    try {
      sock.close();
    } finally {
      sock.unlock();
    }
    closeUnaccepted();
  }

  /** Linux releases a closing listener's children like sockets that were accepted. */
  private void closeUnaccepted() {
    Sock child = nextUnaccepted();
    while (child != null) {
      child.lock();
      try {
        child.close();
      } finally {
        child.unlock();
      }
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
