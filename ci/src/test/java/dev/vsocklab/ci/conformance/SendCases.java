package dev.vsocklab.ci.conformance;

import static dev.vsocklab.ci.conformance.KernelSeries.LINUX_6_12;
import static dev.vsocklab.ci.conformance.SocketType.STREAM;
import static dev.vsocklab.spi.KernelSocket.FOREVER;
import static dev.vsocklab.spi.KernelSocket.NO_WAIT;
import static dev.vsocklab.spi.KernelSocket.WOULD_BLOCK;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockSocketOptions;
import dev.vsocklab.spi.KernelSocket;
import dev.vsocklab.spi.KernelSocket.Direction;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;

/** send() in every state, and what credit allows. */
final class SendCases {
  private static final Duration SOON = Duration.ofMillis(50);

  @Case(
      id = "call-send-01",
      title = "Never connected, also after a refusal: ENOTCONN",
      source = "vsock_connectible_sendmsg")
  void unconnected(Ends ends) throws Exception {
    KernelSocket fresh = ends.client().stream();
    KernelSocket bound = ends.client().bound(STREAM);
    KernelSocket refused = ConnectCases.refusedInBackground(ends);

    Expect.errno(Errno.ENOTCONN, "unbound", () -> Bytes.trySendByte(fresh));
    Expect.errno(Errno.ENOTCONN, "bound", () -> Bytes.trySendByte(bound));
    Expect.errno(Errno.ENOTCONN, "refused", () -> Bytes.trySendByte(refused));
  }

  @Case(
      id = "call-send-02",
      title = "While connecting: ENOTCONN",
      source = "vsock_connectible_sendmsg")
  void connecting(Ends ends) throws Exception {
    KernelSocket socket = ConnectCases.unanswered(ends);

    Expect.errno(Errno.ENOTCONN, () -> Bytes.trySendByte(socket));
  }

  @Case(id = "call-send-03", title = "A listener: ENOTCONN", source = "vsock_connectible_sendmsg")
  void listening(Ends ends) throws Exception {
    KernelSocket socket = ends.client().listener(STREAM, 1);

    Expect.errno(Errno.ENOTCONN, () -> Bytes.trySendByte(socket));
  }

  @Case(
      id = "call-send-04",
      title = "After the own SHUT_WR or SHUT_RDWR: EPIPE, also with nothing to send",
      source = "vsock_connectible_sendmsg")
  void afterOwnShutdown(Ends ends) throws Exception {
    for (Direction direction : new Direction[] {Direction.WRITE, Direction.BOTH}) {
      Pair pair = ends.stream();
      pair.client().shutdown(direction);

      Expect.errno(Errno.EPIPE, direction.name(), () -> Bytes.trySendByte(pair.client()));
      Expect.errno(
          Errno.EPIPE,
          direction + " and length 0",
          () -> pair.client().send(ByteBuffer.allocate(0), 0, NO_WAIT));
    }
  }

  @Case(
      id = "call-send-05",
      title = "After the own SHUT_RD: it sends on",
      source = "vsock_connectible_sendmsg")
  void afterOwnShutRead(Ends ends) throws Exception {
    Pair pair = ends.stream();
    pair.client().shutdown(Direction.READ);

    Bytes.sendByte(pair.client());

    assertArrayEquals(new byte[] {'A'}, Bytes.receive(pair.server(), 1, 0), "what arrived");
  }

  @Case(
      id = "call-send-06",
      title = "After the peer's SHUT_WR: it sends on",
      source = "vsock_connectible_sendmsg")
  void afterPeerShutWrite(Ends ends) throws Exception {
    Pair pair = ends.stream();
    pair.server().shutdown(Direction.WRITE);
    Expect.awaitPeerClose(pair.client());

    Bytes.sendByte(pair.client());

    assertArrayEquals(new byte[] {'A'}, Bytes.receive(pair.server(), 1, 0), "what arrived");
  }

  @Case(
      id = "call-send-07",
      title = "After the peer's close: EPIPE, on SEQPACKET too",
      source = "vsock_connectible_sendmsg")
  void afterPeerClose(Ends ends) throws Exception {
    for (SocketType type : SocketType.values()) {
      Pair pair = ends.connected(type);
      pair.server().close();
      Expect.awaitPeerClose(pair.client());

      Expect.errno(Errno.EPIPE, type.name(), () -> Bytes.trySendByte(pair.client()));
    }
  }

