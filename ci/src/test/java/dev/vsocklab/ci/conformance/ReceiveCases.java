package dev.vsocklab.ci.conformance;

import static dev.vsocklab.ci.conformance.SocketType.SEQPACKET;
import static dev.vsocklab.ci.conformance.SocketType.STREAM;
import static dev.vsocklab.spi.KernelSocket.EOF;
import static dev.vsocklab.spi.KernelSocket.FOREVER;
import static dev.vsocklab.spi.KernelSocket.MSG_EOR;
import static dev.vsocklab.spi.KernelSocket.MSG_PEEK;
import static dev.vsocklab.spi.KernelSocket.MSG_TRUNC;
import static dev.vsocklab.spi.KernelSocket.MSG_WAITALL;
import static dev.vsocklab.spi.KernelSocket.WOULD_BLOCK;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockSocketOptions;
import dev.vsocklab.spi.KernelSocket;
import dev.vsocklab.spi.KernelSocket.Direction;
import dev.vsocklab.spi.KernelSocket.Received;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;

/** recv() in every state, with its flags. */
final class ReceiveCases {
  private static final Duration SOON = Duration.ofMillis(50);

  @Case(
      id = "call-recv-01",
      title = "Never connected, also after a refusal, also with no room: ENOTCONN",
      source = "__vsock_connectible_recvmsg")
  void unconnected(Ends ends) throws Exception {
    KernelSocket fresh = ends.client().stream();
    KernelSocket bound = ends.client().bound(SEQPACKET);
    KernelSocket refused = ConnectCases.refusedInBackground(ends);

    Expect.errno(Errno.ENOTCONN, "unbound", () -> Bytes.tryReceive(fresh, 1));
    Expect.errno(Errno.ENOTCONN, "no room", () -> Bytes.tryReceive(fresh, 0));
    Expect.errno(Errno.ENOTCONN, "bound", () -> Bytes.tryReceive(bound, 1));
    Expect.errno(Errno.ENOTCONN, "refused", () -> Bytes.tryReceive(refused, 1));
  }

  @Case(id = "call-recv-02", title = "A listener: ENOTCONN", source = "__vsock_connectible_recvmsg")
  void listening(Ends ends) throws Exception {
    KernelSocket socket = ends.client().listener(STREAM, 1);

    Expect.errno(Errno.ENOTCONN, () -> Bytes.tryReceive(socket, 1));
  }

  @Case(
      id = "call-recv-03",
      title = "Nothing there: EAGAIN; with no room 0",
      source = "vsock_connectible_wait_data")
  void empty(Ends ends) throws Exception {
    for (SocketType type : SocketType.values()) {
      Pair pair = ends.connected(type);

      assertEquals(WOULD_BLOCK, Bytes.tryReceive(pair.client(), 1), type.name());
      assertEquals(0, Bytes.tryReceive(pair.client(), 0), type + " with no room");
    }
  }

  @Case(
      id = "call-recv-04",
      title = "Nothing there until SO_RCVTIMEO runs out: EAGAIN",
      source = "sock_rcvtimeo")
  void receiveTimeout(Ends ends) throws Exception {
    for (SocketType type : SocketType.values()) {
      Pair pair = ends.connected(type);
      pair.client().setOption(VsockSocketOptions.RECEIVE_TIMEOUT, SOON);

      assertEquals(
          WOULD_BLOCK,
          pair.client().receive(ByteBuffer.allocate(1), 0, FOREVER).lengthBytes(),
          type.name());
    }
  }

  @Case(
      id = "call-recv-05",
      title = "After the peer's SHUT_WR: the rest, then 0, again and again",
      source = "vsock_connectible_wait_data")
  void afterPeerShutWrite(Ends ends) throws Exception {
    for (SocketType type : SocketType.values()) {
      Pair pair = ends.connected(type);
      Bytes.sendByte(pair.server());
      pair.server().shutdown(Direction.WRITE);
      Expect.awaitPeerClose(pair.client());

      assertEquals(1, Bytes.tryReceive(pair.client(), 2), type + ": the rest");
      assertEquals(EOF, Bytes.tryReceive(pair.client(), 2), type + ": the end");
      assertEquals(EOF, Bytes.tryReceive(pair.client(), 2), type + ": the end, again");
    }
  }

