package dev.vsocklab.sim.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockSocketOptions;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;

/** The calls of a socket between two simulated machines, errno by errno. */
@Timeout(20)
class StreamCallsTest {
  private static final int CREDIT_BYTES = 256 * 1024;

  private final TwoMachines lab = new TwoMachines();

  @AfterEach
  void close() {
    lab.close();
  }

  @Test
  void connectCompletesBeforeAnyoneAccepts() throws Exception {
    KernelSocket listener = lab.listen(lab.host(), 7000, 0);
    KernelSocket client = lab.guest().stream();

    assertTrue(client.connect(VsockAddress.host(7000), KernelSocket.FOREVER));

    KernelSocket server = accept(listener);
    assertEquals(VsockAddress.of(2, 7000), client.remoteAddress());
    assertEquals(VsockAddress.of(2, 7000), server.localAddress());
    assertEquals(42, server.remoteAddress().cid());
    assertEquals(client.localAddress().port(), server.remoteAddress().port());
    assertEquals(VsockAddress.CID_ANY, client.localAddress().cid(), "auto-bind leaves CID any");
  }

  @Test
  void connectToAClosedPortIsConnectionResetAndSaysWhoListens() throws Exception {
    lab.listen(lab.host(), 7001, 128);
    KernelSocket client = lab.guest().stream();

    ErrnoException refused =
        failure(
            Errno.ECONNRESET, () -> client.connect(VsockAddress.host(7000), KernelSocket.FOREVER));

    assertEquals(
        "nobody listens on host port 7000. Listening on host: 7001 (backlog 0/128)",
        refused.detail());
  }

  @Test
  void refusedConnectCanBeTriedAgainOnTheSameSocket() throws Exception {
    KernelSocket client = lab.guest().stream();
    failure(Errno.ECONNRESET, () -> client.connect(VsockAddress.host(7000), KernelSocket.FOREVER));

    lab.listen(lab.host(), 7000, 0);

    assertTrue(client.connect(VsockAddress.host(7000), KernelSocket.FOREVER));
  }

  @Test
  void hostConnectToAnUnknownCidIsNoDeviceAtOnce() throws Exception {
    KernelSocket client = lab.host().stream();

    failure(Errno.ENODEV, () -> client.connect(VsockAddress.of(77, 1), KernelSocket.FOREVER));
  }

  @Test
  void guestConnectToAnotherGuestIsSilenceAndTimesOut() throws Exception {
    KernelSocket client = lab.guest().stream();
    client.setOption(VsockSocketOptions.CONNECT_TIMEOUT, Duration.ofMillis(30));

    failure(Errno.ETIMEDOUT, () -> client.connect(VsockAddress.of(77, 1), KernelSocket.FOREVER));
  }

  @Test
  void nonBlockingConnectThatNobodyAnswersFailsByItself() throws Exception {
    KernelSocket client = lab.guest().stream();
    client.setOption(VsockSocketOptions.CONNECT_TIMEOUT, Duration.ofMillis(30));

    assertFalse(client.connect(VsockAddress.of(77, 1), KernelSocket.NO_WAIT));
    failure(Errno.EALREADY, () -> client.connect(VsockAddress.of(77, 1), KernelSocket.NO_WAIT));

    int events = client.poll(KernelSocket.POLLOUT, TimeUnit.SECONDS.toNanos(10));
    assertEquals(KernelSocket.POLLOUT | KernelSocket.POLLERR, events);
    assertEquals(Errno.ETIMEDOUT, client.takeError());
    assertNull(client.takeError());
  }

  @Test
  void refusedNonBlockingConnectShowsItsErrorAndThenStaysConnecting() throws Exception {
    KernelSocket client = lab.guest().stream();

    assertFalse(client.connect(VsockAddress.host(7000), KernelSocket.NO_WAIT));

    assertEquals(KernelSocket.POLLOUT | KernelSocket.POLLERR, client.poll(KernelSocket.POLLOUT, 0));
    assertEquals(Errno.ECONNRESET, client.takeError());
    failure(Errno.EALREADY, () -> client.connect(VsockAddress.host(7000), KernelSocket.NO_WAIT));
  }

  @Test
  void backlogPlusOneConnectionsFitAndTheNextIsReset() throws Exception {
    KernelSocket listener = lab.listen(lab.host(), 7000, 1);
    for (int i = 0; i < 2; i++) {
      assertTrue(lab.guest().stream().connect(VsockAddress.host(7000), KernelSocket.FOREVER));
    }
    KernelSocket third = lab.guest().stream();

    ErrnoException refused =
        failure(
            Errno.ECONNRESET, () -> third.connect(VsockAddress.host(7000), KernelSocket.FOREVER));

    assertTrue(
        refused.detail().startsWith("the backlog of host port 7000 is full"), refused.detail());
    accept(listener);
    assertTrue(third.connect(VsockAddress.host(7000), KernelSocket.FOREVER));
  }

