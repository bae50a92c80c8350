package dev.vsocklab.qemu.agent;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One call under way: the caller parks on it, the I/O thread completes it.
 *
 * <p>A subclass may take the answer apart where it stands in the receive buffer, to save a copy, or
 * act on it without any thread waiting.
 */
class Call {
  private static final ByteBuffer EMPTY = ByteBuffer.allocate(0);

  private final AgentOp op;
  private volatile @Nullable Thread waiter;
  private volatile boolean done;
  private boolean lost;
  private int errno;
  private ByteBuffer result = EMPTY;

  Call(AgentOp op) {
    this.op = op;
  }

  final AgentOp op() {
    return op;
  }

  /**
   * Takes the result over, on the I/O thread. The buffer is only valid during this call.
   *
   * @param errno 0 for success
   * @param body what follows the errno, little-endian
   */
  void take(int errno, ByteBuffer body) {
    if (body.hasRemaining()) {
      byte[] copy = new byte[body.remaining()];
      body.get(copy);
      result = ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN);
    }
  }

  /** Runs on the I/O thread after the call is complete: answered or lost. Must be prompt. */
  void completed() {}

  /** How much of a streamed write the kernel took so far, on the I/O thread. */
  void progress(int writtenBytes) {
    throw new IllegalStateException(op + " has no progress");
  }

  final void answer(int errno, ByteBuffer body) {
    this.errno = errno;
    take(errno, body);
    finish();
  }

  /** The connection ended first. */
  final void lose() {
    lost = true;
    finish();
  }

  private void finish() {
    done = true;
    wake();
    completed();
  }

  final void wake() {
    LockSupport.unpark(waiter);
  }

  final boolean isDone() {
    return done;
  }

  /** Whether no answer will come any more; only meaningful once {@link #isDone}. */
  final boolean isLost() {
    return lost;
  }

  final int errno() {
    return errno;
  }

  final ByteBuffer result() {
    return result;
  }

  /**
   * Waits until the call is done or {@link #awaited} says that there is something to do. An
   * interrupt does not end the wait and is not lost.
   *
   * @param timeoutNanos how long at most; {@code Long.MAX_VALUE} for ever
   * @return whether the call is done
   */
  final boolean await(long timeoutNanos) {
    long deadlineNanos = System.nanoTime() + timeoutNanos;
    boolean interrupted = false;
    waiter = Thread.currentThread();
    while (!done && !awaited()) {
      if (timeoutNanos == Long.MAX_VALUE) {
        LockSupport.park(this);
      } else {
        long leftNanos = deadlineNanos - System.nanoTime();
        if (leftNanos <= 0) {
          break;
        }
        LockSupport.parkNanos(this, leftNanos);
      }
      interrupted |= Thread.interrupted();
    }
    waiter = null;
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return done;
  }

  /** Whether the caller has something to do before the answer. */
  boolean awaited() {
    return false;
  }
}