  @Case(
      id = "call-send-08",
      title = "With an address: EISCONN, or EOPNOTSUPP if not connected",
      source = "vsock_connectible_sendmsg",
      notSimulated = "KernelSocket.send takes no address, as no JDK channel that streams does.")
  void withAddress(Ends ends) {}

  @Case(
      id = "call-send-09",
      title = "MSG_OOB: EOPNOTSUPP",
      source = "vsock_connectible_sendmsg",
      notSimulated = "KernelSocket has no MSG_OOB: vsock has no urgent data on any kernel.")
  void outOfBand(Ends ends) {}

  @Case(
      id = "call-send-10",
      title = "No credit, non-blocking: the part that fits, then EAGAIN; exactly the credit goes",
      source = "vsock_connectible_sendmsg, virtio_transport_get_credit")
  void noCredit(Ends ends) throws Exception {
    Pair pair = ends.stream();

    assertEquals(
        Bytes.CREDIT,
        pair.client().send(ByteBuffer.allocate(Bytes.CREDIT + 1), 0, NO_WAIT),
        "of one byte more than the credit");
    assertEquals(WOULD_BLOCK, Bytes.trySendByte(pair.client()), "EAGAIN");
    assertEquals(
        0,
        pair.client().send(ByteBuffer.allocate(0), 0, NO_WAIT),
        "nothing to send needs no credit");
  }

  @Case(
      id = "call-send-11",
      title = "No credit, SO_SNDTIMEO runs out: the part that was sent, then EAGAIN",
      source = "vsock_connectible_sendmsg, sock_sndtimeo")
  void sendTimeout(Ends ends) throws Exception {
    Pair pair = ends.stream();
    pair.client().setOption(VsockSocketOptions.SEND_TIMEOUT, SOON);

    assertEquals(
        Bytes.CREDIT,
        pair.client().send(ByteBuffer.allocate(Bytes.CREDIT + 1), 0, FOREVER),
        "of one byte more than the credit");
    assertEquals(WOULD_BLOCK, pair.client().send(ByteBuffer.allocate(1), 0, FOREVER), "EAGAIN");
  }

  @Case(
      id = "call-send-12",
      title = "Length 0: 0 and nothing is sent, also on SEQPACKET; ENOTCONN if not connected",
      source = "vsock_connectible_sendmsg")
  void lengthZero(Ends ends) throws Exception {
    for (SocketType type : SocketType.values()) {
      KernelSocket fresh = type.open(ends.client().layer());
      Pair pair = ends.connected(type);

      assertEquals(0, pair.client().send(ByteBuffer.allocate(0), 0, FOREVER), type.name());
      Expect.errno(
          Errno.ENOTCONN, type.name(), () -> fresh.send(ByteBuffer.allocate(0), 0, NO_WAIT));
      Bytes.sendByte(pair.client());
      assertEquals(1, Bytes.receive(pair.server(), 2, 0).length, "the first thing to arrive");
    }
  }

  @Case(
      id = "call-send-13",
      title = "Waits for credit while the peer closes: the count, then EPIPE",
      source = "vsock_connectible_sendmsg")
  void peerClosesMeanwhile(Ends ends) throws Exception {
    Pair pair = ends.stream();
    Waiting<Integer> send =
        Ends.waiting(
            ends.client(),
            () -> pair.client().send(ByteBuffer.allocate(Bytes.CREDIT + 1), 0, FOREVER));

    pair.server().close();

    assertEquals(Bytes.CREDIT, send.result(), "bytes sent before");
    Expect.errno(Errno.EPIPE, () -> Bytes.trySendByte(pair.client()));
  }

  @Case(
      id = "call-send-14",
      title = "Waits for credit with nothing sent while this end shuts down: EPIPE",
      source = "vsock_connectible_sendmsg")
  void shutdownMeanwhile(Ends ends) throws Exception {
    Pair pair = ends.stream();
    Bytes.fill(pair.client());
    Waiting<Errno> send =
        Ends.waiting(
            ends.client(),
            () -> Expect.errnoOf(() -> pair.client().send(ByteBuffer.allocate(1), 0, FOREVER)));

    pair.client().shutdown(Direction.WRITE);

    assertEquals(Errno.EPIPE, send.result(), "the call that waited");
  }

