package dev.vsocklab.sim.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.sim.connection.CellVisits;
import dev.vsocklab.sim.connection.SendCall;
import dev.vsocklab.sim.kernel.KernelProfile;
import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.Op;
import dev.vsocklab.sim.wire.Packet;
import dev.vsocklab.sim.wire.SocketType;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** A host's stack, packet by packet, against a peer that this test plays by hand. */
class StackTest {
  private static final long PEER = 42;
  private static final int PEER_PORT = 1234;

  private final ManualTime time = new ManualTime();
  private final List<Header> sent = new ArrayList<>();
  private final Stack stack =
      new Stack(
          VsockAddress.CID_HOST, KernelProfile.DEFAULT, new Recorder(), time, new CellVisits());

  @Test
  void everyPacketCarriesTheCreditOfItsSocket() throws Exception {
    Sock server = accepted();
    assertEquals(262_144, sent.get(0).bufAlloc());
    deliver(data(1000));
    read(server, 1000);

    assertEquals(Op.CREDIT_UPDATE, last().op());
    assertEquals(1000, last().fwdCnt());
  }

  @Test
  void creditRequestIsAnsweredAndNeverSent() throws Exception {
    accepted();
    deliver(header(Op.CREDIT_REQUEST, 0));
    assertEquals(Op.CREDIT_UPDATE, last().op());
  }

  @Test
  void aPacketForNobodyIsAnsweredWithAnRstThatCarriesNoCredit() {
    deliver(header(Op.RW, 0));

    assertEquals(new Header(2, PEER, 7000, PEER_PORT, 0, Header.TYPE_STREAM, 3, 0, 0, 0), last());
  }

  @Test
  void anRstForNobodyIsNotAnswered() {
    deliver(header(Op.RST, 0));
    assertTrue(sent.isEmpty());
  }

  @Test
  void anUnknownSocketTypeIsAnsweredWithAnRstOfThatType() throws Exception {
    listener();
    Header odd = header(Op.REQUEST, 0);
    deliver(
        new Header(
            odd.srcCid(), odd.dstCid(), odd.srcPort(), odd.dstPort(), 0, 9, 1, 0, 65_536, 0));

    assertEquals(Op.RST, last().op());
    assertEquals(9, last().type());
  }

  @Test
  void anUnknownOpIsIgnoredOnAConnectionAndResetElsewhere() throws Exception {
    deliver(header(99, 0));
    assertEquals(Op.RST, last().op());
    accepted();
    int before = sent.size();
    deliver(header(99, 0));
    assertEquals(before, sent.size());
  }

  @Test
  void largeWritesGoOutInPacketsOf64KibAndStopAtTheCredit() throws Exception {
    Sock server = accepted();
    sent.clear();

    assertEquals(100_000, write(server, 100_000));
    assertEquals(List.of(65_536, 34_464), sent.stream().map(Header::lengthBytes).toList());
    assertEquals(31_072, write(server, 100_000));
    assertEquals(KernelSocket.WOULD_BLOCK, write(server, 1));
  }

  @Test
  void aFullShutdownWithNothingUnreadIsAnsweredWithRstAtOnce() throws Exception {
    Sock server = accepted();
    deliver(header(Op.SHUTDOWN, Header.SHUTDOWN_BOTH));

    assertEquals(Op.RST, last().op());
    assertEquals(KernelSocket.EOF, read(server, 1));
  }

  @Test
  void aFullShutdownWithUnreadDataIsAnsweredOnlyWhenTheUserCloses() throws Exception {
    Sock server = accepted();
    deliver(data(10));
    int before = sent.size();
    deliver(header(Op.SHUTDOWN, Header.SHUTDOWN_BOTH));
    assertEquals(before, sent.size());

    server.lock();
    server.beginClose();
    server.finishClose();
    server.unlock();
    assertEquals(Op.RST, last().op());
    assertEquals(0, time.alarms());
  }

  @Test
  void shutdownBitsOfSeveralPacketsAddUp() throws Exception {
    accepted();
    deliver(header(Op.SHUTDOWN, Header.SHUTDOWN_SEND));
    assertEquals(Op.RESPONSE, last().op(), "one bit is not answered");
    deliver(header(Op.SHUTDOWN, Header.SHUTDOWN_RCV));
    assertEquals(Op.RST, last().op());
  }

  @Test
  void closeWaits8SecondsForThePeersRstAndThenSendsItsOwn() throws Exception {
    Sock server = accepted();
    server.lock();
    server.beginClose();
    server.finishClose();
    server.unlock();
    assertEquals(Op.SHUTDOWN, last().op());
    assertEquals(Header.SHUTDOWN_BOTH, last().flags());
    assertEquals(1, time.alarms());

    time.advance(TimeUnit.MILLISECONDS.toNanos(7999));
    assertEquals(Op.SHUTDOWN, last().op());
    time.advance(TimeUnit.MILLISECONDS.toNanos(1));
    assertEquals(Op.RST, last().op());
    deliver(header(Op.RW, 0));
    assertEquals(0, last().bufAlloc(), "the socket is gone: an RST without one");
  }

  @Test
  void thePeersRstEndsAClosedSocketAndItsTimer() throws Exception {
    Sock server = accepted();
    server.lock();
    server.beginClose();
    server.finishClose();
    server.unlock();
    deliver(header(Op.RST, 0));

    assertEquals(0, time.alarms());
    int before = sent.size();
    time.advance(TimeUnit.SECONDS.toNanos(20));
    assertEquals(before, sent.size());
  }

