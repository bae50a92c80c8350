package dev.vsocklab.ci.conformance;

import static dev.vsocklab.ci.conformance.KernelSeries.LINUX_6_12;
import static dev.vsocklab.ci.conformance.SocketType.SEQPACKET;
import static dev.vsocklab.ci.conformance.SocketType.STREAM;
import static dev.vsocklab.spi.KernelSocket.EOF;
import static dev.vsocklab.spi.KernelSocket.WOULD_BLOCK;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockSocketOptions;
import dev.vsocklab.ci.conformance.HandMade.Connected;
import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.Op;
import dev.vsocklab.spi.KernelSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;

/** Packets that no well-behaved peer sends, and when exactly credit is told. */
final class BadPacketCases {

  @Case(
      id = "packet-11",
      title = "A type that no socket has: RST of that type",
      source = "virtio_transport_valid_type, virtio_transport_reset_no_sock")
  void unknownType(Ends ends) throws Exception {
    try (HandMade host = HandMade.host(ends)) {
      VsockAddress listener = host.guest.addressOf(host.guest.listener(STREAM, 1));
      Header request = host.peer.header(listener, Op.REQUEST, 0);
      host.send(HandMade.changed(request, 9, request.opValue(), 0));

      Header answer = host.expect(Op.RST);
      assertEquals(9, answer.type());
      assertEquals(0, answer.bufAlloc());
    }
  }

  @Case(
      id = "packet-12",
      title = "The type of another kind of socket: RST, and the connection lives on",
      source = "virtio_transport_recv_pkt")
  void wrongType(Ends ends) throws Exception {
    try (HandMade host = HandMade.host(ends)) {
      Connected connected = host.connected(STREAM);
      Header data = host.peer.header(connected.address(), Op.RW, 3);
      host.send(HandMade.seqpacket(data), new byte[3]);
      assertEquals(List.of("RST"), host.answersInWords());

      host.peer.send(connected.address(), Op.RW, new byte[2]);
      host.answers();
      assertEquals(2, connected.socket().read(ByteBuffer.allocate(9), 0));
    }
  }

  @Case(
      id = "packet-13",
      title = "A length beyond the payload: the packet is dropped without a word",
      source = "virtio_transport_rx_work")
  void lyingLength(Ends ends) throws Exception {
    try (HandMade host = HandMade.host(ends)) {
      Connected connected = host.connected(STREAM);
      for (int length : new int[] {4, 1 << 20, -1}) {
        host.send(host.peer.header(connected.address(), Op.RW, length), new byte[3]);
      }
      assertEquals(List.of(), host.answersInWords());

      host.peer.send(connected.address(), Op.RW, new byte[2]);
      host.answers();
      assertEquals(2, connected.socket().read(ByteBuffer.allocate(9), 0));
    }
  }

  @Case(
      id = "packet-14",
      title = "Credit that shrinks below what is in flight: nothing can be sent, and no more",
      source = "virtio_transport_has_space")
  void shrinkingCredit(Ends ends) throws Exception {
    try (HandMade host = HandMade.host(ends)) {
      Connected connected = host.connected(STREAM);
      KernelSocket socket = connected.socket();
      assertEquals(1000, socket.write(ByteBuffer.allocate(1000), 0));
      host.expect(Op.RW);
      Header update = host.peer.header(connected.address(), Op.CREDIT_UPDATE, 0);
      host.send(HandMade.credit(update, 999, 0));
      host.answers();
      assertEquals(WOULD_BLOCK, socket.write(ByteBuffer.allocate(9), 0));

      host.send(HandMade.credit(update, 1007, 0));
      host.answers();
      assertEquals(7, socket.write(ByteBuffer.allocate(9), 0));
    }
  }

  @Case(
      id = "packet-15",
      title = "fwd_cnt ahead of what was sent: no credit at all",
      source = "virtio_transport_has_space")
  void consumedTooMuch(Ends ends) throws Exception {
    try (HandMade host = HandMade.host(ends)) {
      Connected connected = host.connected(STREAM);
      Header update = host.peer.header(connected.address(), Op.CREDIT_UPDATE, 0);
      host.send(HandMade.credit(update, 262_144, 1));
      host.answers();
      assertEquals(WOULD_BLOCK, connected.socket().write(ByteBuffer.allocate(1), 0));

      host.send(HandMade.credit(update, 262_144, 0));
      host.answers();
      assertEquals(1, connected.socket().write(ByteBuffer.allocate(1), 0));
    }
  }

