package dev.vsocklab.qemu.agent;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockSocketOptions;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import java.io.IOException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;

/**
 * The SPI's socket calls in a real guest's kernel, over that guest's own loopback (CID 1): what the
 * kernel answers, and that the agent neither adds nor loses anything.
 */
@Tag("qemu")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
abstract class SocketCallsContract {
  private static final Duration DEADLINE = Duration.ofSeconds(30);
  private static final int DEFAULT_BUFFER_BYTES = 256 * 1024;
  private final String series;
  private TestGuest guest;
  private AgentClient client;

  /** The calls on a kernel of this series. */
  SocketCallsContract(String series) {
    this.series = series;
  }

  @BeforeAll
  void boot() throws IOException {
    guest = TestGuest.boot(series);
    client = guest.client();
  }

  @AfterAll
  void end() throws IOException {
    guest.close();
  }

  @AfterEach
  void reset() throws IOException {
    client.reset(DEADLINE);
  }

  @Test
  void withoutAVsockDeviceTheGuestCallsItselfCidOne() throws Exception {
    assertEquals(VsockAddress.CID_LOCAL, client.localCid());
  }

  @Test
  void addressesAreThoseOfTheKernel() throws Exception {
    Pair pair = pair(7000);

    assertEquals(VsockAddress.of(1, 7000), pair.client.remoteAddress());
    assertEquals(VsockAddress.CID_ANY, pair.client.localAddress().cid()); // bound by connect
    assertEquals(VsockAddress.of(1, 7000), pair.server.localAddress());
    assertEquals(
        VsockAddress.of(1, pair.client.localAddress().port()), pair.server.remoteAddress());
    assertErrno(Errno.ENOTCONN, () -> client.stream().remoteAddress());
  }

  @Test
  void bytesArriveInOrderAndTheStreamEnds() throws Exception {
    Pair pair = pair(7000);

    assertEquals(5, pair.client.write(bytes("hello"), KernelSocket.FOREVER));
    pair.client.close();

    assertEquals("hello", readText(pair.server, 5));
    assertEquals(KernelSocket.EOF, pair.server.read(ByteBuffer.allocate(1), KernelSocket.FOREVER));
    assertErrno(Errno.EPIPE, () -> pair.server.write(bytes("x"), KernelSocket.FOREVER));
  }

  @Test
  void halfCloseEndsOneDirectionOnly() throws Exception {
    Pair pair = pair(7000);

    pair.client.shutdown(KernelSocket.Direction.WRITE);

    assertEquals(KernelSocket.EOF, pair.server.read(ByteBuffer.allocate(1), KernelSocket.FOREVER));
    assertErrno(Errno.EPIPE, () -> pair.client.write(bytes("x"), KernelSocket.FOREVER));
    assertEquals(3, pair.server.write(bytes("yes"), KernelSocket.FOREVER));
    assertEquals("yes", readText(pair.client, 3));
  }

  @Test
  void shutdownOfReadingWakesAReader() throws Exception {
    Pair pair = pair(7000);
    CompletableFuture<Integer> reader =
        async(() -> pair.client.read(ByteBuffer.allocate(1), KernelSocket.FOREVER));

    pair.client.shutdown(KernelSocket.Direction.READ);

    assertEquals(KernelSocket.EOF, get(reader));
  }

  @Test
  void refusedConnectIsEconnresetEachTimeAndTheSocketStaysUsable() throws Exception {
    KernelSocket socket = client.stream();
    for (int round = 0; round < 3; round++) {
      assertErrno(
          Errno.ECONNRESET, () -> socket.connect(VsockAddress.local(7001), KernelSocket.FOREVER));
      socket.takeError(); // Linux 6.1 fails the next connect with it
    }
    KernelSocket listener = listener(7001, 1);
    assertTrue(socket.connect(VsockAddress.local(7001), KernelSocket.FOREVER));
    assertNotNull(listener.accept(KernelSocket.FOREVER));
  }

  @Test
  void refusedNonBlockingConnectTellsByPollAndError() throws Exception {
    KernelSocket socket = client.stream();

    assertFalse(socket.connect(VsockAddress.local(7001), KernelSocket.NO_WAIT));

    int ready = socket.poll(KernelSocket.POLLOUT, KernelSocket.FOREVER);
    assertEquals(KernelSocket.POLLERR, ready & KernelSocket.POLLERR);
    assertEquals(Errno.ECONNRESET, socket.takeError());
    assertNull(socket.takeError());
  }

