package dev.vsocklab.linux;

import dev.vsocklab.Errno;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import java.io.IOException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Who waits on one socket: calls that are tried again whenever something changed there, and at most
 * one watch. They wait in Java, so closing wakes them at once and a virtual thread leaves its
 * carrier.
 *
 * <p>The kernel is asked for edges only while somebody waits: a socket whose reader is never too
 * early costs the loop nothing.
 */
final class SocketEvents {
  private final Fd fd;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private long changes;
  private int waiters;
  private @Nullable Watch watch;
  private @Nullable Registration registration;
  private boolean closed;

  SocketEvents(Fd fd) {
    this.fd = fd;
  }

  /** A call that does not wait. */
  interface Attempt {
    /**
     * Makes it.
     *
     * @return its result, or {@link KernelSocket#WOULD_BLOCK} to be tried again after a change
     */
    int make() throws ErrnoException, IOException;
  }

  /** What a watch asks for. Each is its own: two that ask the same are two. */
  private static final class Watch {
    final int events;
    final Runnable onReady;

    Watch(int events, Runnable onReady) {
      this.events = events;
      this.onReady = onReady;
    }
  }

  /** With which loop, under which token, edges are reported. */
  private record Registration(EventLoop loop, long token) {}

  /**
   * Tries until the call has a result.
   *
   * @param timeoutNanos how long, more than 0
   * @return the result, or {@link KernelSocket#WOULD_BLOCK} if there was none in time
   * @throws ErrnoException the call's own, or EBADF if the socket is closed
   */
  int await(Attempt attempt, long timeoutNanos) throws ErrnoException, IOException {
    long startNanos = System.nanoTime();
    beginWaiting();
    boolean interrupted = false;
    try {
      while (true) {
        long seen = changesSoFar();
        int result = attempt.make();
        if (result != KernelSocket.WOULD_BLOCK) {
          return result;
        }
        long leftNanos =
            timeoutNanos == KernelSocket.FOREVER
                ? KernelSocket.FOREVER
                : timeoutNanos - (System.nanoTime() - startNanos);
        if (leftNanos <= 0) {
          return KernelSocket.WOULD_BLOCK;
        }
        interrupted |= awaitChange(seen, leftNanos);
      }
    } finally {
      endWaiting();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void beginWaiting() throws ErrnoException, IOException {
    lock.lock();
    try {
      register();
      waiters++;
    } finally {
      lock.unlock();
    }
  }

  private void endWaiting() {
    lock.lock();
    try {
      waiters--;
    } finally {
      lock.unlock();
    }
  }

  private long changesSoFar() {
    lock.lock();
    try {
      return changes;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits for a change after those that were seen. An interrupt does not end it.
   *
   * @return whether there was an interrupt
   */
  private boolean awaitChange(long seen, long timeoutNanos) throws ErrnoException {
    boolean interrupted = false;
    long deadlineNanos = System.nanoTime() + timeoutNanos;
    lock.lock();
    try {
      while (changes == seen && !closed) {
        try {
          if (timeoutNanos == KernelSocket.FOREVER) {
            changed.await();
          } else if (changed.awaitNanos(deadlineNanos - System.nanoTime()) <= 0) {
            break;
          }
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (closed) {
        if (interrupted) {
          Thread.currentThread().interrupt();
        }
        throw new ErrnoException(Errno.EBADF);
      }
      return interrupted;
    } finally {
      lock.unlock();
    }
  }

  /** Has the loop report edges, under the lock. */
  private void register() throws ErrnoException, IOException {
    if (closed || !fd.tryAcquire()) {
      throw new ErrnoException(Errno.EBADF);
    }
    try {
      if (registration == null) {
        EventLoop loop = EventLoop.shared();
        registration = new Registration(loop, loop.add(fd.number(), this));
      }
    } finally {
      fd.release();
    }
  }

  /** Under the lock, while the descriptor is open. */
  private void deregister() {
    if (registration != null) {
      registration.loop().remove(fd.number(), registration.token());
      registration = null;
    }
  }

  /** The loop's thread: something changed. */
  void changed() {
    Watch asked;
    lock.lock();
    try {
      changes++;
      changed.signalAll();
      asked = watch;
      if (waiters == 0 && asked == null && fd.tryAcquire()) {
        deregister();
        fd.release();
      }
    } finally {
      lock.unlock();
    }
    if (asked != null) {
      callBackIfReady(asked);
    }
  }

  /** As {@link KernelSocket#watch}. */
  void watch(int events, Runnable onReady) throws IOException {
    Watch asked = new Watch(events, onReady);
    lock.lock();
    try {
      register();
      watch = asked;
    } catch (ErrnoException e) { // it is closed
      onReady.run();
      return;
    } finally {
      lock.unlock();
    }
    callBackIfReady(asked); // an edge of before does not come again
  }

  private void callBackIfReady(Watch asked) {
    if (pollNow(asked.events) != 0 && take(asked)) {
      asked.onReady.run();
    }
  }

  /** Whether it is still the one to call back, as nobody else will from now on. */
  private boolean take(Watch asked) {
    lock.lock();
    try {
      if (watch != asked) {
        return false;
      }
      watch = null;
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * One poll(2).
   *
   * @return the events, {@link KernelSocket#POLLNVAL} if the socket is closed
   */
  int pollNow(int events) {
    if (!fd.tryAcquire()) {
      return KernelSocket.POLLNVAL;
    }
    try {
      int[] entry = {fd.number(), events & 0xFFFF}; // struct pollfd: int fd, short events, revents
      int ready = Libc.orErrno(Libc.poll(entry, 1, 0));
      // Without a timeout poll(2) fails for want of memory alone: then let the next call tell.
      return ready < 0 ? KernelSocket.POLLERR : entry[1] >>> 16;
    } finally {
      fd.release();
    }
  }

  /** Wakes all who wait, and calls back the watch; the descriptor is closed after this. */
  void close() {
    Watch asked;
    lock.lock();
    try {
      closed = true;
      asked = watch;
      watch = null;
      deregister();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    if (asked != null) {
      asked.onReady.run();
    }
  }
}