  @Case(
      id = "packet-16",
      title = "Data after the sender's SHUTDOWN(SEND) is read all the same",
      source = "virtio_transport_recv_connected")
  void dataAfterHalfClose(Ends ends) throws Exception {
    try (HandMade host = HandMade.host(ends)) {
      Connected connected = host.connected(STREAM);
      shutDown(host, connected, Header.SHUTDOWN_SEND);
      host.peer.send(connected.address(), Op.RW, new byte[4]);
      assertEquals(List.of(), host.answersInWords());

      assertEquals(4, connected.socket().read(ByteBuffer.allocate(9), 0));
      assertEquals(EOF, connected.socket().read(ByteBuffer.allocate(9), 0));
    }
  }

  @Case(
      id = "packet-17",
      title = "A full SHUTDOWN is answered with RST at once, data after it with an RST of nobody",
      source = "virtio_transport_recv_connected")
  void dataAfterFullClose(Ends ends) throws Exception {
    try (HandMade host = HandMade.host(ends)) {
      Connected connected = host.connected(STREAM);
      shutDown(host, connected, Header.SHUTDOWN_BOTH);
      assertEquals(List.of("RST with credit"), host.answersInWords());

      host.peer.send(connected.address(), Op.RW, new byte[4]);
      assertEquals(List.of("RST"), host.answersInWords());
      assertEquals(EOF, connected.socket().read(ByteBuffer.allocate(9), 0));
    }
  }

  @Case(
      id = "packet-18",
      title = "A full SHUTDOWN with unread data is answered when the socket is closed",
      source = "virtio_transport_recv_connected, virtio_transport_close")
  void fullCloseWithUnreadData(Ends ends) throws Exception {
    try (HandMade host = HandMade.host(ends)) {
      Connected connected = host.connected(STREAM);
      host.peer.send(connected.address(), Op.RW, new byte[4]);
      shutDown(host, connected, Header.SHUTDOWN_SEND);
      shutDown(host, connected, Header.SHUTDOWN_RCV); // the bits add up
      assertEquals(List.of(), host.answersInWords());

      connected.socket().close();
      assertEquals(List.of("RST with credit"), host.answersInWords());
    }
  }

  @Case(
      id = "packet-19",
      title = "More data than the buffer holds: RST; the reader gets what fitted, then ENOBUFS",
      source = "virtio_transport_recv_enqueue, virtio_transport_recv_connected")
  void overrun(Ends ends) throws Exception {
    try (HandMade host = HandMade.host(ends)) {
      KernelSocket listener = host.guest.bound(STREAM);
      listener.setOption(VsockSocketOptions.BUFFER_SIZE, 4000L);
      listener.listen(1);
      Connected connected = host.connect(listener);
      for (int i = 0; i < 2; i++) {
        host.peer.send(connected.address(), Op.RW, new byte[2000]);
      }
      assertEquals(List.of(), host.answersInWords());
      host.peer.send(connected.address(), Op.RW, new byte[1]);
      assertEquals(List.of("RST with credit"), host.answersInWords());

      assertEquals(4000, connected.socket().read(ByteBuffer.allocate(9000), 0));
      for (int i = 0; i < 2; i++) {
        Expect.errno(Errno.ENOBUFS, () -> connected.socket().read(ByteBuffer.allocate(9), 0));
      }
    }
  }

  @Case(
      id = "packet-20",
      title = "Messages of one byte overrun the buffer by their number (6.1: only by their bytes)",
      source = "virtio_transport_inc_rx_pkt")
  void tooManyMessages(Ends ends) throws Exception {
    try (HandMade host = HandMade.host(ends)) {
      KernelSocket listener = host.guest.bound(SEQPACKET);
      listener.setOption(VsockSocketOptions.BUFFER_SIZE, 4L * 576);
      listener.listen(1);
      VsockAddress address = host.guest.addressOf(listener);
      host.send(HandMade.seqpacket(host.peer.header(address, Op.REQUEST, 0)));
      host.expect(Op.RESPONSE);
      Header message =
          HandMade.changed(
              host.peer.header(address, Op.RW, 1),
              Header.TYPE_SEQPACKET,
              Op.RW.wireValue(),
              Header.SEQ_EOM);
      for (int i = 0; i < 4; i++) {
        host.send(message, new byte[1]);
      }
      assertEquals(List.of(), host.answersInWords(), "four of them");
      host.send(message, new byte[1]);

      boolean bounded = ends.kernel().isAtLeast(LINUX_6_12);
      assertEquals(
          bounded ? List.of("RST with credit") : List.of(), host.answersInWords(), "the fifth");
    }
  }