  @Case(
      id = "call-recv-06",
      title = "After the own SHUT_RD: 0 at once, even with data queued",
      source = "__vsock_connectible_recvmsg")
  void afterOwnShutRead(Ends ends) throws Exception {
    for (SocketType type : SocketType.values()) {
      Pair pair = ends.connected(type);
      Bytes.sendByte(pair.server());
      Expect.awaitReadable(pair.client());

      pair.client().shutdown(Direction.READ);

      assertEquals(EOF, Bytes.tryReceive(pair.client(), 1), type.name());
    }
  }

  @Case(
      id = "call-recv-07",
      title = "Waits while this end shuts down reading: 0",
      source = "vsock_connectible_wait_data")
  void shutdownMeanwhile(Ends ends) throws Exception {
    Pair pair = ends.stream();
    Waiting<Received> receive =
        Ends.waiting(
            ends.client(), () -> pair.client().receive(ByteBuffer.allocate(1), 0, FOREVER));

    pair.client().shutdown(Direction.READ);

    assertEquals(EOF, receive.result().lengthBytes(), "the call that waited");
  }

  @Case(
      id = "call-recv-08",
      title = "Waits while the peer closes: 0",
      source = "vsock_connectible_wait_data")
  void peerClosesMeanwhile(Ends ends) throws Exception {
    Pair pair = ends.stream();
    Waiting<Received> receive =
        Ends.waiting(
            ends.client(), () -> pair.client().receive(ByteBuffer.allocate(1), 0, FOREVER));

    pair.server().close();

    assertEquals(EOF, receive.result().lengthBytes(), "the call that waited");
  }

  @Case(
      id = "call-recv-09",
      title = "MSG_WAITALL waits for all there is room for",
      source = "__vsock_stream_recvmsg")
  void waitAll(Ends ends) throws Exception {
    Pair pair = ends.stream();
    Bytes.sendByte(pair.server());
    Expect.awaitReadable(pair.client());
    Waiting<byte[]> receive =
        Ends.waiting(ends.client(), () -> Bytes.receive(pair.client(), 3, MSG_WAITALL));

    Bytes.sendByte(pair.server());
    Bytes.sendByte(pair.server());

    assertArrayEquals(new byte[] {'A', 'A', 'A'}, receive.result(), "all three");
  }

  @Case(
      id = "call-recv-10",
      title = "MSG_WAITALL gives what there was when the peer closes",
      source = "__vsock_stream_recvmsg")
  void waitAllUntilClose(Ends ends) throws Exception {
    Pair pair = ends.stream();
    Bytes.sendByte(pair.server());
    Waiting<byte[]> receive =
        Ends.waiting(ends.client(), () -> Bytes.receive(pair.client(), 3, MSG_WAITALL));

    pair.server().close();

    assertArrayEquals(new byte[] {'A'}, receive.result(), "the one byte");
  }

  @Case(
      id = "call-recv-11",
      title = "MSG_WAITALL for the whole buffer or more: ENOMEM, never a longer wait",
      source = "__vsock_stream_recvmsg")
  void waitAllForBuffer(Ends ends) throws Exception {
    Pair pair = ends.stream();
    Bytes.sendByte(pair.server());
    Expect.awaitReadable(pair.client());

    Expect.errno(Errno.ENOMEM, () -> Bytes.tryReceive(pair.client(), Bytes.CREDIT, MSG_WAITALL));
    assertEquals(
        1,
        Bytes.tryReceive(pair.client(), Bytes.CREDIT - 1, MSG_WAITALL).lengthBytes(),
        "with one byte less than the buffer, non-blocking");
  }

  @Case(
      id = "call-recv-12",
      title = "A low-water mark as large as the buffer: reading that much is ENOMEM",
      source = "__vsock_stream_recvmsg")
  void lowWaterAsBuffer(Ends ends) throws Exception {
    Pair pair = ends.stream();
    pair.client().setOption(VsockSocketOptions.RECEIVE_LOW_WATER, Bytes.CREDIT);

    Expect.errno(Errno.ENOMEM, () -> Bytes.tryReceive(pair.client(), Bytes.CREDIT));
    assertEquals(
        WOULD_BLOCK, Bytes.tryReceive(pair.client(), Bytes.CREDIT - 1), "room for less is fine");
  }