  @Test
  void nonBlockingConnectEndsInAConnection() throws Exception {
    KernelSocket listener = listener(7000, 1);
    KernelSocket socket = client.stream();

    assertFalse(socket.connect(VsockAddress.local(7000), KernelSocket.NO_WAIT));

    assertEquals(KernelSocket.POLLOUT, socket.poll(KernelSocket.POLLOUT, KernelSocket.FOREVER));
    assertNull(socket.takeError());
    assertNotNull(listener.accept(KernelSocket.FOREVER));
    assertErrno(
        Errno.EISCONN, () -> socket.connect(VsockAddress.local(7000), KernelSocket.FOREVER));
  }

  @Test
  void connectToACidThatNoTransportReachesIsEnodev() throws Exception {
    KernelSocket socket = client.stream();

    assertErrno(
        Errno.ENODEV, () -> socket.connect(VsockAddress.of(77, 7000), KernelSocket.FOREVER));
  }

  @Test
  void bindErrorsAreTheKernels() throws Exception {
    KernelSocket bound = client.stream();
    bound.bind(VsockAddress.any(7000));

    assertErrno(Errno.EADDRINUSE, () -> client.stream().bind(VsockAddress.local(7000)));
    assertErrno(Errno.EINVAL, () -> bound.bind(VsockAddress.any(7001)));
    assertErrno(Errno.EADDRNOTAVAIL, () -> client.stream().bind(VsockAddress.of(77, 7000)));
    assertErrno(Errno.EINVAL, () -> client.stream().listen(1));
    assertErrno(Errno.EINVAL, () -> client.stream().accept(KernelSocket.NO_WAIT));
  }

  @Test
  void automaticPortsAreAbove1023AndDiffer() throws Exception {
    KernelSocket first = client.stream();
    KernelSocket second = client.stream();

    first.bind(VsockAddress.any(VsockAddress.PORT_ANY));
    second.bind(VsockAddress.any(VsockAddress.PORT_ANY));

    assertTrue(first.localAddress().port() > 1023);
    assertTrue(first.localAddress().port() != second.localAddress().port());
  }

  @Test
  void backlogPlusOneConnectionsFitAndTheNextIsRefused() throws Exception {
    listener(7000, 1);
    client.stream().connect(VsockAddress.local(7000), KernelSocket.FOREVER);
    client.stream().connect(VsockAddress.local(7000), KernelSocket.FOREVER);

    assertErrno(
        Errno.ECONNRESET,
        () -> client.stream().connect(VsockAddress.local(7000), KernelSocket.FOREVER));
  }

