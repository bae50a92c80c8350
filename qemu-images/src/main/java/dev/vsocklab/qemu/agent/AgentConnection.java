package dev.vsocklab.qemu.agent;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The frames between this JVM and one agent: many threads call, one I/O thread takes the answers.
 *
 * <p>A caller writes its own frame, without waiting: what the socket does not take at once is
 * copied and goes out by the I/O thread. So the lock is never held while anything blocks, and
 * because the channel is non-blocking a caller's interrupt cannot close it.
 */
final class AgentConnection implements AutoCloseable {
  static final int PROTOCOL_VERSION = 1;

  /** Enough for every frame but a long RECV's: a 256 KiB read and its header, rounded up. */
  private static final int USUAL_FRAME_BYTES = 512 * 1024;

  /** The most that one RECV or SEND moves. */
  static final int MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

  /** The longest frame from the agent: such a RECV with its header, rounded up. */
  private static final int MAX_FRAME_BYTES = MAX_MESSAGE_BYTES + 4096;

  /** The longest frame to the agent, less its header and fields. */
  static final int MAX_DATA_BYTES = 64 * 1024;

  /** How long calls may wait in silence before the agent is asked whether it is there. */
  private static final Duration PING_AFTER = Duration.ofSeconds(10);

  /** How long it may then be silent; long enough for a guest that a test stops for a while. */
  private static final Duration DEAD_AFTER = Duration.ofSeconds(60);

  private final String name;
  private final Supplier<String> console;
  private final SocketChannel channel;
  private final Selector selector;
  private final SelectionKey key;
  private final Thread thread;

  private final AtomicInteger lastId = new AtomicInteger();
  private final Map<Integer, Call> calls = new ConcurrentHashMap<>();
  private final AtomicReference<@Nullable String> death = new AtomicReference<>();

  private final ReentrantLock sendLock = new ReentrantLock();
  private final ByteBuffer sendBuffer =
      ByteBuffer.allocateDirect(MAX_DATA_BYTES + 4096).order(ByteOrder.LITTLE_ENDIAN);

  /** What the socket did not take yet; guarded by the send lock. */
  private final Queue<ByteBuffer> unsent = new ArrayDeque<>();

  /** Grows for a long frame and stays so; the I/O thread's alone. */
  private ByteBuffer received =
      ByteBuffer.allocateDirect(USUAL_FRAME_BYTES).order(ByteOrder.LITTLE_ENDIAN);

  private final Heartbeat heartbeat;

  /**
   * Takes the channel over.
   *
   * @param channel connected to the agent
   * @param name the machine's name in messages
   * @param console the last lines of its console with an introduction, for messages; asked once,
   *     after it died
   * @throws IOException if the channel is not usable
   */
  AgentConnection(SocketChannel channel, String name, Supplier<String> console) throws IOException {
    this(channel, name, console, new Heartbeat(PING_AFTER, DEAD_AFTER));
  }

  /** With a heart that a test may hurry. */
  AgentConnection(SocketChannel channel, String name, Supplier<String> console, Heartbeat heartbeat)
      throws IOException {
    this.heartbeat = heartbeat;
    this.channel = channel;
    this.name = name;
    this.console = console;
    channel.configureBlocking(false);
    this.selector = Selector.open();
    try {
      this.key = channel.register(selector, SelectionKey.OP_READ);
    } catch (IOException e) {
      selector.close();
      throw e;
    }
    this.thread = new Thread(this::run, "vsocklab agent " + name);
    thread.setDaemon(true);
    thread.start();
  }

  String name() {
    return name;
  }

  /**
   * Sends a call. It is done later, and lost if the connection ends first.
   *
   * @param call completed by the I/O thread
   * @param frame its fields
   * @param data bytes that follow the fields, at most {@link #MAX_DATA_BYTES}; consumed. May be
   *     null
   * @return the id
   * @throws IOException if the connection has ended
   */
  int send(Call call, CallFrame frame, @Nullable ByteBuffer data) throws IOException {
    int id = lastId.incrementAndGet();
    calls.put(id, call);
    if (death.get() != null) {
      calls.remove(id);
      throw gone();
    }
    transmit(frame.finish(id, data == null ? 0 : data.remaining()), data);
    return id;
  }

  /** The greeting, which also serves to ask whether the agent is there. */
  static CallFrame hello() {
    return new CallFrame(AgentOp.HELLO).u32(PROTOCOL_VERSION);
  }

  /** Sends further data of a WRITE or SEND that is longer than a frame. */
  void sendData(int id, ByteBuffer data) {
    transmit(new CallFrame(AgentOp.DATA).finish(id, data.remaining()), data);
  }

  /**
   * Sends a call and waits for its answer, however long that takes.
   *
   * @throws IOException if the connection has ended or ends before
   */
  <C extends Call> C call(C call, CallFrame frame, @Nullable ByteBuffer data) throws IOException {
    send(call, frame, data);
    call.await(Long.MAX_VALUE);
    return answered(call);
  }

  /** Sends a call without data, waits and leaves the errno to the caller. */
  Call call(CallFrame frame) throws IOException {
    return call(new Call(frame.op()), frame, null);
  }

  /** The call, unless its answer was lost. */
  <C extends Call> C answered(C call) throws IOException {
    if (call.isLost()) {
      throw gone();
    }
    return call;
  }

  /** What every call gives once the connection has ended. */
  IOException gone() {
    String why = death.get();
    return new IOException(why == null ? name + " is closed." : why);
  }

  boolean isGone() {
    return death.get() != null;
  }

  int callsUnderWay() {
    return calls.size();
  }