  @Test
  void writerTakesExactlyTheCreditAndGoesOnAfterARead() throws Exception {
    Pair pair = pair();
    ByteBuffer much = ByteBuffer.allocate(CREDIT_BYTES + 1000);

    assertEquals(CREDIT_BYTES, pair.client().write(much, KernelSocket.NO_WAIT));
    assertEquals(KernelSocket.WOULD_BLOCK, pair.client().write(much, KernelSocket.NO_WAIT));
    assertEquals(0, pair.client().poll(KernelSocket.POLLOUT, 0));

    CompletableFuture<Integer> rest = async(() -> pair.client().write(much, KernelSocket.FOREVER));
    readFully(pair.server(), CREDIT_BYTES + 1000);
    assertEquals(1000, rest.get(10, TimeUnit.SECONDS));
  }

  @Test
  void hostReaderTellsCreditWhenItsQueueIsDrainedOrLessThanAPacketIsLeft() throws Exception {
    Pair pair = pair();
    ByteBuffer all = ByteBuffer.allocate(CREDIT_BYTES);
    assertEquals(CREDIT_BYTES, pair.client().write(all, KernelSocket.NO_WAIT));

    // Four packets of 64 KiB: fwd_cnt moves with each whole one. The peer knows of 0 free bytes;
    // three whole packets leave 64 KiB of what it knows: not "less than 64 KiB".
    readFully(pair.server(), 3 * 65536);
    assertEquals(0, pair.client().poll(KernelSocket.POLLOUT, 0));
    readFully(pair.server(), 65536);
    assertEquals(KernelSocket.POLLOUT, pair.client().poll(KernelSocket.POLLOUT, 0));
    assertEquals(
        CREDIT_BYTES,
        pair.client().write(ByteBuffer.allocate(CREDIT_BYTES + 1), KernelSocket.NO_WAIT));
  }

  @Test
  void halfCloseLetsTheOtherDirectionGoOn() throws Exception {
    Pair pair = pair();
    pair.client().write(bytes("last"), KernelSocket.FOREVER);
    pair.client().shutdown(KernelSocket.Direction.WRITE);

    assertEquals("last", text(pair.server(), 4));
    assertEquals(
        KernelSocket.EOF, pair.server().read(ByteBuffer.allocate(1), KernelSocket.FOREVER));
    pair.server().write(bytes("reply"), KernelSocket.FOREVER);
    assertEquals("reply", text(pair.client(), 5));
    failure(Errno.EPIPE, () -> pair.client().write(bytes("x"), KernelSocket.FOREVER));
  }

  @Test
  void peerThatReadsNoMoreBreaksThePipe() throws Exception {
    Pair pair = pair();
    pair.server().shutdown(KernelSocket.Direction.READ);

    failure(Errno.EPIPE, () -> pair.client().write(bytes("x"), KernelSocket.FOREVER));
    pair.server().write(bytes("y"), KernelSocket.FOREVER);
    assertEquals("y", text(pair.client(), 1));
  }

  @Test
  void closeAfterDataIsDataAndThenEndOfFile() throws Exception {
    Pair pair = pair();
    pair.client().write(bytes("bye"), KernelSocket.FOREVER);
    pair.client().close();

    failure(Errno.EPIPE, () -> pair.server().write(bytes("x"), KernelSocket.FOREVER));
    assertEquals("bye", text(pair.server(), 3));
    assertEquals(
        KernelSocket.EOF, pair.server().read(ByteBuffer.allocate(1), KernelSocket.FOREVER));
    assertEquals(
        KernelSocket.EOF, pair.server().read(ByteBuffer.allocate(1), KernelSocket.FOREVER));
  }

  @Test
  void closeWakesABlockedReaderWithBadDescriptor() throws Exception {
    Pair pair = pair();
    CompletableFuture<ErrnoException> read =
        async(
            () ->
                failure(
                    Errno.EBADF,
                    () -> pair.client().read(ByteBuffer.allocate(1), KernelSocket.FOREVER)));

    pair.client().close();

    read.get(10, TimeUnit.SECONDS);
  }

  @Test
  void closingAListenerEndsTheConnectionsThatNobodyAccepted() throws Exception {
    KernelSocket listener = lab.listen(lab.host(), 7000, 5);
    KernelSocket client = lab.guest().stream();
    client.connect(VsockAddress.host(7000), KernelSocket.FOREVER);

    listener.close();

    assertEquals(KernelSocket.EOF, client.read(ByteBuffer.allocate(1), KernelSocket.FOREVER));
    failure(Errno.EPIPE, () -> client.write(bytes("x"), KernelSocket.FOREVER));
  }