  @Test
  void aConnectWithoutAnswerTimesOutAfter2SecondsAndALateResponseGetsRst() throws Exception {
    Sock client = stack.socket(SocketType.STREAM);
    call(client, () -> client.connect(VsockAddress.of(PEER, 80)));
    Header request = last();
    assertEquals(Op.REQUEST, request.op());
    assertEquals(5000, request.srcPort());
    client.lock();
    client.connectInBackground();
    client.unlock();

    time.advance(TimeUnit.SECONDS.toNanos(2));
    assertEquals(
        Optional.of(Errno.ETIMEDOUT), call(client, () -> Optional.ofNullable(client.takeError())));
    deliver(new Header(PEER, 2, 80, 5000, 0, 1, 2, 0, 65_536, 0));
    assertEquals(Op.RST, last().op());
  }

  @Test
  void aStrangeAnswerToARequestIsAProtocolErrorAndIsReset() throws Exception {
    Sock client = stack.socket(SocketType.STREAM);
    call(client, () -> client.connect(VsockAddress.of(PEER, 80)));
    deliver(new Header(PEER, 2, 80, 5000, 0, 1, Op.RW.wireValue(), 0, 65_536, 0));

    assertEquals(Op.RST, last().op());
    failure(Errno.EPROTO, () -> call(client, client::connectResult));
  }

  @Test
  void aPeerThatOverrunsTheBufferIsResetAndTheReaderGetsItsDataThenNoBufferSpace()
      throws Exception {
    Sock server = accepted();
    for (int i = 0; i < 4; i++) {
      deliver(data(65_536));
    }
    deliver(data(1));

    assertEquals(Op.RST, last().op());
    assertEquals(262_144, read(server, 300_000));
    for (int i = 0; i < 2; i++) {
      failure(Errno.ENOBUFS, () -> read(server, 1));
    }
  }

  @Test
  void aDuplicateRequestForALiveConnectionGetsSilence() throws Exception {
    accepted();
    int before = sent.size();
    deliver(header(Op.REQUEST, 0));
    assertEquals(before, sent.size());
  }

  @Test
  void twentyFourTakenAutomaticPortsInARowAreEnough() throws Exception {
    for (long port = 5000; port < 5024; port++) {
      bind(stack.socket(SocketType.STREAM), VsockAddress.any(port));
    }
    Sock unlucky = stack.socket(SocketType.STREAM);

    failure(Errno.EADDRNOTAVAIL, () -> bind(unlucky, VsockAddress.any(VsockAddress.PORT_ANY)));
    bind(unlucky, VsockAddress.any(VsockAddress.PORT_ANY));
    assertEquals(5024, unlucky.localAddress().port());
  }

  @Test
  void changingTheBufferTellsThePeer() throws Exception {
    Sock server = accepted();
    server.lock();
    server.resize(server.sizes().withSize(1000));
    server.unlock();

    assertEquals(Op.CREDIT_UPDATE, last().op());
    assertEquals(1000, last().bufAlloc());
  }

  private Sock listener() throws Exception {
    Sock listener = stack.socket(SocketType.STREAM);
    bind(listener, VsockAddress.any(7000));
    listener.lock();
    listener.listen(5);
    listener.unlock();
    return listener;
  }

  private Sock accepted() throws Exception {
    Sock listener = listener();
    assertEquals(Optional.empty(), nextChild(listener));
    deliver(header(Op.REQUEST, 0));
    assertEquals(Op.RESPONSE, last().op());
    return nextChild(listener).orElseThrow();
  }

  private static Optional<Sock> nextChild(Sock listener) throws ErrnoException {
    return call(listener, () -> Optional.ofNullable(listener.accept()));
  }

  private static void bind(Sock sock, VsockAddress address) throws ErrnoException {
    sock.lock();
    try {
      sock.bind(address);
    } finally {
      sock.unlock();
    }
  }

  private interface Call<T> {
    T run() throws ErrnoException;
  }

  private static <T> T call(Sock sock, Call<T> call) throws ErrnoException {
    sock.lock();
    try {
      return call.run();
    } finally {
      sock.unlock();
    }
  }

  private static int read(Sock sock, int lengthBytes) throws ErrnoException {
    return call(sock, () -> sock.beginReceive(ByteBuffer.allocate(lengthBytes), 0).proceed());
  }

  private static int write(Sock sock, int lengthBytes) throws ErrnoException {
    return call(
        sock,
        () -> {
          SendCall call = sock.beginSend(ByteBuffer.allocate(lengthBytes), 0);
          int count = call.proceed();
          return count == KernelSocket.WOULD_BLOCK ? call.giveUp() : count;
        });
  }

  private static void failure(Errno errno, Executable call) {
    assertEquals(errno, assertThrows(ErrnoException.class, call).errno());
  }

  private static Header header(Op op, int flags) {
    return header(op.wireValue(), flags);
  }

  private static Header header(int op, int flags) {
    return new Header(PEER, 2, PEER_PORT, 7000, 0, Header.TYPE_STREAM, op, flags, 131_072, 0);
  }

  private void deliver(Header header) {
    stack.receive(Packet.of(header));
  }

  private static Packet data(int lengthBytes) {
    return Packet.owning(
        header(Op.RW, 0).withLengthBytes(lengthBytes), ByteBuffer.allocate(lengthBytes), 0);
  }

  private void deliver(Packet packet) {
    stack.receive(packet);
  }

  private Header last() {
    return sent.get(sent.size() - 1);
  }

  private final class Recorder implements Outlet {
    @Override
    public void carry(Packet packet) {
      sent.add(packet.header());
    }

    @Override
    public boolean reaches(long cid) {
      return cid == PEER;
    }
  }
}
