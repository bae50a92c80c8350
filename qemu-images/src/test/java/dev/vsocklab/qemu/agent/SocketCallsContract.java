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
import dev.vsocklab.spi.KernelSocket.Received;
import dev.vsocklab.spi.KernelSocket.Waiting;
import java.io.IOException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
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

  // ---- the kernel's own calls

  @Test
  void seqpacketKeepsMessagesApartAndTellsTheirEor() throws Exception {
    Pair pair = seqpacketPair(7000);

    assertEquals(5, pair.client.send(bytes("first"), 0, KernelSocket.FOREVER));
    assertEquals(6, pair.client.send(bytes("second"), KernelSocket.MSG_EOR, KernelSocket.NO_WAIT));
    pair.client.close();

    ByteBuffer dst = ByteBuffer.allocate(100);
    assertEquals(new Received(5, 0), pair.server.receive(dst, 0, KernelSocket.FOREVER));
    assertEquals(
        new Received(6, KernelSocket.MSG_EOR), pair.server.receive(dst, 0, KernelSocket.FOREVER));
    assertEquals("firstsecond", StandardCharsets.US_ASCII.decode(dst.flip()).toString());
    assertEquals(
        new Received(KernelSocket.EOF, 0),
        pair.server.receive(ByteBuffer.allocate(1), 0, KernelSocket.FOREVER));
    assertErrno(Errno.EPIPE, () -> pair.server.send(bytes("x"), 0, KernelSocket.FOREVER));
  }

  @Test
  void aMessageThatDoesNotFitIsCutAndItsLengthToldIfAsked() throws Exception {
    Pair pair = seqpacketPair(7000);
    pair.client.send(bytes("0123456789"), 0, KernelSocket.FOREVER);
    pair.client.send(bytes("0123456789"), 0, KernelSocket.FOREVER);
    pair.client.send(bytes("end"), 0, KernelSocket.FOREVER);

    ByteBuffer dst = ByteBuffer.allocate(4);
    assertEquals(
        new Received(4, KernelSocket.MSG_TRUNC), pair.server.receive(dst, 0, KernelSocket.FOREVER));
    assertEquals(4, dst.position());
    assertEquals(
        new Received(10, KernelSocket.MSG_TRUNC),
        pair.server.receive(dst.clear(), KernelSocket.MSG_TRUNC, KernelSocket.FOREVER));
    assertEquals(4, dst.position());
    assertEquals(3, pair.server.read(dst.clear(), KernelSocket.FOREVER));
  }

  @Test
  void aMessageLargerThanAFrameGoesInOnePieceAndOneTooLargeForThePeerIsEmsgsize() throws Exception {
    KernelSocket listener = client.seqpacket();
    listener.setOption(VsockSocketOptions.BUFFER_MAX_SIZE, 2L << 20);
    listener.setOption(VsockSocketOptions.BUFFER_SIZE, 2L << 20);
    KernelSocket socket = client.seqpacket();
    socket.setOption(VsockSocketOptions.BUFFER_MAX_SIZE, 2L << 20);
    socket.setOption(VsockSocketOptions.BUFFER_SIZE, 2L << 20);
    Pair pair = connect(listener, socket, 7000);
    byte[] message = random(1536 * 1024, 5);

    ByteBuffer src = ByteBuffer.wrap(message);
    assertEquals(message.length, pair.client.send(src, 0, KernelSocket.FOREVER));
    assertFalse(src.hasRemaining());
    ByteBuffer dst = ByteBuffer.allocate(message.length);
    assertEquals(
        new Received(message.length, 0), pair.server.receive(dst, 0, KernelSocket.FOREVER));
    assertArrayEquals(message, dst.array());
    assertErrno(
        series.equals("6.1") ? Errno.ENOMEM : Errno.EMSGSIZE, // 6.1 makes all of them ENOMEM
        () -> pair.client.send(ByteBuffer.allocate((2 << 20) + 1), 0, KernelSocket.FOREVER));
  }

  @Test
  void readAndWriteOfSeqpacketMoveWholeMessages() throws Exception {
    Pair pair = seqpacketPair(7000);
    byte[] message = random(200_000, 6);
    long soon = TimeUnit.MILLISECONDS.toNanos(20);

    ByteBuffer dst = ByteBuffer.allocate(300_000);
    assertEquals(KernelSocket.WOULD_BLOCK, pair.server.read(dst, soon));
    assertEquals(message.length, pair.client.write(ByteBuffer.wrap(message), soon));
    assertEquals(message.length, pair.server.read(dst, KernelSocket.FOREVER));
    assertArrayEquals(message, Arrays.copyOf(dst.array(), message.length));
    assertEquals(1, pair.client.write(bytes("a"), KernelSocket.FOREVER));
    assertEquals(1, pair.client.write(bytes("b"), KernelSocket.NO_WAIT));
    assertEquals(1, pair.server.read(dst.clear(), KernelSocket.NO_WAIT));
    pair.client.close();
    assertEquals(1, pair.server.read(dst.clear(), soon));
    assertEquals(KernelSocket.EOF, pair.server.read(dst.clear(), soon));
  }

  @Test
  void peekLeavesTheBytesAndWaitallWaitsForAllOfThem() throws Exception {
    Pair pair = pair(7000);
    pair.client.write(bytes("abc"), KernelSocket.FOREVER);

    ByteBuffer dst = ByteBuffer.allocate(6);
    assertEquals(
        new Received(3, 0), pair.server.receive(dst, KernelSocket.MSG_PEEK, KernelSocket.FOREVER));
    CompletableFuture<Received> all =
        async(
            () -> pair.server.receive(dst.clear(), KernelSocket.MSG_WAITALL, KernelSocket.FOREVER));
    awaitCallsUnderWay(1);
    assertFalse(all.isDone());
    pair.client.write(bytes("def"), KernelSocket.FOREVER);

    assertEquals(new Received(6, 0), get(all));
    assertEquals("abcdef", new String(dst.array(), StandardCharsets.US_ASCII));
  }

  @Test
  void aReceiveThatWaitsWaitsForTheLowWaterAndPollKnowsItToo() throws Exception {
    Pair pair = pair(7000);
    assertReadsBack(pair.server, VsockSocketOptions.RECEIVE_LOW_WATER, 4);
    pair.client.write(bytes("abc"), KernelSocket.FOREVER);
    CompletableFuture<Received> four =
        async(() -> pair.server.receive(ByteBuffer.allocate(10), 0, KernelSocket.FOREVER));
    awaitCallsUnderWay(1);

    assertEquals(0, pair.server.poll(KernelSocket.POLLIN, KernelSocket.NO_WAIT));
    assertFalse(four.isDone());
    pair.client.write(bytes("d"), KernelSocket.FOREVER);

    assertEquals(4, get(four).lengthBytes());
  }

  @Test
  void theSocketsOwnTimeoutsEndCallsThatWaitForEver() throws Exception {
    Pair pair = pair(7000);
    KernelSocket listener = listener(7001, 1);
    Duration soon = Duration.ofMillis(40);
    assertReadsBack(listener, VsockSocketOptions.RECEIVE_TIMEOUT, soon);
    assertReadsBack(pair.client, VsockSocketOptions.RECEIVE_TIMEOUT, soon);
    assertReadsBack(pair.client, VsockSocketOptions.SEND_TIMEOUT, soon);

    assertNull(listener.accept(KernelSocket.FOREVER));
    ByteBuffer one = ByteBuffer.allocate(1);
    assertEquals(KernelSocket.WOULD_BLOCK, pair.client.read(one, KernelSocket.FOREVER));
    assertEquals(
        new Received(KernelSocket.WOULD_BLOCK, 0),
        pair.client.receive(one, 0, KernelSocket.FOREVER));
    ByteBuffer much = ByteBuffer.allocate(2 * DEFAULT_BUFFER_BYTES);
    assertEquals(DEFAULT_BUFFER_BYTES, pair.client.send(much, 0, KernelSocket.FOREVER));
    assertEquals(DEFAULT_BUFFER_BYTES, much.position());
    assertEquals(KernelSocket.WOULD_BLOCK, pair.client.send(one, 0, KernelSocket.FOREVER));
    assertEquals(KernelSocket.WOULD_BLOCK, pair.client.write(one, KernelSocket.FOREVER));
  }

  @Test
  void callsWithoutRoomOrBytesAreMadeForTheirErrors() throws Exception {
    ByteBuffer none = ByteBuffer.allocate(0);
    KernelSocket unconnected = client.stream();
    assertErrno(Errno.ENOTCONN, () -> unconnected.receive(none, 0, KernelSocket.FOREVER));
    assertErrno(Errno.ENOTCONN, () -> unconnected.send(none, 0, KernelSocket.FOREVER));
    Pair pair = pair(7000);
    assertEquals(new Received(0, 0), pair.client.receive(none, 0, KernelSocket.FOREVER));
    assertEquals(0, pair.client.send(none, 0, KernelSocket.FOREVER));

    pair.client.shutdown(KernelSocket.Direction.WRITE);

    assertErrno(Errno.EPIPE, () -> pair.client.send(none, 0, KernelSocket.FOREVER));
  }

  @Test
  void nonBlockingReceiveAndSendSayWhenThereIsNothingToDo() throws Exception {
    Pair pair = seqpacketPair(7000);
    assertEquals(
        new Received(KernelSocket.WOULD_BLOCK, 0),
        pair.client.receive(ByteBuffer.allocate(1), 0, KernelSocket.NO_WAIT));
    assertEquals(
        DEFAULT_BUFFER_BYTES,
        pair.client.send(ByteBuffer.allocate(DEFAULT_BUFFER_BYTES), 0, KernelSocket.NO_WAIT));

    assertEquals(KernelSocket.WOULD_BLOCK, pair.client.send(bytes("x"), 0, KernelSocket.NO_WAIT));
  }

  @Test
  void closeEndsAReceiveAndASendThatSleepInTheKernel() throws Exception {
    Pair pair = pair(7000);
    pair.client.write(ByteBuffer.allocate(DEFAULT_BUFFER_BYTES), KernelSocket.FOREVER);
    CompletableFuture<Executable> receive = sleepingReceive(pair.client);
    CompletableFuture<Executable> send =
        async(() -> caught(() -> pair.client.send(bytes("x"), 0, KernelSocket.FOREVER)));
    awaitCallsUnderWay(2);
    assertEquals(
        KernelSocket.WOULD_BLOCK, pair.client.read(ByteBuffer.allocate(1), KernelSocket.NO_WAIT));
    assertErrno(
        Errno.EISCONN, () -> pair.client.connect(VsockAddress.local(7000), KernelSocket.NO_WAIT));
    assertErrno(Errno.EINVAL, () -> pair.client.accept(KernelSocket.NO_WAIT));
    assertFalse(receive.isDone());
    assertFalse(send.isDone());

    pair.client.close();

    assertErrno(Errno.EBADF, get(receive));
    assertErrno(Errno.EBADF, get(send));
    drain(pair.server, DEFAULT_BUFFER_BYTES);
    assertEquals(KernelSocket.EOF, pair.server.read(ByteBuffer.allocate(1), KernelSocket.FOREVER));
  }

  @Test
  void aThousandSleepersComeAndGo() throws Exception {
    for (int round = 0; round < 10; round++) {
      KernelSocket listener = listener(7000, 200);
      List<CompletableFuture<Executable>> sleepers = new ArrayList<>();
      List<KernelSocket> sockets = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        KernelSocket socket = client.stream();
        socket.connect(VsockAddress.local(7000), KernelSocket.FOREVER);
        sockets.add(socket);
        sleepers.add(sleepingReceive(socket));
      }
      awaitCallsUnderWay(100);
      for (int i = 0; i < 50; i++) {
        sockets.get(i).close();
        assertErrno(Errno.EBADF, get(sleepers.get(i)));
      }
      if (round % 2 == 0) {
        client.reset(DEADLINE);
      } else {
        listener.close();
      }
      for (CompletableFuture<Executable> sleeper : sleepers) {
        get(sleeper); // EBADF, or the end of the stream where the listener was closed first
      }
      client.reset(DEADLINE);
      assertEquals(0, client.callsUnderWay());
    }
  }

  @Test
  void shutdownWakesAReceiveThatSleeps() throws Exception {
    Pair pair = pair(7000);
    CompletableFuture<Received> sleeper =
        async(() -> pair.client.receive(ByteBuffer.allocate(1), 0, KernelSocket.FOREVER));
    awaitCallsUnderWay(1);

    pair.client.shutdown(KernelSocket.Direction.READ);

    assertEquals(new Received(KernelSocket.EOF, 0), get(sleeper));
  }

  @Test
  void unsentBytesAreAskedOfTheKernel() throws Exception {
    Pair pair = pair(7000);
    pair.client.write(bytes("abc"), KernelSocket.FOREVER);

    if (series.equals("6.1")) { // its sockets have no ioctl: sock_no_ioctl
      assertErrno(Errno.EOPNOTSUPP, () -> pair.client.queuedBytes(Waiting.UNSENT));
      assertErrno(Errno.EOPNOTSUPP, () -> pair.client.queuedBytes(Waiting.UNREAD));
      return;
    }
    drain(pair.server, 3);
    assertEquals(0, pair.client.queuedBytes(Waiting.UNSENT));
    assertErrno(Errno.ENOTTY, () -> pair.client.queuedBytes(Waiting.UNREAD));
    assertErrno(Errno.EOPNOTSUPP, () -> client.stream().queuedBytes(Waiting.UNSENT));
  }

  @Test
  void withoutThePrivilegePortsBelow1024AreEaccesUntilTheReset() throws Exception {
    client.mayBindPrivilegedPorts(false);
    assertErrno(Errno.EACCES, () -> client.stream().bind(VsockAddress.any(1023)));
    client.stream().bind(VsockAddress.any(1024));
    client.mayBindPrivilegedPorts(true);
    client.stream().bind(VsockAddress.any(1023));
    client.mayBindPrivilegedPorts(false);

    client.reset(DEADLINE);

    client.stream().bind(VsockAddress.any(1023));
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
    return connect(client.stream(), client.stream(), port);
  }

  private Pair seqpacketPair(long port) throws Exception {
    return connect(client.seqpacket(), client.seqpacket(), port);
  }

  private static Pair connect(KernelSocket listener, KernelSocket socket, long port)
      throws Exception {
    listener.bind(VsockAddress.any(port));
    listener.listen(1);
    assertTrue(socket.connect(VsockAddress.local(port), KernelSocket.FOREVER));
    KernelSocket accepted = listener.accept(KernelSocket.FOREVER);
    assertNotNull(accepted);
    listener.close();
    return new Pair(socket, accepted);
  }

  private static CompletableFuture<Executable> sleepingReceive(KernelSocket socket) {
    return async(
        () -> caught(() -> socket.receive(ByteBuffer.allocate(1), 0, KernelSocket.FOREVER)));
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
