package dev.vsocklab.qemu;

import dev.vsocklab.qemu.vhost.VhostPool;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Makes what nested hosts are restored from before a lab asks for it, in the background. A lab that
 * asks meanwhile waits for the one that is being made. What goes wrong here goes wrong for the lab
 * again, which tells it.
 */
final class HostsAhead implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("dev.vsocklab.qemu");
  private static final long CLOSE_SECONDS = 30;

  private final Maker maker;
  private final ExecutorService threads;
  private final Set<VhostPool.Kind> begun = ConcurrentHashMap.newKeySet();

  /**
   * Begins nothing yet.
   *
   * @param maker makes what is not there yet
   * @param atOnce how many at a time
   */
  HostsAhead(Maker maker, int atOnce) {
    this.maker = maker;
    this.threads =
        new ThreadPoolExecutor(
            atOnce,
            atOnce,
            0,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> {
              Thread thread = new Thread(task, "vsocklab host ahead");
              thread.setDaemon(true);
              return thread;
            },
            new ThreadPoolExecutor.DiscardPolicy()); // the backend is closed: nobody needs it
  }

  /** Makes a saved host. */
  interface Maker {
    /**
     * Makes it, unless it is there; interrupted it gives up.
     *
     * @throws IOException if it does not come up
     */
    void make(VhostPool.Kind kind) throws IOException;
  }

  /** Begins to make one, once, unless this is closed; returns at once. */
  void begin(VhostPool.Kind kind) {
    if (begun.add(kind)) {
      threads.execute(() -> make(kind));
    }
  }

  private void make(VhostPool.Kind kind) {
    try {
      maker.make(kind);
    } catch (IOException | RuntimeException e) {
      LOG.log(System.Logger.Level.DEBUG, "{0} could not be made ahead: {1}", kind, e);
    }
  }

  /** Gives up what is being made, and waits until nothing of it is left. */
  @Override
  public void close() {
    threads.shutdownNow();
    boolean interrupted = false;
    try {
      if (!threads.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        LOG.log(
            System.Logger.Level.WARNING,
            "A nested host that is being made did not end within {0} s; it ends with this JVM.",
            CLOSE_SECONDS);
      }
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