  @Case(
      id = "packet-21",
      title = "The upper half of a CID is not looked at",
      source = "virtio_transport_recv_pkt: vsock_addr_init takes 32 bits")
  void upperCidBits(Ends ends) throws Exception {
    try (HandMade host = HandMade.host(ends)) {
      VsockAddress listener = host.guest.addressOf(host.guest.listener(STREAM, 1));
      Header request = host.peer.header(listener, Op.REQUEST, 0);
      host.send(
          new Header(
              request.srcCid() | 1L << 32,
              request.dstCid() | 1L << 33,
              request.srcPort(),
              request.dstPort(),
              0,
              request.type(),
              request.opValue(),
              0,
              request.bufAlloc(),
              0));

      assertEquals(2, host.expect(Op.RESPONSE).dstCid());
    }
  }

  @Case(
      id = "packet-22",
      title = "Credit is told when the queue runs empty, and fwd_cnt moves by whole packets",
      source = "virtio_transport_stream_do_dequeue")
  void whenCreditIsTold(Ends ends) throws Exception {
    try (HandMade host = HandMade.host(ends)) {
      Connected connected = host.connected(STREAM);
      KernelSocket socket = connected.socket();
      host.peer.send(connected.address(), Op.RW, new byte[1000]);
      host.peer.send(connected.address(), Op.RW, new byte[1000]);
      host.answers();

      socket.read(ByteBuffer.allocate(1500), 0);
      assertEquals(List.of(), host.answersInWords(), "500 bytes are still there");
      host.peer.send(connected.address(), Op.CREDIT_REQUEST);
      assertEquals(1000, host.expect(Op.CREDIT_UPDATE).fwdCnt(), "one whole packet");
      socket.read(ByteBuffer.allocate(500), 0);
      assertEquals(2000, host.expect(Op.CREDIT_UPDATE).fwdCnt());
    }
  }

  @Case(
      id = "packet-23",
      title = "A closed socket waits 8 s for the peer's RST, then sends its own",
      source = "virtio_transport_close_timeout, VSOCK_CLOSE_TIMEOUT")
  void closeTimeout(Ends ends) throws Exception {
    try (HandMade host = HandMade.host(ends)) {
      Connected connected = host.connected(STREAM);
      connected.socket().close();
      assertEquals(Header.SHUTDOWN_BOTH, host.expect(Op.SHUTDOWN).flags());
      long startNanos = System.nanoTime();

      host.expect(Op.RST);
      Duration waited = Duration.ofNanos(System.nanoTime() - startNanos);
      assertTrue(waited.compareTo(Duration.ofSeconds(7)) > 0, () -> "RST after " + waited);
    }
  }

  @Case(
      id = "packet-24",
      title = "A RESPONSE after the connect gave up is answered with RST",
      source = "vsock_connect, virtio_transport_recv_pkt")
  void lateResponse(Ends ends) throws Exception {
    try (HandMade host = HandMade.host(ends)) {
      KernelSocket socket = host.guest.stream();
      socket.setOption(VsockSocketOptions.CONNECT_TIMEOUT, Duration.ofMillis(40));
      Expect.errno(
          Errno.ETIMEDOUT, () -> socket.connect(host.peer.address(), KernelSocket.FOREVER));
      Header request = host.expect(Op.REQUEST);
      host.peer.send(
          VsockAddress.of(request.srcCid(), Integer.toUnsignedLong(request.srcPort())),
          Op.RESPONSE);

      assertEquals(List.of("RST"), host.answersInWords());
    }
  }

  @Case(
      id = "packet-25",
      title = "A packet from a stranger to a connecting socket's port is answered with RST",
      source = "vsock_check_source")
  void stranger(Ends ends) throws Exception {
    try (HandMade host = HandMade.host(ends)) {
      Connected connecting = host.connecting();
      Header response = host.peer.header(connecting.address(), Op.RESPONSE, 0);
      host.send(
          new Header(
              response.srcCid(),
              response.dstCid(),
              response.srcPort() + 1,
              response.dstPort(),
              0,
              response.type(),
              response.opValue(),
              0,
              response.bufAlloc(),
              0));
      host.answers();
      Expect.events(
          ends.kernel() == KernelSeries.LINUX_7 ? KernelSocket.POLLOUT : 0,
          "after the stranger's RESPONSE",
          connecting.socket());
    }
  }

  private static void shutDown(HandMade host, Connected connected, int flags) {
    Header header = host.peer.header(connected.address(), Op.SHUTDOWN, 0);
    host.send(HandMade.changed(header, Header.TYPE_STREAM, Op.SHUTDOWN.wireValue(), flags));
  }
}
