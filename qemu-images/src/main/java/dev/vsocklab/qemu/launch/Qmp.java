package dev.vsocklab.qemu.launch;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * QEMU's control connection: one command at a time, each with a deadline.
 *
 * <p>Source: QEMU {@code docs/interop/qmp-spec.rst}. One line is one message; a command's answer
 * has its id, and events come in between.
 */
final class Qmp implements AutoCloseable {
  private static final Duration DEADLINE = Duration.ofSeconds(20);
  private static final int CHUNK_BYTES = 4096;
  private static final int MAX_LINE_BYTES = 1 << 20;
  private static final int MAX_EVENTS = 64;

  private final ReentrantLock lock = new ReentrantLock();
  private final SocketChannel channel;
  private final Selector selector;
  private final SelectionKey key;
  private final ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES).flip();
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private final Deque<Event> events = new ArrayDeque<>();
  private int lastId;

  private Qmp(SocketChannel channel, Selector selector, SelectionKey key) {
    this.channel = channel;
    this.selector = selector;
    this.key = key;
  }

  /**
   * Something that QEMU told by itself.
   *
   * @param name for example {@code RESET}
   * @param data its fields
   */
  record Event(String name, Map<?, ?> data) {}

  /**
   * Takes over a connection that QEMU made, and leaves its greeting behind.
   *
   * @param channel the connection; closed with this object, or if this fails
   */
  static Qmp over(SocketChannel channel) throws IOException {
    Selector selector = Selector.open();
    try {
      channel.configureBlocking(false);
      Qmp qmp = new Qmp(channel, selector, channel.register(selector, SelectionKey.OP_READ));
      qmp.message(System.nanoTime(), "its greeting");
      qmp.execute("qmp_capabilities", "{}");
      return qmp;
    } catch (IOException e) {
      selector.close();
      channel.close();
      throw e;
    }
  }

  /**
   * Runs a command.
   *
   * @param command its name
   * @param arguments a JSON object
   * @return what it gives: a map, a list, a string, a number, or null
   * @throws IOException if QEMU refuses, does not answer in time or is gone
   */
  @Nullable Object execute(String command, String arguments) throws IOException {
    lock.lock();
    try {
      int id = ++lastId;
      String text =
          "{\"execute\": \""
              + command
              + "\", \"arguments\": "
              + arguments
              + ", \"id\": "
              + id
              + "}";
      long startNanos = System.nanoTime();
      write(ByteBuffer.wrap((text + "\n").getBytes(StandardCharsets.UTF_8)), startNanos, command);
      while (true) {
        Map<String, @Nullable Object> message = message(startNanos, command);
        if (message.get("error") instanceof Map<?, ?> error) {
          throw new IOException("QEMU refused " + command + ": " + error.get("desc"));
        }
        if (message.get("id") instanceof Double answered && answered.intValue() == id) {
          return message.get("return");
        }
        keepEvent(message);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Forgets the events so far. */
  void clearEvents() {
    lock.lock();
    try {
      events.clear();
    } finally {
      lock.unlock();
    }
  }

  /** Waits for an event that came since {@link #clearEvents} or comes now. */
  void awaitEvent(String name) throws IOException {
    awaitEvent("the event " + name, event -> event.name().equals(name));
  }

  /**
   * Waits for an event that came since {@link #clearEvents} or comes now.
   *
   * @param what what is awaited, for messages
   * @param wanted which
   * @return the first such event
   * @throws IOException if none comes in time, or QEMU is gone
   */
  Event awaitEvent(String what, Predicate<Event> wanted) throws IOException {
    lock.lock();
    try {
      long startNanos = System.nanoTime();
      while (true) {
        for (Event event : events) {
          if (wanted.test(event)) {
            return event;
          }
        }
        keepEvent(message(startNanos, what));
      }
    } finally {
      lock.unlock();
    }
  }

  private void keepEvent(Map<String, @Nullable Object> message) {
    if (message.get("event") instanceof String name) {
      if (events.size() == MAX_EVENTS) {
        events.removeFirst();
      }
      events.addLast(new Event(name, message.get("data") instanceof Map<?, ?> d ? d : Map.of()));
    }
  }

  private Map<String, @Nullable Object> message(long startNanos, String what) throws IOException {
    while (true) {
      while (chunk.hasRemaining()) {
        byte b = chunk.get();
        if (b == '\n') {
          String text = line.toString(StandardCharsets.UTF_8);
          line.reset();
          return Json.object(text);
        }
        line.write(b);
        if (line.size() > MAX_LINE_BYTES) {
          throw new IOException("QEMU sent a QMP line of more than 1 MiB. Is it QEMU?");
        }
      }
      chunk.clear();
      int n = channel.read(chunk);
      chunk.flip();
      if (n < 0) {
        throw new EOFException("QEMU ended while it was asked for " + what + ".");
      }
      if (n == 0) {
        await(SelectionKey.OP_READ, startNanos, what);
      }
    }
  }

  private void write(ByteBuffer bytes, long startNanos, String what) throws IOException {
    while (bytes.hasRemaining()) {
      if (channel.write(bytes) == 0) {
        await(SelectionKey.OP_WRITE, startNanos, what);
      }
    }
  }

  private void await(int operation, long startNanos, String what) throws IOException {
    long leftNanos = DEADLINE.toNanos() - (System.nanoTime() - startNanos);
    if (leftNanos <= 0) {
      throw new IOException(
          "QEMU did not answer within " + DEADLINE.toSeconds() + " s when asked for " + what + ".");
    }
    if (Thread.currentThread().isInterrupted()) {
      throw new IOException("Interrupted while QEMU was asked for " + what + ".");
    }
    key.interestOps(operation);
    selector.select(Math.max(1, leftNanos / 1_000_000));
    selector.selectedKeys().clear();
  }

  @Override
  public void close() throws IOException {
    channel.close();
    selector.close();
  }
}
