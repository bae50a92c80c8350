package dev.vsocklab.qemu.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.spi.KernelSocket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Calls that wait, end early or make no sense, against the real agent on this kernel. */
@Timeout(60)
class AgentConnectionTest {
  private static final int EPERM = 1;
  private static final int EBADF = 9;
  private static final int EAGAIN = 11;
  private static final int EBUSY = 16;
  private static final int ENOSYS = 38;
  private static final int EBADMSG = 74;
  private static final int ENOTSOCK = 88;
  private static final int ECANCELED = 125;
  private static final int PIPE_BYTES = 65536;

  private Path folder;
  private LocalAgent agent;
  private AgentConnection connection;

  @BeforeEach
  void startAgent(@TempDir Path tempFolder) throws IOException {
    folder = tempFolder;
    agent = LocalAgent.start(folder);
    connection = new AgentConnection(agent.channel, "local", () -> "the console's end");
  }

  @AfterEach
  void endAgent() throws IOException {
    connection.close();
    agent.close();
  }

  @Test
  void everyOpRefusesAHandleThatWasNeverGiven() throws IOException {
    for (AgentOp op : AgentOp.values()) {
      if (op.number() >= AgentOp.BIND.number()
          && op.number() <= AgentOp.CLOSE.number()
          && op != AgentOp.DATA) {
        assertEquals(
            EBADF, connection.call(new CallFrame(op).u32(0xDEAD_BEEFL)).errno(), op.name());
        assertEquals(EBADF, connection.call(new CallFrame(op).u32(0)).errno(), op.name());
      }
    }
  }

  @Test
  void anAgentThatIsNotInitLeavesTheClockOfItsMachineAlone() throws IOException {
    ByteBuffer random = ByteBuffer.allocate(64);

    assertEquals(EPERM, connection.call(new CallFrame(AgentOp.RENEW).u64(0).raw(random)).errno());
  }

  @Test
  void aSecondHelloIsAnsweredAsTheFirst() throws IOException {
    ByteBuffer first = connection.call(AgentConnection.hello()).result();

    assertEquals(first, connection.call(AgentConnection.hello()).result());
  }

  @Test
  void everyOpRefusesABodyThatIsTooShortOrTooLong() throws IOException {
    Program cat = start("/bin/cat");
    for (AgentOp op : AgentOp.values()) {
      boolean takesAnyBody =
          List.of(
                  AgentOp.RESET,
                  AgentOp.GET_LOG,
                  AgentOp.LOCAL_CID,
                  AgentOp.DATA,
                  AgentOp.SETSOCKOPT)
              .contains(op);
      if (takesAnyBody || op == AgentOp.CLOSE) {
        continue;
      }
      int handle = op == AgentOp.WAIT || op == AgentOp.KILL ? cat.handle : cat.stdin;
      // 13 bytes fit no call; WRITE would take the last as data, without its total
      CallFrame odd = new CallFrame(op).u32(handle).u32(0).u32(0).raw(ByteBuffer.allocate(1));
      assertEquals(EBADMSG, connection.call(odd).errno(), op.name());
    }
    assertEquals(EBADMSG, connection.call(new CallFrame(AgentOp.READ)).errno());
    assertEquals(EBADMSG, connection.call(new CallFrame(AgentOp.WRITE)).errno());
  }

  @Test
  void socketCallsOnAPipeGiveTheKernelsOwnAnswer() throws IOException {
    Program cat = start("/bin/cat");

    assertEquals(
        ENOTSOCK, connection.call(new CallFrame(AgentOp.LISTEN).u32(cat.stdin).u32(1)).errno());
    assertEquals(
        ENOTSOCK, connection.call(new CallFrame(AgentOp.GETPEERNAME).u32(cat.stdin)).errno());
  }

  @Test
  void anUnknownOpIsAnsweredAndTheNextCallWorks() throws IOException {
    connection.close();
    try (LocalAgent other = LocalAgent.start(Files.createDirectory(folder.resolve("other")))) {
      ByteBuffer frame = ByteBuffer.allocate(10).order(ByteOrder.LITTLE_ENDIAN);
      other.channel.write(frame.putInt(6).putInt(77).putShort((short) 999).flip());
      ByteBuffer answer = read(other, 14);
      assertEquals(10, answer.getInt(0));
      assertEquals(77, answer.getInt(4));
      assertEquals(ENOSYS, answer.getInt(10));
    }
  }

