package dev.vsocklab.linux;

import dev.vsocklab.Errno;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.FutureTask;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The calls on one socket that wait in the kernel itself, as long and for as much as it says:
 * nothing that is tried again could stand for a connect, or a message that goes in parts. Each
 * sleeps in a thread of this class's own, so that {@link WakeSignal} can end it; the caller waits
 * in Java.
 *
 * <p>While one sleeps, the socket has no O_NONBLOCK. Most calls say MSG_DONTWAIT anyway; connect()
 * and accept() have no such flag and set it for their moment. A sleeper that enters the kernel just
 * then gets EAGAIN, sees that it was not meant, and goes again.
 */
final class Sleepers {
  private static final long THREAD_KEPT_SECONDS = 10;
  private static final ExecutorService THREADS =
      new ThreadPoolExecutor(
          0,
          Integer.MAX_VALUE,
          THREAD_KEPT_SECONDS,
          TimeUnit.SECONDS,
          new SynchronousQueue<>(),
          Sleepers::thread);

  private final Fd fd;
  private final ReentrantLock lock = new ReentrantLock();
  private final Set<Sleeper> sleepers = new HashSet<>();

  /** How often O_NONBLOCK was set or taken away for a moment; odd while it is set. */
  private volatile int toggles;

  private volatile boolean closing;

  Sleepers(Fd fd) {
    this.fd = fd;
  }

  private static Thread thread(Runnable task) {
    Runnable body =
        () -> {
          WakeSignal.unblockHere();
          task.run();
        };
    Thread thread = new Thread(null, body, "vsock call", 0, /* inheritThreadLocals= */ false);
    thread.setDaemon(true);
    thread.setContextClassLoader(null); // it outlives whoever came first
    return thread;
  }

  /** Runs what may wait in the kernel in a thread of this class's own, and waits for its end. */
  static void elsewhere(Runnable waiting) {
    FutureTask<Boolean> task = new FutureTask<>(waiting, true);
    THREADS.execute(task);
    awaitEnd(task);
  }

  /** An interrupt neither ends the wait nor is lost. */
  private static <T> T awaitEnd(FutureTask<T> task) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return task.get();
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (ExecutionException e) {
          throw new IllegalStateException("A call into the kernel could not be made.", e);
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** A call into the kernel. */
  interface KernelCall {
    /** Its result, or the negative errno. */
    long make();
  }

  /**
   * Makes a call that may sleep. An interrupt neither ends it nor is lost.
   *
   * @param call the call; the descriptor is held
   * @return its result or the negative errno, EBADF where {@link #wake} ended it
   */
  long sleep(KernelCall call) {
    Sleeper sleeper = new Sleeper(call);
    begin(sleeper);
    try {
      THREADS.execute(sleeper.task);
      return sleeper.awaitEnd();
    } finally {
      end(sleeper);
    }
  }

  /**
   * Makes a connect() or accept() that does not wait, also while others sleep.
   *
   * @param call the call; the descriptor is held
   * @return its result or the negative errno
   */
  long withoutSleep(KernelCall call) {
    lock.lock();
    try {
      if (sleepers.isEmpty()) {
        return call.make();
      }
      toggle(Libc.O_NONBLOCK);
      try {
        return call.make();
      } finally {
        toggle(0);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Ends all calls that sleep, if they do already: to be called until none is left. */
  void wake() {
    closing = true;
    lock.lock();
    try {
      sleepers.forEach(Sleeper::wake);
    } finally {
      lock.unlock();
    }
  }

  private void begin(Sleeper sleeper) {
    lock.lock();
    try {
      if (sleepers.isEmpty()) {
        setFlags(0);
      }
      sleepers.add(sleeper);
    } finally {
      lock.unlock();
    }
  }

  private void end(Sleeper sleeper) {
    lock.lock();
    try {
      sleepers.remove(sleeper);
      if (sleepers.isEmpty()) {
        setFlags(Libc.O_NONBLOCK);
      }
    } finally {
      lock.unlock();
    }
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // under the lock; others only read
  private void toggle(int flags) {
    toggles++;
    setFlags(flags);
  }

  /** A socket has no other flag that F_SETFL changes. It cannot fail. */
  private void setFlags(int flags) {
    Libc.fcntl(fd.number(), Libc.F_SETFL, flags);
  }

  /** One call that sleeps. */
  private final class Sleeper {
    private final KernelCall call;
    private final FutureTask<Long> task = new FutureTask<>(this::run);

    /** The thread while it is in the kernel, else 0. Under the lock. */
    private long inKernel;

    Sleeper(KernelCall call) {
      this.call = call;
    }

    private long run() {
      while (!closing) {
        int before = toggles;
        enter();
        long result = call.make();
        leave();
        boolean misled = before % 2 == 1 || toggles != before;
        if (!isRepeated(result, misled)) {
          return result;
        }
      }
      return -Errno.EBADF.number();
    }

    /** Whether the result is none of the kernel's for this call: a signal's, or O_NONBLOCK's. */
    private boolean isRepeated(long result, boolean misled) {
      if (result == -Libc.EINTR) {
        return true;
      }
      return misled
          && (result == -Libc.EAGAIN
              || result == -Errno.EINPROGRESS.number()
              || result == -Errno.EALREADY.number());
    }

    private void enter() {
      long thread = WakeSignal.thisThread();
      lock.lock(); // also waits for the end of a moment with O_NONBLOCK
      try {
        inKernel = thread;
      } finally {
        lock.unlock();
      }
    }

    private void leave() {
      lock.lock();
      try {
        inKernel = 0;
      } finally {
        lock.unlock();
      }
    }

    void wake() {
      if (inKernel != 0) {
        WakeSignal.send(inKernel);
      }
    }

    long awaitEnd() {
      return Sleepers.awaitEnd(task);
    }
  }
}
