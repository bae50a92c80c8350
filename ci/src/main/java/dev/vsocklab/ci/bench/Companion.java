package dev.vsocklab.ci.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** The second platform thread of a benchmark. */
final class Companion {
  private static final Duration END_DEADLINE = Duration.ofSeconds(10);

  private final FutureTask<@Nullable Void> work;

  private Companion(FutureTask<@Nullable Void> work) {
    this.work = work;
  }

  /** What it does, until its connection ends. */
  interface Work {
    void run() throws IOException;
  }

  static Companion start(String name, Work work) {
    FutureTask<@Nullable Void> task =
        new FutureTask<>(
            () -> {
              work.run();
              return null;
            });
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
    return new Companion(task);
  }

  /** Waits until it has ended; its failure is the benchmark's. */
  void join() throws InterruptedException, ExecutionException, TimeoutException {
    work.get(END_DEADLINE.toSeconds(), TimeUnit.SECONDS);
  }
}
