package dev.vsocklab.ci.conformance;

import static dev.vsocklab.ci.conformance.SocketType.STREAM;
import static dev.vsocklab.spi.KernelSocket.EOF;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.ci.conformance.HandMade.Connected;
import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.Op;
import dev.vsocklab.spi.KernelSocket;
import dev.vsocklab.spi.KernelSocket.Direction;
import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Every op, sent by hand to a socket in every state: the rows of the simulator's PacketRules. */
final class PacketRuleCases {
  private static final List<String> NOTHING = List.of();
  private static final List<String> RST = List.of("RST");
  private static final List<String> RST_OF_SOCKET = List.of("RST with credit");
  private static final int UNKNOWN_OP = 99;

  /** Brings a socket into the row's state and tells its address. */
  private interface State {
    VsockAddress reach(HandMade host) throws Exception;
  }

  @Case(
      id = "packet-01",
      title = "For no socket, or one that is only bound: RST, but never to an RST",
      source = "virtio_transport_recv_pkt, virtio_transport_reset_no_sock")
  void noConnection(Ends ends) throws Exception {
    Map<Op, List<String>> answers = all(RST, Map.of(Op.RST, NOTHING));
    assertRow(ends, host -> host.guest.at(host.guest.unusedPort()), answers);
    assertRow(ends, host -> host.guest.addressOf(host.guest.bound(STREAM)), answers);
  }

  @Case(
      id = "packet-02",
      title = "To a listener: REQUEST makes a child at once, all else RST",
      source = "virtio_transport_recv_listen")
  void listening(Ends ends) throws Exception {
    assertRow(
        ends,
        host -> host.guest.addressOf(host.guest.listener(STREAM, 20)),
        all(RST, Map.of(Op.RST, NOTHING, Op.REQUEST, List.of("RESPONSE with credit"))));
  }

  @Case(
      id = "packet-03",
      title = "To a socket that connects: RESPONSE or RST, and EPROTO with an RST for all else",
      source = "virtio_transport_recv_connecting")
  void connecting(Ends ends) throws Exception {
    assertRow(
        ends,
        host -> host.connecting().address(),
        all(RST_OF_SOCKET, Map.of(Op.RESPONSE, NOTHING, Op.RST, NOTHING, Op.INVALID, NOTHING)));
  }

  @Case(
      id = "packet-04",
      title = "What a strange answer to a REQUEST leaves: EPROTO; an RST: ECONNRESET",
      source = "virtio_transport_recv_connecting")
  void connectErrors(Ends ends) throws Exception {
    try (HandMade host = HandMade.host(ends)) {
      Connected first = host.connecting();
      host.peer.send(first.address(), Op.CREDIT_UPDATE);
      host.answers();
      assertEquals(Errno.EPROTO, first.socket().takeError());
      Connected second = host.connecting();
      host.peer.send(second.address(), Op.RST);
      host.answers();
      assertEquals(Errno.ECONNRESET, second.socket().takeError());
    }
  }

  @Case(
      id = "packet-05",
      title = "On a connection: CREDIT_REQUEST is answered, a duplicate REQUEST gets silence",
      source = "virtio_transport_recv_connected")
  void established(Ends ends) throws Exception {
    assertRow(
        ends,
        host -> host.connected(STREAM).address(),
        all(NOTHING, Map.of(Op.CREDIT_REQUEST, List.of("CREDIT_UPDATE with credit"))));
  }

  @Case(
      id = "packet-06",
      title = "On a connection that is over and was shut down since: silence",
      source = "virtio_transport_recv_disconnecting, vsock_shutdown")
  void closing(Ends ends) throws Exception {
    assertRow(ends, PacketRuleCases::closing, all(NOTHING, Map.of()));
  }

  private static VsockAddress closing(HandMade host) throws Exception {
    Connected connected = host.connected(STREAM);
    host.peer.send(connected.address(), Op.RST);
    host.answers();
    connected.socket().shutdown(Direction.BOTH); // clears SOCK_DONE
    host.expect(Op.SHUTDOWN);
    return connected.address();
  }

  @Case(
      id = "packet-07",
      title = "On a connection that was reset: RST, without a socket's credit",
      source = "virtio_transport_recv_pkt")
  void done(Ends ends) throws Exception {
    assertRow(
        ends,
        host -> {
          Connected connected = host.connected(STREAM);
          host.peer.send(connected.address(), Op.RST);
          host.answers();
          assertEquals(EOF, connected.socket().read(ByteBuffer.allocate(1), 0), "a reset is EOF");
          return connected.address();
        },
        all(RST, Map.of(Op.RST, NOTHING)));
  }

  @Case(
      id = "packet-08",
      title = "RST after data: the data, then the end; no error anywhere",
      source = "virtio_transport_do_close")
  void resetAfterData(Ends ends) throws Exception {
    try (HandMade host = HandMade.host(ends)) {
      Connected connected = host.connected(STREAM);
      KernelSocket socket = connected.socket();
      host.peer.send(connected.address(), Op.RW, new byte[5]);
      host.peer.send(connected.address(), Op.RST);
      host.answers();

      assertEquals(5, socket.read(ByteBuffer.allocate(9), 0));
      assertEquals(EOF, socket.read(ByteBuffer.allocate(9), 0));
      Expect.errno(Errno.EPIPE, () -> socket.write(ByteBuffer.allocate(1), 0));
    }
  }

  /** The same answers for all ops but some. */
  private static Map<Op, List<String>> all(List<String> usual, Map<Op, List<String>> others) {
    Map<Op, List<String>> answers = new EnumMap<>(Op.class);
    for (Op op : Op.values()) {
      answers.put(op, others.getOrDefault(op, usual));
    }
    return answers;
  }

  private static void assertRow(Ends ends, State state, Map<Op, List<String>> answers)
      throws Exception {
    for (Map.Entry<Op, List<String>> cell : answers.entrySet()) {
      try (HandMade host = HandMade.host(ends)) {
        VsockAddress address = state.reach(host);
        host.send(packet(host, address, cell.getKey()), payload(cell.getKey()));
        assertEquals(cell.getValue(), host.answersInWords(), () -> "answers to " + cell.getKey());
      }
    }
  }

  private static Header packet(HandMade host, VsockAddress address, Op op) {
    Header header = host.peer.header(address, op, payload(op).length);
    int opValue = op == Op.UNKNOWN ? UNKNOWN_OP : op.wireValue();
    int flags = op == Op.SHUTDOWN ? Header.SHUTDOWN_SEND : 0;
    return HandMade.changed(header, Header.TYPE_STREAM, opValue, flags);
  }

  private static byte[] payload(Op op) {
    return op == Op.RW ? new byte[4] : new byte[0];
  }
}
