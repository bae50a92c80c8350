package dev.vsocklab.ci.contract;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The threads of one test. Whatever a test waits for, it waits here, with a deadline that fails
 * with the stacks of those that did not come.
 */
final class Crew {
  private final Duration deadline;
  private final List<Thread> threads = new ArrayList<>();

  Crew(Duration deadline) {
    this.deadline = deadline;
  }

  /** Starts a task on a thread of its own. */
  <T> Task<T> start(String name, Callable<T> work) {
    FutureTask<T> future = new FutureTask<>(work);
    Thread thread = new Thread(future, name);
    thread.setDaemon(true);
    threads.add(thread);
    thread.start();
    return new Task<>(future, thread, deadline);
  }

  /** Interrupts whoever is still at work, which closes the channel that it uses. */
  void end() throws InterruptedException {
    for (Thread thread : threads) {
      thread.interrupt();
    }
    for (Thread thread : threads) {
      thread.join(deadline.toMillis());
      if (thread.isAlive()) {
        throw new AssertionError("An interrupted thread did not end: " + stack(thread));
      }
    }
  }

  private static String stack(Thread thread) {
    StringBuilder text = new StringBuilder(thread.getName());
    for (StackTraceElement frame : thread.getStackTrace()) {
      text.append("\n\tat ").append(frame);
    }
    return text.toString();
  }

  /** Work that goes on beside the test's own thread. */
  record Task<T>(FutureTask<T> future, Thread thread, Duration deadline) {

    /** Waits for the result; the work's own exception comes out as it is. */
    T await() throws Exception {
      try {
        return future.get(deadline.toNanos(), TimeUnit.NANOSECONDS);
      } catch (TimeoutException e) {
        throw new AssertionError("Not done after " + deadline + ": " + stack(thread), e);
      } catch (ExecutionException e) {
        if (e.getCause() instanceof Exception cause) {
          throw cause;
        }
        throw new AssertionError(thread.getName() + " failed: " + e.getCause(), e);
      }
    }
  }
}