  @Case(
      id = "call-recv-13",
      title = "SO_RCVLOWAT: a call that waits waits for that much; one that does not takes less",
      source = "__vsock_stream_recvmsg")
  void lowWater(Ends ends) throws Exception {
    Pair pair = ends.stream();
    pair.client().setOption(VsockSocketOptions.RECEIVE_LOW_WATER, 3);
    Bytes.sendByte(pair.server());
    Eventually.holds("one byte was taken", () -> Bytes.tryReceive(pair.client(), 10) == 1);
    Waiting<byte[]> receive =
        Ends.waiting(ends.client(), () -> Bytes.receive(pair.client(), 10, 0));

    for (int i = 0; i < 3; i++) {
      Bytes.sendByte(pair.server());
    }

    assertEquals(3, receive.result().length, "bytes of the call that waited");
  }

  @Case(
      id = "call-recv-14",
      title = "MSG_PEEK returns with what is there, even below SO_RCVLOWAT",
      source = "__vsock_stream_recvmsg")
  void peekBelowLowWater(Ends ends) throws Exception {
    Pair pair = ends.stream();
    pair.client().setOption(VsockSocketOptions.RECEIVE_LOW_WATER, 3);
    Waiting<byte[]> peek =
        Ends.waiting(ends.client(), () -> Bytes.receive(pair.client(), 10, MSG_PEEK));

    Bytes.sendByte(pair.server());

    assertEquals(1, peek.result().length, "bytes peeked at");
  }

  @Case(
      id = "call-recv-15",
      title = "MSG_OOB: EOPNOTSUPP",
      source = "__vsock_connectible_recvmsg",
      notSimulated = "KernelSocket has no MSG_OOB: vsock has no urgent data on any kernel.")
  void outOfBand(Ends ends) {}

  @Case(
      id = "call-recv-16",
      title = "SEQPACKET: what does not fit is gone, MSG_TRUNC tells so, the next is whole",
      source = "__vsock_seqpacket_recvmsg")
  void truncated(Ends ends) throws Exception {
    Pair pair = ends.seqpacket();
    byte[] first = Bytes.random(10, 16);
    byte[] second = Bytes.random(4, 17);
    Bytes.send(pair.server(), first);
    Bytes.send(pair.server(), second);

    ByteBuffer room = ByteBuffer.allocate(4);
    Received received = pair.client().receive(room, 0, FOREVER);

    assertEquals(new Received(4, MSG_TRUNC), received, "without MSG_TRUNC: what was copied");
    assertArrayEquals(Arrays.copyOf(first, 4), room.array(), "the first's begin");
    assertArrayEquals(second, Bytes.receive(pair.client(), 10, 0), "the second");
  }

  @Case(
      id = "call-recv-17",
      title = "SEQPACKET: one message a call, MSG_EOR as it was sent, MSG_WAITALL ignored",
      source = "virtio_transport_seqpacket_do_dequeue")
  void oneMessageACall(Ends ends) throws Exception {
    Pair pair = ends.seqpacket();
    pair.server().send(ByteBuffer.allocate(3), MSG_EOR, FOREVER);
    pair.server().send(ByteBuffer.allocate(5), 0, FOREVER);

    assertEquals(
        new Received(3, MSG_EOR),
        pair.client().receive(ByteBuffer.allocate(100), MSG_WAITALL, FOREVER),
        "the first");
    assertEquals(
        new Received(5, 0),
        pair.client().receive(ByteBuffer.allocate(100), 0, FOREVER),
        "the second");
  }

  @Case(
      id = "call-recv-18",
      title = "STREAM ignores MSG_TRUNC, and sends no MSG_EOR",
      source = "__vsock_stream_recvmsg")
  void streamIgnoresMessageFlags(Ends ends) throws Exception {
    Pair pair = ends.stream();
    pair.server().send(ByteBuffer.allocate(10), MSG_EOR, FOREVER);

    assertEquals(
        new Received(4, 0),
        pair.client().receive(ByteBuffer.allocate(4), MSG_TRUNC, FOREVER),
        "four of ten bytes");
    assertEquals(6, Bytes.receive(pair.client(), 10, 0).length, "the rest is still there");
  }

  @Case(
      id = "call-recv-19",
      title = "SEQPACKET: a message of the whole buffer arrives whole",
      source = "virtio_transport_seqpacket_enqueue")
  void messageAsLargeAsBuffer(Ends ends) throws Exception {
    Pair pair = ends.seqpacket();
    byte[] message = Bytes.random(Bytes.CREDIT, 19);
    Bytes.send(pair.server(), message);

    assertArrayEquals(message, Bytes.receive(pair.client(), Bytes.CREDIT, 0), "the message");
  }
}
