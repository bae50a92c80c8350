package dev.vsocklab.qemu.agent;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Keeps the end of what a program prints on one stream, without a thread: each answer asks for
 * more.
 */
final class CapturedOutput {
  private static final int KEPT_BYTES = 1024 * 1024;
  private static final int CHUNK_BYTES = 16 * 1024;

  private final AgentConnection connection;
  private final int handle;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /** The last bytes, as a ring; it grows up to {@link #KEPT_BYTES}. */
  private byte[] ring = new byte[CHUNK_BYTES];

  private long printedBytes;
  private boolean ended;

  CapturedOutput(AgentConnection connection, int handle) {
    this.connection = connection;
    this.handle = handle;
  }

  /** Asks for the first bytes. */
  void start() throws IOException {
    connection.send(
        new Next(),
        new CallFrame(AgentOp.READ).u32(handle).u32(CHUNK_BYTES).u64(Long.MAX_VALUE),
        null);
  }

  /** Waits until the program, and whatever it started, closed the stream. */
  boolean awaitEnd(long timeoutNanos) {
    boolean interrupted = false;
    long deadlineNanos = System.nanoTime() + timeoutNanos;
    lock.lock();
    try {
      while (!ended) {
        try {
          if (changed.awaitNanos(deadlineNanos - System.nanoTime()) <= 0) {
            break;
          }
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      return ended;
    } finally {
      lock.unlock();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Waits until the text so far holds a part, or the stream ended. */
  boolean awaitText(String part, long timeoutNanos) {
    boolean interrupted = false;
    long deadlineNanos = System.nanoTime() + timeoutNanos;
    lock.lock();
    try {
      while (!text().contains(part)) {
        try {
          if (ended || changed.awaitNanos(deadlineNanos - System.nanoTime()) <= 0) {
            return text().contains(part);
          }
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      return true;
    } finally {
      lock.unlock();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  byte[] bytes() {
    lock.lock();
    try {
      int kept = (int) Math.min(printedBytes, ring.length);
      byte[] bytes = new byte[kept];
      for (int i = 0; i < kept; i++) {
        bytes[i] = ring[(int) ((printedBytes - kept + i) % ring.length)];
      }
      return bytes;
    } finally {
      lock.unlock();
    }
  }

  String text() {
    return new String(bytes(), StandardCharsets.UTF_8);
  }

  private void keep(ByteBuffer printed) {
    lock.lock();
    try {
      if (printedBytes + printed.remaining() > ring.length && ring.length < KEPT_BYTES) {
        grow(printed.remaining());
      }
      while (printed.hasRemaining()) {
        ring[(int) (printedBytes % ring.length)] = printed.get();
        printedBytes++;
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Before it first wraps, so what was printed stays where it is. */
  private void grow(int moreBytes) {
    int length = ring.length;
    while (length < KEPT_BYTES && length < printedBytes + moreBytes) {
      length *= 2;
    }
    ring = Arrays.copyOf(ring, length);
  }

  private void end() {
    lock.lock();
    try {
      ended = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** One READ; when it brought something, the next is sent. */
  private final class Next extends Call {
    private boolean brought;

    Next() {
      super(AgentOp.READ);
    }

    @Override
    void take(int errno, ByteBuffer body) {
      brought = body.hasRemaining();
      keep(body);
    }

    @Override
    void completed() {
      if (isLost() || errno() != 0 || !brought) {
        end();
        return;
      }
      try {
        start();
      } catch (IOException e) {
        end(); // the machine is gone; whoever waits for the program hears why
      }
    }
  }
}