  @Test
  void aFrameOfImpossibleLengthEndsTheAgentWithAReason() throws Exception {
    ByteBuffer frame = ByteBuffer.allocate(10).order(ByteOrder.LITTLE_ENDIAN);
    agent.channel.write(frame.putInt(0x7FFF_FFFF).putInt(1).putShort((short) 1).flip());

    assertTrue(agent.lastWords().contains("a frame of impossible length"));
  }

  @Test
  void aReadWaitsWhileOtherCallsRunAndCloseEndsItWithEbadf() throws Exception {
    Program cat = start("/bin/cat");
    CompletableFuture<Integer> read = read(cat.stdout, Long.MAX_VALUE);

    assertEquals(0, poll(cat.stdout, KernelSocket.POLLIN, 0)); // its round trip overtakes the read
    assertFalse(read.isDone());
    assertEquals(0, connection.call(new CallFrame(AgentOp.CLOSE).u32(cat.stdout)).errno());

    assertEquals(EBADF, read.get(20, TimeUnit.SECONDS));
  }

  @Test
  void aClosedHandleStaysClosedAlthoughItsPlaceIsUsedAgain() throws IOException {
    Program first = start("/bin/cat");
    assertEquals(0, connection.call(new CallFrame(AgentOp.CLOSE).u32(first.stdin)).errno());
    start("/bin/cat");

    assertEquals(EBADF, connection.call(new CallFrame(AgentOp.CLOSE).u32(first.stdin)).errno());
  }

  @Test
  void timeoutsRunOutInTheirOwnOrder() throws Exception {
    Program cat = start("/bin/cat");
    CompletableFuture<Integer> late = read(cat.stdout, TimeUnit.MILLISECONDS.toNanos(200));
    CompletableFuture<Integer> soon = read(cat.stderr, TimeUnit.MILLISECONDS.toNanos(20));

    assertEquals(EAGAIN, soon.get(20, TimeUnit.SECONDS));
    assertFalse(late.isDone());
    assertEquals(EAGAIN, late.get(20, TimeUnit.SECONDS));
  }

  @Test
  void pollWithATimeoutGivesZeroOrWhatIsReady() throws IOException {
    Program cat = start("/bin/cat");

    assertEquals(0, poll(cat.stdout, KernelSocket.POLLIN, TimeUnit.MILLISECONDS.toNanos(5)));
    assertEquals(KernelSocket.POLLOUT, poll(cat.stdin, KernelSocket.POLLOUT, Long.MAX_VALUE));
    write(cat.stdin, new byte[1]).join();
    assertEquals(KernelSocket.POLLIN, poll(cat.stdout, KernelSocket.POLLIN, Long.MAX_VALUE));
  }

  @Test
  void watchCallsBackOnceWhenReadyAndALaterWatchReplacesIt() throws Exception {
    Program cat = start("/bin/cat");
    CountDownLatch replaced = new CountDownLatch(1);
    CountDownLatch ready = new CountDownLatch(1);
    WatchCall first = watch(cat.stdout, replaced);
    watch(cat.stdout, ready);

    write(cat.stdin, new byte[1]).join();

    assertTrue(ready.await(20, TimeUnit.SECONDS));
    assertEquals(ECANCELED, first.errno());
    assertEquals(1, replaced.getCount());
  }

  @Test
  void watchCallsBackWhenItsHandleIsClosed() throws Exception {
    Program cat = start("/bin/cat");
    CountDownLatch called = new CountDownLatch(1);
    watch(cat.stdout, called);

    connection.call(new CallFrame(AgentOp.CLOSE).u32(cat.stdout));

    assertTrue(called.await(20, TimeUnit.SECONDS));
  }

