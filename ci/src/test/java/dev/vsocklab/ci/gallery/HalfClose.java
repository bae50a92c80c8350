package dev.vsocklab.ci.gallery;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.sim.Simulation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/**
 * A lost wake-up on half-close. One thread receives messages, another takes them; when the sender
 * has said all, the receiver notes it, and whoever waits for one more message waits for ever.
 */
final class HalfClose {

  /** Messages of one byte each, from one thread to another. */
  abstract static class Mailbox {
    final ReentrantLock lock;
    final Condition changed;
    private final Queue<Integer> messages = new ArrayDeque<>();
    boolean complete;

    Mailbox(ReentrantLock lock) {
      this.lock = lock;
      this.changed = lock.newCondition();
    }

    /** The receiving thread. */
    void receive(SocketChannel sender) throws IOException {
      ByteBuffer message = ByteBuffer.allocate(1);
      while (sender.read(message.clear()) == 1) {
        lock.lock();
        try {
          messages.add((int) message.get(0));
          changed.signal();
        } finally {
          lock.unlock();
        }
      }
      lock.lock();
      try {
        onEndOfStream();
      } finally {
        lock.unlock();
      }
    }

    /** The sender has shut down its output. The lock is held. */
    abstract void onEndOfStream();

    /** The next message; empty after the last. */
    OptionalInt take() throws InterruptedException {
      lock.lock();
      try {
        while (messages.isEmpty() && !complete) {
          changed.await();
        }
        return messages.isEmpty() ? OptionalInt.empty() : OptionalInt.of(messages.remove());
      } finally {
        lock.unlock();
      }
    }
  }

  static final class Broken extends Mailbox {
    Broken(ReentrantLock lock) {
      super(lock);
    }

    @Override
    void onEndOfStream() {
      complete = true;
    }
  }

  static final class Fixed extends Mailbox {
    Fixed(ReentrantLock lock) {
      super(lock);
    }

    @Override
    void onEndOfStream() {
      complete = true;
      changed.signalAll();
    }
  }

  private HalfClose() {}

  /** What was sent is taken, in order, and then the mailbox says that there is no more. */
  static void property(Simulation simulation, Function<ReentrantLock, Mailbox> kind)
      throws Exception {
    int sent = simulation.choices().stream("messages").draw(5);
    ServerSocketChannel listener = Wire.listen(simulation.host().vsock());
    simulation.spawn(
        "sender",
        () -> {
          try (SocketChannel guest = listener.accept()) {
            for (int i = 0; i < sent; i++) {
              Wire.writeAll(guest, ByteBuffer.allocate(1).put(0, (byte) i));
            }
            guest.shutdownOutput();
            guest.read(ByteBuffer.allocate(1)); // until the guest has closed too
          }
        });
    Mailbox mailbox = kind.apply(simulation.newLock());
    SocketChannel agent = Wire.connectToHost(simulation.guest(42).vsock());
    simulation.spawn(
        "receiver",
        () -> {
          mailbox.receive(agent);
          agent.close();
        });
    List<Integer> taken = new ArrayList<>();
    for (OptionalInt next = mailbox.take(); next.isPresent(); next = mailbox.take()) {
      taken.add(next.getAsInt());
    }
    assertEquals(sent, taken.size(), taken::toString);
  }
}
