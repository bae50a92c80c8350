package dev.vsocklab.linux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The one thread that hears from the kernel, for all sockets of this JVM: an epoll that reports
 * edges. An edge means that something changed; what it was, whoever waits finds out by trying
 * again.
 *
 * <p>It starts with the first call that has to wait, and is a daemon.
 */
final class EventLoop {
  private static final ReentrantLock START = new ReentrantLock();
  private static @Nullable EventLoop shared;

  private static final int EVENTS_AT_ONCE = 64;

  // struct epoll_event: u32 events, u64 data; packed on x86-64 alone.
  private static final int EVENT_DATA = System.getProperty("os.arch").equals("amd64") ? 4 : 8;
  private static final int EVENT_BYTES = EVENT_DATA + Long.BYTES;

  private final Fd epoll;
  private final Map<Long, SocketEvents> sockets = new ConcurrentHashMap<>();
  private final AtomicLong lastToken = new AtomicLong();

  private EventLoop(Fd epoll) {
    this.epoll = epoll;
  }

  /**
   * The loop of this JVM.
   *
   * @throws IOException if the process has no descriptors left
   */
  static EventLoop shared() throws IOException {
    START.lock();
    try {
      EventLoop running = shared;
      if (running == null) {
        running = start();
        shared = running;
      }
      return running;
    } finally {
      START.unlock();
    }
  }

  private static EventLoop start() throws IOException {
    int number = Libc.orErrno(Libc.epoll_create1(Libc.EPOLL_CLOEXEC));
    if (number < 0) {
      throw new LinuxException("epoll_create1", "the sockets of this JVM", -number);
    }
    EventLoop loop = new EventLoop(Fd.adopt(number, "the epoll of all vsock sockets"));
    Thread thread =
        new Thread(null, loop::run, "vsock events", 0, /* inheritThreadLocals= */ false);
    thread.setDaemon(true);
    thread.setContextClassLoader(null); // it outlives whoever came first
    thread.start();
    return loop;
  }

  /**
   * Begins to report a socket's edges. One that is ready already counts as an edge.
   *
   * @param number its descriptor, which the caller holds
   * @return the token for {@link #remove}
   */
  long add(int number, SocketEvents socket) throws IOException {
    long token = lastToken.incrementAndGet();
    sockets.put(token, socket);
    int result = Libc.orErrno(control(Libc.EPOLL_CTL_ADD, number, token));
    if (result < 0) {
      sockets.remove(token);
      throw new LinuxException("epoll_ctl", "a vsock socket", -result);
    }
    return token;
  }

  /**
   * Reports it no more.
   *
   * @param number its descriptor, which is still open
   */
  void remove(int number, long token) {
    sockets.remove(token);
    control(Libc.EPOLL_CTL_DEL, number, token);
  }

  private int control(int operation, int number, long token) {
    byte[] event = new byte[EVENT_BYTES];
    ByteBuffer.wrap(event)
        .order(ByteOrder.nativeOrder())
        .putInt(0, Libc.EPOLLIN | Libc.EPOLLOUT | Libc.EPOLLRDHUP | Libc.EPOLLET)
        .putLong(EVENT_DATA, token);
    return Libc.epoll_ctl(epoll.number(), operation, number, event);
  }

  private void run() {
    ByteBuffer events =
        ByteBuffer.allocateDirect(EVENTS_AT_ONCE * EVENT_BYTES).order(ByteOrder.nativeOrder());
    while (true) {
      int count = Libc.orErrno(Libc.epoll_wait(epoll.number(), events, EVENTS_AT_ONCE, -1));
      if (count < 0 && count != -Libc.EINTR) {
        throw new IllegalStateException("epoll_wait failed: errno " + -count + ".");
      }
      for (int i = 0; i < count; i++) {
        SocketEvents socket = sockets.get(events.getLong(i * EVENT_BYTES + EVENT_DATA));
        if (socket != null) { // else an edge of the past
          report(socket);
        }
      }
    }
  }

  private static void report(SocketEvents socket) {
    try {
      socket.changed();
    } catch (RuntimeException e) {
      // A callback's own fault; every other socket goes on.
      Thread current = Thread.currentThread();
      current.getUncaughtExceptionHandler().uncaughtException(current, e);
    }
  }
}