  @Test
  void aWriterThatIsEndedHalfwayKnowsExactlyWhatWasTaken() throws Exception {
    Program sleeper = start("/bin/sleep", "1000");
    ByteBuffer src = ByteBuffer.allocate(1024 * 1024);
    CompletableFuture<WriteCall> write = write(sleeper.stdin, src, Long.MAX_VALUE);
    awaitFullPipe(sleeper);

    connection.call(new CallFrame(AgentOp.KILL).u32(sleeper.handle).u32(9));

    WriteCall ended = write.get(20, TimeUnit.SECONDS);
    assertEquals(0, ended.errno()); // like the kernel: first the count, the error with the next
    assertEquals(PIPE_BYTES, ended.writtenBytes());
    assertEquals(PIPE_BYTES, src.position());
    assertEquals(32, write(sleeper.stdin, new byte[1]).get(20, TimeUnit.SECONDS).errno());
  }

  @Test
  void aWriteThatMayNotWaitTakesWhatFitsAndThenNothing() throws Exception {
    Program sleeper = start("/bin/sleep", "1000");
    ByteBuffer src = ByteBuffer.allocate(300_000);

    assertEquals(PIPE_BYTES, write(sleeper.stdin, src, 0).get(20, TimeUnit.SECONDS).writtenBytes());
    assertEquals(PIPE_BYTES, src.position());
    assertEquals(EAGAIN, write(sleeper.stdin, src, 0).get(20, TimeUnit.SECONDS).errno());
    assertEquals(PIPE_BYTES, src.position());
  }

  @Test
  void aTimedWriteGivesWhatWasTakenWhenItsTimeIsOver() throws Exception {
    Program sleeper = start("/bin/sleep", "1000");
    ByteBuffer src = ByteBuffer.allocate(300_000);
    long timeoutNanos = TimeUnit.MILLISECONDS.toNanos(20);

    assertEquals(
        PIPE_BYTES,
        write(sleeper.stdin, src, timeoutNanos).get(20, TimeUnit.SECONDS).writtenBytes());
    assertEquals(EAGAIN, write(sleeper.stdin, src, timeoutNanos).get(20, TimeUnit.SECONDS).errno());
  }

  @Test
  void aRunningProgramsHandleCannotBeClosed() throws IOException {
    Program cat = start("/bin/cat");

    assertEquals(EBUSY, connection.call(new CallFrame(AgentOp.CLOSE).u32(cat.handle)).errno());
  }

  @Test
  void anInterruptNeitherEndsACallNorIsLostNorClosesTheConnection() throws Exception {
    Program cat = start("/bin/cat");
    CountDownLatch ended = new CountDownLatch(1);
    boolean[] stillInterrupted = new boolean[1];
    int[] bytes = new int[1];
    Thread reader =
        new Thread(
            () -> {
              try {
                ReadCall call = new ReadCall(ByteBuffer.allocate(10));
                connection.call(call, readFrame(cat.stdout, 10, Long.MAX_VALUE), null);
                bytes[0] = call.readBytes();
                stillInterrupted[0] = Thread.currentThread().isInterrupted();
                connection.call(new CallFrame(AgentOp.GET_LOG)); // sends while interrupted
              } catch (IOException e) {
                bytes[0] = -1;
              }
              ended.countDown();
            });
    reader.start();
    reader.interrupt();
    assertEquals(0, poll(cat.stdout, KernelSocket.POLLIN, 0));

    write(cat.stdin, new byte[3]).join();

    assertTrue(ended.await(20, TimeUnit.SECONDS));
    assertEquals(3, bytes[0]);
    assertTrue(stillInterrupted[0]);
  }

  @Test
  void manyThreadsCallAtOnceAndEachGetsItsOwnAnswer() throws Exception {
    List<CompletableFuture<Void>> threads =
        java.util.stream.IntStream.range(0, 16)
            .mapToObj(
                thread ->
                    CompletableFuture.runAsync(
                        () -> {
                          try {
                            Program cat = start("/bin/cat");
                            for (int round = 0; round < 50; round++) {
                              byte[] sent = new byte[1 + thread * 997 + round * 13];
                              java.util.Arrays.fill(sent, (byte) (thread * 50 + round));
                              write(cat.stdin, sent).join();
                              readFully(cat.stdout, sent);
                            }
                          } catch (IOException e) {
                            throw new java.io.UncheckedIOException(e);
                          }
                        },
                        task -> new Thread(task).start()))
            .toList();

    for (CompletableFuture<Void> thread : threads) {
      thread.get(40, TimeUnit.SECONDS);
    }
  }

