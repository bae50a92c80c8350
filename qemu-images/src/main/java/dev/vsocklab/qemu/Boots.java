package dev.vsocklab.qemu;

import java.io.IOException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Boots a pool's machines, a few at a time, each in a thread that ends soon after. */
final class Boots<G extends GuestPool.Guest> implements AutoCloseable {
  private static final long CLOSE_SECONDS = 30;

  private final GuestPool.Boot<G> boot;
  private final ExecutorService threads;

  /**
   * Boots nothing yet.
   *
   * @param boot boots a machine
   * @param atOnce how many at a time
   */
  Boots(GuestPool.Boot<G> boot, int atOnce) {
    this.boot = boot;
    ThreadPoolExecutor executor =
        new ThreadPoolExecutor(
            atOnce,
            atOnce,
            1,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> {
              Thread thread = new Thread(task, "vsocklab boot");
              thread.setDaemon(true);
              return thread;
            });
    executor.allowCoreThreadTimeOut(true);
    this.threads = executor;
  }

  /** Begins to boot a machine; those that began before may still boot. */
  Machine<G> begin(GuestPool.Kind kind) {
    OneBoot begun = new OneBoot(kind);
    threads.execute(begun);
    return new Machine<>(kind, begun.booted);
  }

  private final class OneBoot implements Runnable {
    private final GuestPool.Kind kind;
    private final CompletableFuture<G> booted = new CompletableFuture<>();

    OneBoot(GuestPool.Kind kind) {
      this.kind = kind;
    }

    @Override
    public void run() {
      if (booted.isDone()) {
        return; // cancelled before it began
      }
      try {
        G vm = boot.boot(kind);
        if (!booted.complete(vm)) {
          GuestPool.end(vm); // nobody wants it any more
        }
      } catch (IOException | RuntimeException e) {
        booted.completeExceptionally(e);
      }
    }
  }

  /**
   * A machine that boots or runs.
   *
   * @param kind what it is
   * @param booted completed when it has booted
   */
  record Machine<G extends GuestPool.Guest>(GuestPool.Kind kind, CompletableFuture<G> booted) {

    static <G extends GuestPool.Guest> Machine<G> thatRuns(G vm) {
      return new Machine<>(vm.kind(), CompletableFuture.completedFuture(vm));
    }

    /**
     * Waits until it has booted.
     *
     * @throws IOException if it does not come up
     */
    G await() throws IOException {
      try {
        return booted.get();
      } catch (CancellationException e) {
        throw new IOException("The backend was closed while " + kind + " waited to boot.", e);
      } catch (ExecutionException e) {
        if (e.getCause() instanceof IOException why) {
          throw new IOException(why.getMessage(), why);
        }
        throw new IOException("A guest with CID " + kind.cid() + " did not come up: " + e, e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("Interrupted while the guest " + kind.cid() + " booted.", e);
      }
    }

    /** False once it died or did not come up; true while it boots. */
    boolean isUsable() {
      if (!booted.isDone()) {
        return true;
      }
      @Nullable G vm = booted.isCompletedExceptionally() ? null : booted.join();
      return vm != null && vm.isUsable();
    }

    /** Ends it, if it boots as soon as it has. */
    void end() {
      if (!booted.cancel(false) && !booted.isCompletedExceptionally()) {
        GuestPool.end(booted.join());
      }
    }
  }

  /** Ends the boots that are under way; what they boot is ended by them. */
  @Override
  public void close() {
    for (Runnable waiting : threads.shutdownNow()) {
      if (waiting instanceof Boots<?>.OneBoot one) {
        one.booted.cancel(false);
      }
    }
    boolean interrupted = false;
    try {
      threads.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