  @Case(
      id = "call-send-15",
      title = "A reader makes room and the writer goes on, with every byte in its place",
      source = "virtio_transport_stream_do_dequeue")
  void goesOnWithCredit(Ends ends) throws Exception {
    Pair pair = ends.stream();
    byte[] bytes = Bytes.random(3 * Bytes.CREDIT + 1, 15);
    Waiting<Integer> send =
        Ends.waiting(ends.client(), () -> pair.client().send(ByteBuffer.wrap(bytes), 0, FOREVER));

    assertArrayEquals(bytes, Bytes.receiveAll(pair.server(), bytes.length), "what arrived");
    assertEquals(bytes.length, send.result(), "bytes sent");
  }

  @Case(
      id = "call-send-16",
      title =
          "SEQPACKET: a message longer than the peer's or the own buffer is EMSGSIZE (6.1: ENOMEM)",
      source = "virtio_transport_seqpacket_enqueue")
  void tooLong(Ends ends) throws Exception {
    Errno expected = ends.kernel().isAtLeast(LINUX_6_12) ? Errno.EMSGSIZE : Errno.ENOMEM;
    Pair pair = ends.seqpacket();
    pair.client().setOption(VsockSocketOptions.BUFFER_SIZE, 8192L);

    Expect.errno(
        expected,
        "longer than the own buffer",
        () -> pair.client().send(ByteBuffer.allocate(8193), 0, NO_WAIT));
    assertEquals(
        8192, pair.client().send(ByteBuffer.allocate(8192), 0, NO_WAIT), "as long as the buffer");
    Expect.awaitReadable(pair.server()); // and so it knows of the smaller buffer
    Expect.errno(
        expected,
        "longer than the peer's buffer",
        () -> pair.server().send(ByteBuffer.allocate(8193), 0, NO_WAIT));
  }

  @Case(
      id = "call-send-17",
      title = "SEQPACKET: a non-blocking send that fits in part is EAGAIN, yet the part is sent",
      source = "vsock_connectible_sendmsg")
  void partOfMessage(Ends ends) throws Exception {
    Pair pair = ends.seqpacket();
    int first = 200 * Bytes.KIB;
    byte[] second = Bytes.random(first, 17);
    byte[] third = Bytes.random(10, 18);
    int fits = Bytes.CREDIT - first;
    Bytes.send(pair.client(), new byte[first]);

    assertEquals(WOULD_BLOCK, pair.client().send(ByteBuffer.wrap(second), 0, NO_WAIT), "EAGAIN");
    assertEquals(first, Bytes.receive(pair.server(), first, 0).length, "the first message");
    Bytes.send(pair.client(), third);

    byte[] glued = Arrays.copyOf(second, fits + third.length);
    System.arraycopy(third, 0, glued, fits, third.length);
    assertArrayEquals(
        glued,
        Bytes.receive(pair.server(), Bytes.CREDIT, 0),
        "the part and the next message, as one message");
  }

  @Case(
      id = "call-send-18",
      title = "SEQPACKET: a message waits for credit in parts and arrives whole",
      source = "virtio_transport_seqpacket_enqueue")
  void messageWaitsForCredit(Ends ends) throws Exception {
    Pair pair = ends.seqpacket();
    int length = 200 * Bytes.KIB;
    byte[] second = Bytes.random(length, 19);
    Bytes.send(pair.client(), new byte[length]);
    Waiting<Integer> send =
        Ends.waiting(ends.client(), () -> pair.client().send(ByteBuffer.wrap(second), 0, FOREVER));

    assertEquals(length, Bytes.receive(pair.server(), length, 0).length, "the first message");
    assertArrayEquals(second, Bytes.receive(pair.server(), length, 0), "the second message");
    assertEquals(length, send.result(), "bytes sent");
  }

  @Case(
      id = "call-send-19",
      title =
          "STREAM: where EPIPE meets a pending error, send() gives that error once (6.1: EPIPE)",
      source = "sk_stream_error, vsock_connectible_sendmsg")
  void pendingErrorFirst(Ends ends) throws Exception {
    KernelSocket socket = ConnectCases.refusedInBackground(ends);
    socket.shutdown(Direction.WRITE);

    if (ends.kernel().isAtLeast(LINUX_6_12)) {
      Expect.errno(Errno.ECONNRESET, "first", () -> Bytes.trySendByte(socket));
    }
    Expect.errno(Errno.EPIPE, "then", () -> Bytes.trySendByte(socket));
  }
}