  private void readFully(int handle, byte[] expected) throws IOException {
    ByteBuffer got = ByteBuffer.allocate(expected.length);
    while (got.hasRemaining()) {
      ReadCall call = new ReadCall(got);
      connection.call(call, readFrame(handle, got.remaining(), Long.MAX_VALUE), null);
      assertTrue(call.readBytes() > 0);
    }
    assertEquals(ByteBuffer.wrap(expected), got.flip());
  }

  @Test
  void anAgentThatDiesEndsWhatWaitsAndWhatComesLaterWithTheConsole() throws Exception {
    Program cat = start("/bin/cat");
    CompletableFuture<Integer> reader =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return connection.call(readFrame(cat.stdout, 1, Long.MAX_VALUE)).errno();
              } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            });
    CountDownLatch watched = new CountDownLatch(1);
    watch(cat.stdout, watched);

    agent.process.destroyForcibly();

    var outcome =
        assertThrows(
            java.util.concurrent.ExecutionException.class, () -> reader.get(20, TimeUnit.SECONDS));
    assertTellsOfTheEnd(outcome);
    assertTrue(watched.await(20, TimeUnit.SECONDS));
    assertTellsOfTheEnd(
        assertThrows(IOException.class, () -> connection.call(new CallFrame(AgentOp.GET_LOG))));
  }

  /** Whether the kernel calls it a reset depends on what the agent had not read yet. */
  private static void assertTellsOfTheEnd(Exception e) {
    String text = e.toString();
    assertTrue(text.contains("local does not answer any more: "), text);
    assertTrue(text.endsWith(". the console's end"), text);
  }

  // ---- calls

  private record Program(int handle, int stdin, int stdout, int stderr) {}

  private Program start(String... arguments) throws IOException {
    Call call =
        connection.call(
            new CallFrame(AgentOp.START)
                .strings(List.of(arguments))
                .strings(List.of("PATH=/bin:/usr/bin"))
                .string("/"));
    assertEquals(0, call.errno());
    ByteBuffer result = call.result();
    return new Program(result.getInt(0), result.getInt(4), result.getInt(8), result.getInt(12));
  }

  private static CallFrame readFrame(int handle, int most, long timeoutNanos) {
    return new CallFrame(AgentOp.READ).u32(handle).u32(most).u64(timeoutNanos);
  }

  /** The errno of a READ that is sent now. */
  private CompletableFuture<Integer> read(int handle, long timeoutNanos) throws IOException {
    CompletableFuture<Integer> done = new CompletableFuture<>();
    Call call =
        new Call(AgentOp.READ) {
          @Override
          void completed() {
            done.complete(errno());
          }
        };
    connection.send(call, readFrame(handle, 100, timeoutNanos), null);
    return done;
  }

  private CompletableFuture<WriteCall> write(int handle, byte[] bytes) {
    return write(handle, ByteBuffer.wrap(bytes), Long.MAX_VALUE);
  }

  private CompletableFuture<WriteCall> write(int handle, ByteBuffer src, long timeoutNanos) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return WriteCall.write(connection, handle, src, timeoutNanos);
          } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
          }
        },
        task -> new Thread(task).start());
  }

  private int poll(int handle, int events, long timeoutNanos) throws IOException {
    Call call =
        connection.call(new CallFrame(AgentOp.POLL).u32(handle).u32(events).u64(timeoutNanos));
    assertEquals(0, call.errno());
    return call.result().getInt(0);
  }

  private WatchCall watch(int handle, CountDownLatch latch) throws IOException {
    WatchCall call = new WatchCall(latch::countDown);
    connection.send(call, new CallFrame(AgentOp.WATCH).u32(handle).u32(KernelSocket.POLLIN), null);
    return call;
  }

  private void awaitFullPipe(Program program) throws IOException {
    long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (poll(program.stdin, KernelSocket.POLLOUT, 0) != 0) {
      assertTrue(System.nanoTime() < deadlineNanos, "the pipe did not fill");
    }
  }

  private static ByteBuffer read(LocalAgent agent, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      assertTrue(agent.channel.read(bytes) > 0);
    }
    return bytes.flip();
  }
}