  @Test
  void aHundredConnectionsAtATimeToOnePort() throws Exception {
    KernelSocket listener = listener(7000, 128);
    List<CompletableFuture<Void>> ends = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      int number = i;
      ends.add(
          async(
              () -> {
                KernelSocket socket = client.stream();
                socket.connect(VsockAddress.local(7000), KernelSocket.FOREVER);
                socket.write(bytes(String.format("%03d", number)), KernelSocket.FOREVER);
                assertEquals(String.format("%03d!", number), readText(socket, 4));
                socket.close();
                return null;
              }));
    }
    for (int i = 0; i < 100; i++) {
      KernelSocket accepted = listener.accept(KernelSocket.FOREVER);
      assertNotNull(accepted);
      ends.add(
          async(
              () -> {
                accepted.write(bytes(readText(accepted, 3) + "!"), KernelSocket.FOREVER);
                assertEquals(
                    KernelSocket.EOF, accepted.read(ByteBuffer.allocate(1), KernelSocket.FOREVER));
                accepted.close();
                return null;
              }));
    }
    for (CompletableFuture<Void> end : ends) {
      get(end);
    }
  }

  @Test
  void closeWakesAcceptReadWritePollAndWatch() throws Exception {
    KernelSocket listener = listener(7001, 1);
    Pair pair = pair(7000);
    pair.client.write(ByteBuffer.allocate(DEFAULT_BUFFER_BYTES), KernelSocket.FOREVER);
    CompletableFuture<Executable> accept =
        async(() -> caught(() -> listener.accept(KernelSocket.FOREVER)));
    CompletableFuture<Executable> read =
        async(() -> caught(() -> pair.client.read(ByteBuffer.allocate(1), KernelSocket.FOREVER)));
    CompletableFuture<Executable> write =
        async(() -> caught(() -> pair.client.write(bytes("x"), KernelSocket.FOREVER)));
    CompletableFuture<Integer> poll =
        async(() -> pair.client.poll(KernelSocket.POLLIN, KernelSocket.FOREVER));
    CountDownLatch watched = new CountDownLatch(1);
    pair.client.watch(KernelSocket.POLLIN, watched::countDown);
    awaitCallsUnderWay(5);

    listener.close();
    pair.client.close();

    assertErrno(Errno.EBADF, get(accept));
    assertErrno(Errno.EBADF, get(read));
    assertErrno(Errno.EBADF, get(write));
    assertEquals(KernelSocket.POLLNVAL, get(poll));
    assertTrue(watched.await(30, TimeUnit.SECONDS));
    assertErrno(Errno.EBADF, () -> pair.client.localAddress());
    assertEquals(KernelSocket.POLLNVAL, pair.client.poll(KernelSocket.POLLIN, 0));
    pair.client.close(); // again
  }

  @Test
  void nonBlockingCallsWithNothingToDoSaySo() throws Exception {
    Pair pair = pair(7000);

    assertEquals(
        KernelSocket.WOULD_BLOCK, pair.client.read(ByteBuffer.allocate(1), KernelSocket.NO_WAIT));
    assertNull(listener(7001, 1).accept(KernelSocket.NO_WAIT));
    assertEquals(0, pair.client.poll(KernelSocket.POLLIN, KernelSocket.NO_WAIT));
    assertEquals(0, pair.client.read(ByteBuffer.allocate(0), KernelSocket.NO_WAIT));
    assertEquals(0, pair.client.write(ByteBuffer.allocate(0), KernelSocket.NO_WAIT));
    assertEquals(
        KernelSocket.WOULD_BLOCK,
        pair.client.read(ByteBuffer.allocate(1), TimeUnit.MILLISECONDS.toNanos(20)));
  }

  @Test
  void aWriterIsStoppedAtExactlyTheCreditAndGoesOnAfterARead() throws Exception {
    Pair pair = pair(7000);
    ByteBuffer src = ByteBuffer.allocate(1024 * 1024);

    int taken = 0;
    for (int n = pair.client.write(src, 0); n > 0; n = pair.client.write(src, 0)) {
      taken += n;
    }
    assertEquals(DEFAULT_BUFFER_BYTES, taken);
    assertEquals(taken, src.position());
    assertEquals(0, pair.client.poll(KernelSocket.POLLOUT, KernelSocket.NO_WAIT));
    CompletableFuture<Integer> rest = async(() -> pair.client.write(src, KernelSocket.FOREVER));
    drain(pair.server, 1024 * 1024);

    assertEquals(1024 * 1024 - DEFAULT_BUFFER_BYTES, get(rest));
    assertFalse(src.hasRemaining());
  }

  @Test
  void aWriterWhosePeerGoesAwayGetsTheCountAndThenTheError() throws Exception {
    Pair pair = pair(7000);
    ByteBuffer src = ByteBuffer.allocate(1024 * 1024);
    CompletableFuture<Integer> write = async(() -> pair.client.write(src, KernelSocket.FOREVER));
    awaitNoCredit(pair.client);

    pair.server.close();

    assertEquals(DEFAULT_BUFFER_BYTES, get(write));
    assertEquals(DEFAULT_BUFFER_BYTES, src.position());
    assertErrno(Errno.EPIPE, () -> pair.client.write(src, KernelSocket.FOREVER));
  }

  @Test
  void optionsReadBackAndUnsupportedOnesSaySo() throws Exception {
    KernelSocket socket = client.stream();
    assertEquals(262144L, socket.getOption(VsockSocketOptions.BUFFER_SIZE));
    assertEquals(Duration.ofSeconds(2), socket.getOption(VsockSocketOptions.CONNECT_TIMEOUT));

    assertReadsBack(socket, VsockSocketOptions.BUFFER_MAX_SIZE, 1L << 20);
    assertReadsBack(socket, VsockSocketOptions.BUFFER_MIN_SIZE, 4096L);
    assertReadsBack(socket, VsockSocketOptions.BUFFER_SIZE, 1L << 19);
    assertReadsBack(socket, VsockSocketOptions.CONNECT_TIMEOUT, Duration.ofMillis(1500));
    assertReadsBack(socket, StandardSocketOptions.SO_KEEPALIVE, true);
    assertReadsBack(socket, StandardSocketOptions.SO_REUSEADDR, true);
    assertReadsBack(socket, StandardSocketOptions.SO_LINGER, 3);
    assertReadsBack(socket, StandardSocketOptions.SO_LINGER, -1);
    assertReadsBack(socket, StandardSocketOptions.SO_RCVBUF, 65536);
    assertErrno(
        Errno.ERANGE,
        () -> socket.setOption(VsockSocketOptions.CONNECT_TIMEOUT, Duration.ofSeconds(-1)));
    assertThrows(
        UnsupportedOperationException.class,
        () -> socket.setOption(StandardSocketOptions.TCP_NODELAY, true));
  }

  @Test
  void aListenerHandsItsBufferSizeToWhatItAccepts() throws Exception {
    KernelSocket listener = listener(7000, 1);
    listener.setOption(VsockSocketOptions.BUFFER_SIZE, 8192L);
    client.stream().connect(VsockAddress.local(7000), KernelSocket.FOREVER);

    KernelSocket accepted = listener.accept(KernelSocket.FOREVER);

    assertNotNull(accepted);
    assertEquals(8192L, accepted.getOption(VsockSocketOptions.BUFFER_SIZE));
  }

  @Test
  void aLingeringCloseDoesNotHoldUpOtherCalls() throws Exception {
    Pair lingering = pair(7000);
    Pair other = pair(7001);
    lingering.client.setOption(StandardSocketOptions.SO_LINGER, 1000);
    lingering.client.write(ByteBuffer.allocate(1000), KernelSocket.FOREVER);
    int before = client.callsUnderWay();
    CompletableFuture<Void> close =
        async(
            () -> {
              lingering.client.close();
              return null;
            });
    awaitCallsUnderWay(before + 1);

    CompletableFuture<Integer> write =
        async(() -> other.client.write(bytes("on"), KernelSocket.FOREVER));
    assertEquals(2, get(write));
    assertFalse(close.isDone());
    lingering.server.close();

    get(close);
  }

  @Test
  void aWatchTellsOfAConnectionToAccept() throws Exception {
    KernelSocket listener = listener(7000, 1);
    CountDownLatch ready = new CountDownLatch(1);
    listener.watch(KernelSocket.POLLIN, ready::countDown);

    client.stream().connect(VsockAddress.local(7000), KernelSocket.FOREVER);

    assertTrue(ready.await(30, TimeUnit.SECONDS));
    assertNotNull(listener.accept(KernelSocket.NO_WAIT));
  }

  @Test
  void bulkBothWaysAtOnceArrivesWhole() throws Exception {
    Pair pair = pair(7000);
    byte[] there = random(4 * 1024 * 1024, 1);
    byte[] back = random(4 * 1024 * 1024 + 1, 2);

    CompletableFuture<Integer> writeThere =
        async(() -> pair.client.write(ByteBuffer.wrap(there), KernelSocket.FOREVER));
    CompletableFuture<Integer> writeBack =
        async(() -> pair.server.write(ByteBuffer.wrap(back), KernelSocket.FOREVER));
    CompletableFuture<byte[]> readThere = async(() -> drain(pair.server, there.length));
    CompletableFuture<byte[]> readBack = async(() -> drain(pair.client, back.length));

    assertArrayEquals(there, get(readThere));
    assertArrayEquals(back, get(readBack));
    assertEquals(there.length, get(writeThere));
    assertEquals(back.length, get(writeBack));
  }

  @Test
  void resetClosesEverySocketAndFreesItsPort() throws Exception {
    KernelSocket listener = listener(7000, 1);
    CompletableFuture<Executable> accept =
        async(() -> caught(() -> listener.accept(KernelSocket.FOREVER)));

    client.reset(DEADLINE);

    assertErrno(Errno.EBADF, get(accept));
    assertErrno(Errno.EBADF, () -> listener.localAddress());
    listener(7000, 1);
  }

  @Test
  void aProgramInTheGuestSpeaksWithTheTestsSocket() throws Exception {
    client.programs().putProgram(Path.of("/usr/bin/socat"), "/usr/bin/socat");
    GuestProgram socat =
        client
            .programs()
            .start(GuestCommand.of("/usr/bin/socat", "-d", "-d", "VSOCK-LISTEN:7000", "-"));
    socat.awaitErrorText("listening on", DEADLINE);
    KernelSocket socket = client.stream();

    socket.connect(VsockAddress.local(7000), KernelSocket.FOREVER);
    socket.write(bytes("from the test"), KernelSocket.FOREVER);
    socket.shutdown(KernelSocket.Direction.WRITE);
    socat.stdin().write("from socat".getBytes(StandardCharsets.UTF_8));
    socat.stdin().close();

    assertEquals("from socat", readText(socket, 10));
    assertEquals(new GuestProgram.Exit(0, 0), socat.waitFor(DEADLINE));
    assertEquals("from the test", socat.outputText());
  }

  @Test
  void tenMebibytesGoThroughAConnectingProgramBothWaysAtOnce() throws Exception {
    byte[] there = random(10 * 1024 * 1024, 3);
    byte[] back = random(10 * 1024 * 1024, 4);
    KernelSocket listener = listener(7000, 1);
    client.programs().putProgram(Path.of("/usr/bin/socat"), "/usr/bin/socat");
    GuestProgram socat =
        client
            .programs()
            .start(
                GuestCommand.of("/usr/bin/socat", "-b", "65536", "VSOCK-CONNECT:1:7000", "-")
                    .withStreamedOutput());
    KernelSocket socket = listener.accept(KernelSocket.FOREVER);
    assertNotNull(socket);

    CompletableFuture<Integer> writeThere =
        async(
            () -> {
              int written = socket.write(ByteBuffer.wrap(there), KernelSocket.FOREVER);
              socket.shutdown(KernelSocket.Direction.WRITE);
              return written;
            });
    CompletableFuture<byte[]> readThere = async(() -> socat.stdout().readAllBytes());
    CompletableFuture<byte[]> readBack = async(() -> drain(socket, back.length));
    socat.stdin().write(back);
    socat.stdin().close();

    assertArrayEquals(there, get(readThere));
    assertArrayEquals(back, get(readBack));
    assertEquals(there.length, get(writeThere));
    assertEquals(new GuestProgram.Exit(0, 0), socat.waitFor(DEADLINE));
  }

  // ---- how the tests speak

  private record Pair(KernelSocket client, KernelSocket server) {}

  private KernelSocket listener(long port, int backlog) throws Exception {
    KernelSocket listener = client.stream();
    listener.bind(VsockAddress.any(port));
    listener.listen(backlog);
    return listener;
  }

  private Pair pair(long port) throws Exception {
    KernelSocket listener = listener(port, 1);
    KernelSocket socket = client.stream();
    assertTrue(socket.connect(VsockAddress.local(port), KernelSocket.FOREVER));
    KernelSocket accepted = listener.accept(KernelSocket.FOREVER);
    assertNotNull(accepted);
    listener.close();
    return new Pair(socket, accepted);
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static byte[] random(int length, long seed) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private static byte[] drain(KernelSocket socket, int length) throws Exception {
    ByteBuffer got = ByteBuffer.allocate(length);
    while (got.hasRemaining()) {
      assertTrue(socket.read(got, KernelSocket.FOREVER) > 0);
    }
    return got.array();
  }

  private static String readText(KernelSocket socket, int length) throws Exception {
    return new String(drain(socket, length), StandardCharsets.US_ASCII);
  }

  private static <T> void assertReadsBack(KernelSocket socket, SocketOption<T> option, T value)
      throws Exception {
    socket.setOption(option, value);
    assertEquals(value, socket.getOption(option));
  }

  private static void assertErrno(Errno expected, Executable call) {
    assertEquals(expected, assertThrows(ErrnoException.class, call).errno());
  }

  /** What a call threw, to be thrown again where the test looks at it. */
  private static Executable caught(Executable call) {
    try {
      call.execute();
      return () -> {};
    } catch (Throwable thrown) {
      return () -> {
        throw thrown;
      };
    }
  }

  private static <T> CompletableFuture<T> async(Callable<T> call) {
    CompletableFuture<T> done = new CompletableFuture<>();
    new Thread(
            () -> {
              try {
                done.complete(call.call());
              } catch (Exception | AssertionError e) {
                done.completeExceptionally(e);
              }
            })
        .start();
    return done;
  }

  private static <T> T get(CompletableFuture<T> future) throws Exception {
    return future.get(60, TimeUnit.SECONDS);
  }

  /** Until so many calls are with the guest, and the guest took them. */
  private void awaitCallsUnderWay(int calls) throws Exception {
    long deadlineNanos = System.nanoTime() + DEADLINE.toNanos();
    while (client.callsUnderWay() < calls) {
      assertTrue(System.nanoTime() < deadlineNanos, "the calls did not get under way");
      client.localCid(); // a round trip
    }
    client.localCid(); // behind them all
  }

  private static void awaitNoCredit(KernelSocket socket) throws Exception {
    long deadlineNanos = System.nanoTime() + DEADLINE.toNanos();
    while (socket.poll(KernelSocket.POLLOUT, KernelSocket.NO_WAIT) != 0) {
      assertTrue(System.nanoTime() < deadlineNanos, "the credit was not used up");
    }
  }
}