  @Test
  void portsAreSharedByNobodyAndFreeAgainAfterClose() throws Exception {
    KernelSocket first = lab.host().stream();
    first.bind(VsockAddress.of(2, 9000));
    KernelSocket second = lab.host().stream();

    failure(Errno.EADDRINUSE, () -> second.bind(VsockAddress.any(9000)));
    failure(Errno.EINVAL, () -> first.bind(VsockAddress.any(9001)));
    failure(Errno.EADDRNOTAVAIL, () -> second.bind(VsockAddress.of(42, 9000)));
    first.close();
    second.bind(VsockAddress.any(9000));
  }

  @Test
  void automaticPortsAreAboveThePrivilegedOnesAndInSequence() throws Exception {
    KernelSocket first = lab.host().stream();
    KernelSocket second = lab.host().stream();
    first.bind(VsockAddress.any(VsockAddress.PORT_ANY));
    second.bind(VsockAddress.any(VsockAddress.PORT_ANY));

    long port = first.localAddress().port();
    assertTrue(port > 1023, () -> "port " + port);
    assertEquals(port + 1, second.localAddress().port());
  }

  @Test
  void aMachineReachesItselfThroughLoopback() throws Exception {
    KernelSocket listener = lab.listen(lab.host(), 7000, 0);
    KernelSocket client = lab.host().stream();
    client.connect(VsockAddress.local(7000), KernelSocket.FOREVER);
    KernelSocket server = accept(listener);

    assertEquals(1, server.remoteAddress().cid());
    client.write(bytes("self"), KernelSocket.FOREVER);
    assertEquals("self", text(server, 4));
    server.write(bytes("back"), KernelSocket.FOREVER);
    assertEquals("back", text(client, 4));
  }

  @Test
  void guestThatGoesAwayGivesDataThenConnectionResetAgainAndAgain() throws Exception {
    KernelSocket listener = lab.listen(lab.host(), 7000, 0);
    KernelSocket client = lab.guest().stream();
    client.connect(VsockAddress.host(7000), KernelSocket.FOREVER);
    KernelSocket server = accept(listener);
    client.write(bytes("data"), KernelSocket.FOREVER);

    lab.crashGuest();

    assertEquals("data", text(server, 4));
    for (int i = 0; i < 2; i++) {
      failure(Errno.ECONNRESET, () -> server.read(ByteBuffer.allocate(1), KernelSocket.FOREVER));
    }
    // sk_stream_error: a write takes the pending error away and gives it instead of EPIPE
    failure(Errno.ECONNRESET, () -> server.write(bytes("x"), KernelSocket.FOREVER));
    failure(Errno.EPIPE, () -> server.write(bytes("x"), KernelSocket.FOREVER));
    assertEquals(KernelSocket.EOF, server.read(ByteBuffer.allocate(1), KernelSocket.FOREVER));
  }

  @Test
  void watchCallsBackWhenDataComesAndWhenTheSocketIsClosed() throws Exception {
    Pair pair = pair();
    CountDownLatch readable = new CountDownLatch(1);
    pair.server().watch(KernelSocket.POLLIN, readable::countDown);
    assertEquals(1, readable.getCount());
    pair.client().write(bytes("x"), KernelSocket.FOREVER);
    assertTrue(readable.await(10, TimeUnit.SECONDS));

    CountDownLatch over = new CountDownLatch(1);
    pair.client().watch(KernelSocket.POLLIN, over::countDown);
    pair.client().close();
    assertTrue(over.await(10, TimeUnit.SECONDS));
  }

  private record Pair(KernelSocket client, KernelSocket server) {}

  private Pair pair() throws Exception {
    KernelSocket listener = lab.listen(lab.host(), 7000, 0);
    KernelSocket client = lab.guest().stream();
    client.connect(VsockAddress.host(7000), KernelSocket.FOREVER);
    return new Pair(client, accept(listener));
  }

  private static KernelSocket accept(KernelSocket listener) throws Exception {
    return Objects.requireNonNull(listener.accept(TimeUnit.SECONDS.toNanos(10)), "nobody came");
  }

  private static ErrnoException failure(Errno errno, Executable call) {
    ErrnoException failure = assertThrows(ErrnoException.class, call);
    assertEquals(errno, failure.errno(), failure.getMessage());
    return failure;
  }

  private interface Call<T> {
    T run() throws Exception;
  }

  private static <T> CompletableFuture<T> async(Call<T> call) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return call.run();
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        });
  }

  private static void readFully(KernelSocket socket, int lengthBytes) throws Exception {
    ByteBuffer all = ByteBuffer.allocate(lengthBytes);
    while (all.hasRemaining()) {
      assertTrue(socket.read(all, TimeUnit.SECONDS.toNanos(10)) > 0);
    }
  }

  private static String text(KernelSocket socket, int lengthBytes) throws Exception {
    ByteBuffer all = ByteBuffer.allocate(lengthBytes);
    while (all.hasRemaining()) {
      assertTrue(socket.read(all, TimeUnit.SECONDS.toNanos(10)) > 0);
    }
    return new String(all.array(), StandardCharsets.US_ASCII);
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
  }
}
