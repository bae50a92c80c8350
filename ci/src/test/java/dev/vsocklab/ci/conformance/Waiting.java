package dev.vsocklab.ci.conformance;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A call that waits in a kernel while the case goes on. Its thread ends at the latest when the lab
 * is closed, which wakes every call.
 */
final class Waiting<T> {
  private final FutureTask<T> future;
  private final Thread thread;

  private Waiting(FutureTask<T> future) {
    this.future = future;
    this.thread = new Thread(future, "waiting call");
    thread.setDaemon(true);
  }

  /** Starts the call and returns when it has begun to wait, or is over. */
  static <T> Waiting<T> start(End end, Callable<T> call) throws Exception {
    Waiting<T> waiting = new Waiting<>(new FutureTask<>(call));
    waiting.thread.start();
    Eventually.holds("the call waits or is over", waiting::waitsOrIsOver);
    end.layer().localCid(); // a real machine takes calls in order: it has taken that one, too
    return waiting;
  }

  private boolean waitsOrIsOver() {
    return switch (thread.getState()) {
      case WAITING, TIMED_WAITING, TERMINATED -> true;
      case NEW, RUNNABLE, BLOCKED -> false;
    };
  }

  boolean isOver() {
    return future.isDone();
  }

  /** The call's result; what it threw comes out as it is. */
  T result() throws Exception {
    try {
      return future.get(Eventually.DEADLINE.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError("The call still waits after " + Eventually.DEADLINE + ".", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Exception failure) {
        throw failure;
      }
      throw new AssertionError(e.getCause());
    }
  }
}