  /** Ends the connection because the agent is known to be gone; others say why calls are lost. */
  void abandon(String why) {
    end(why);
  }

  /** Ends the connection: what is under way is lost. Returns once the I/O thread is gone. */
  @Override
  public void close() {
    end(name + " was closed by this test run.");
    if (Thread.currentThread() == thread) {
      return;
    }
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void transmit(ByteBuffer frame, @Nullable ByteBuffer data) {
    sendLock.lock();
    try {
      if (frame.remaining() + (data == null ? 0 : data.remaining()) > sendBuffer.capacity()) {
        enqueue(frame);
        if (data != null) {
          enqueue(data);
        }
      } else {
        sendBuffer.clear().put(frame);
        if (data != null) {
          sendBuffer.put(data);
        }
        sendBuffer.flip();
        if (unsent.isEmpty()) {
          channel.write(sendBuffer);
        }
        if (sendBuffer.hasRemaining()) {
          enqueue(sendBuffer);
        }
      }
    } catch (IOException e) {
      // The I/O thread finds the same, with the rest of the story, and loses this call with all
      // others.
      selector.wakeup();
    } finally {
      sendLock.unlock();
    }
  }

  private void enqueue(ByteBuffer bytes) {
    unsent.add(ByteBuffer.allocate(bytes.remaining()).put(bytes).flip());
    selector.wakeup();
  }

  private void run() {
    try {
      while (death.get() == null) {
        key.interestOps(SelectionKey.OP_READ | (flushUnsent() ? 0 : SelectionKey.OP_WRITE));
        selector.select(heartbeat.pingAfter().toMillis());
        int bytes = channel.read(received);
        if (bytes < 0) {
          throw new EOFException("it hung up");
        }
        if (heartbeat.isPingDue(bytes > 0, !calls.isEmpty(), System.nanoTime())) {
          send(new Call(AgentOp.HELLO), hello(), null);
        }
        takeFrames();
      }
    } catch (IOException e) {
      end(obituary(e));
    } catch (CancelledKeyException e) {
      end(obituary(e)); // whoever gave us the channel closed it
    } catch (RuntimeException e) {
      end(obituary(e));
      throw e;
    } finally {
      closeQuietly();
      loseCalls();
    }
  }

  /** Whether nothing is left to send. */
  private boolean flushUnsent() throws IOException {
    sendLock.lock();
    try {
      for (ByteBuffer next = unsent.peek(); next != null; next = unsent.peek()) {
        channel.write(next);
        if (next.hasRemaining()) {
          return false;
        }
        unsent.remove();
      }
      return true;
    } finally {
      sendLock.unlock();
    }
  }

  private void takeFrames() throws IOException {
    received.flip();
    while (received.remaining() >= CallFrame.HEADER_BYTES) {
      int start = received.position();
      int length = received.getInt(start);
      if (length < CallFrame.HEADER_BYTES - CallFrame.LENGTH_FIELD_BYTES
          || length > MAX_FRAME_BYTES - CallFrame.LENGTH_FIELD_BYTES) {
        throw new IOException(
            "it sent a frame of "
                + Integer.toUnsignedString(length)
                + " bytes, which cannot be; is it another program or another version?");
      }
      int end = start + CallFrame.LENGTH_FIELD_BYTES + length;
      if (end > received.limit()) {
        makeRoomFor(end - start);
        break;
      }
      ByteBuffer body =
          received
              .slice(start + CallFrame.HEADER_BYTES, end - start - CallFrame.HEADER_BYTES)
              .order(ByteOrder.LITTLE_ENDIAN);
      onFrame(received.getInt(start + 4), received.getShort(start + 8) & 0xFFFF, body);
      received.position(end);
    }
    if (received.position() > 0) {
      received.compact();
    } else {
      received.position(received.limit()).limit(received.capacity());
    }
  }

  /** For a frame longer than the buffer, whose beginning lies between position and limit. */
  private void makeRoomFor(int frameBytes) {
    if (frameBytes > received.capacity()) {
      ByteBuffer larger = ByteBuffer.allocateDirect(frameBytes).order(ByteOrder.LITTLE_ENDIAN);
      received = larger.put(received).flip();
    }
  }

  private void onFrame(int id, int op, ByteBuffer body) throws IOException {
    boolean progress = op == AgentOp.DATA.answerNumber();
    Call call = progress ? calls.get(id) : calls.remove(id);
    int expected =
        call == null ? -1 : progress ? AgentOp.WRITE.answerNumber() : call.op().answerNumber();
    if (call == null
        || body.remaining() < 4
        || expected != (progress ? call.op().answerNumber() : op)) {
      throw new IOException(
          "it answered call "
              + Integer.toUnsignedString(id)
              + " with op 0x"
              + Integer.toHexString(op)
              + ", which was not asked");
    }
    if (progress) {
      call.progress(body.getInt());
    } else {
      call.answer(body.getInt(), body);
    }
  }

  private String obituary(Exception e) {
    String lines = console.get();
    return name
        + " does not answer any more: "
        + (e.getMessage() == null ? e : e.getMessage())
        + "."
        + (lines.isEmpty() ? "" : " " + lines);
  }

  private void end(String why) {
    death.compareAndSet(null, why);
    selector.wakeup();
  }

  private void closeQuietly() {
    try (selector;
        channel) {
      // Nothing else: whatever fails here, the descriptors are gone.
    } catch (IOException e) {
      end(obituary(e));
    }
  }

  private void loseCalls() {
    for (Integer id : List.copyOf(calls.keySet())) {
      Call call = calls.remove(id);
      if (call != null) {
        call.lose();
      }
    }
  }
}
