package dev.vsocklab.contract;

import static org.junit.jupiter.api.Assertions.fail;

import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

/** A call made on a thread of its own, which a test can see waiting, interrupt, and ask. */
public final class Background<T> {
  private static final int LOOKS_IN_A_ROW = 20;
  private static final long DEADLINE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final FutureTask<T> task;
  private final Thread thread;

  private Background(Callable<T> call) {
    task = new FutureTask<>(call);
    thread = new Thread(task, "background");
    thread.setDaemon(true);
    thread.start();
  }

  /** Starts the call. */
  public static <T> Background<T> run(Callable<T> call) {
    return new Background<>(call);
  }

  /** Starts the call and returns once it waits inside the method of that name. */
  public static <T> Background<T> waiting(String method, Callable<T> call) {
    Background<T> background = new Background<>(call);
    background.awaitWaiting(method);
    return background;
  }

  private void awaitWaiting(String method) {
    long startNanos = System.nanoTime();
    // Again and again at the same place: once or twice may be a lock, on its way there, that it
    // gets in a moment, or in a while where other programs want the CPUs.
    StackTraceElement[] before = {};
    for (int inARow = 0; inARow < LOOKS_IN_A_ROW; ) {
      StackTraceElement[] now = placeOfWait(method);
      inARow = now.length > 0 && Arrays.equals(now, before) ? inARow + 1 : 0;
      before = now;
      if (task.isDone()) {
        fail("The call ended instead of waiting in " + method + ": " + outcome());
      }
      if (System.nanoTime() - startNanos > DEADLINE_NANOS) {
        fail("The call does not wait: " + Arrays.toString(thread.getStackTrace()));
      }
      LockSupport.parkNanos(200_000);
    }
  }

  /**
   * The thread's stack if it is parked, or in a native call of the JDK's channels, below the
   * method; else empty.
   */
  private StackTraceElement[] placeOfWait(String method) {
    StackTraceElement[] stack = thread.getStackTrace();
    if (stack.length == 0) {
      return stack;
    }
    Thread.State state = thread.getState();
    boolean waits =
        state == Thread.State.WAITING
            || state == Thread.State.TIMED_WAITING
            || (stack[0].isNativeMethod() && stack[0].getClassName().startsWith("sun.nio.ch"));
    boolean inMethod = Arrays.stream(stack).anyMatch(frame -> frame.getMethodName().equals(method));
    return waits && inMethod ? stack : new StackTraceElement[0];
  }

  private String outcome() {
    try {
      return String.valueOf(task.get());
    } catch (ExecutionException e) {
      return String.valueOf(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return e.toString();
    }
  }

  /** Interrupts the thread. */
  public void interrupt() {
    thread.interrupt();
  }

  /** Whether it has ended. */
  public boolean isDone() {
    return task.isDone();
  }

  /** The call's result. */
  public T result() throws Exception {
    try {
      return task.get(DEADLINE_NANOS, TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Exception cause) {
        throw cause;
      }
      throw e;
    } catch (TimeoutException e) {
      throw stuck();
    }
  }

  /** What the call threw. */
  public Throwable failure() throws InterruptedException {
    try {
      return fail("The call succeeded: " + task.get(DEADLINE_NANOS, TimeUnit.NANOSECONDS));
    } catch (ExecutionException e) {
      return Objects.requireNonNull(e.getCause());
    } catch (TimeoutException e) {
      throw stuck();
    }
  }

  private AssertionError stuck() {
    return new AssertionError("The call does not end: " + Arrays.toString(thread.getStackTrace()));
  }
}
