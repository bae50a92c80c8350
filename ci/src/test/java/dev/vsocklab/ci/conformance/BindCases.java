package dev.vsocklab.ci.conformance;

import static dev.vsocklab.ci.conformance.SocketType.STREAM;
import static dev.vsocklab.spi.KernelSocket.FOREVER;
import static dev.vsocklab.spi.KernelSocket.NO_WAIT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockSocketOptions;
import dev.vsocklab.spi.KernelSocket;
import dev.vsocklab.spi.KernelSocket.Direction;
import java.time.Duration;

/** socket(), bind(), listen() and accept() in every state. What an address allows is elsewhere. */
final class BindCases {
  private static final VsockAddress ANY = VsockAddress.any(VsockAddress.PORT_ANY);

  @Case(
      id = "call-socket-01",
      title = "SOCK_DGRAM without VMCI is ENODEV; an unknown protocol or type has its own errno",
      source = "vsock_create",
      notSimulated =
          "SocketLayer opens SOCK_STREAM and SOCK_SEQPACKET alone: virtio-vsock carries nothing"
              + " else, and a datagram socket cannot even be opened on it.")
  void otherTypes(Ends ends) {}

  @Case(
      id = "call-bind-01",
      title = "A wrong family, length or flags is EINVAL",
      source = "vsock_addr_cast",
      notSimulated = "A VsockAddress is a CID and a port: it has no wrong family, length or flags.")
  void malformedAddress(Ends ends) {}

  @Case(
      id = "call-bind-02",
      title = "A bound socket does not bind again: EINVAL",
      source = "__vsock_bind")
  void boundTwice(Ends ends) throws Exception {
    KernelSocket socket = ends.client().bound(STREAM);
    VsockAddress first = socket.localAddress();

    Expect.errno(Errno.EINVAL, () -> socket.bind(ANY));
    assertEquals(first, socket.localAddress(), "the address stays");
  }

  @Case(
      id = "call-bind-03",
      title = "A socket that connect() bound does not bind again: EINVAL",
      source = "vsock_auto_bind, __vsock_bind")
  void boundByConnect(Ends ends) throws Exception {
    Pair pair = ends.stream();

    Expect.errno(Errno.EINVAL, () -> pair.client().bind(ANY));
    Expect.errno(Errno.EINVAL, "accepted", () -> pair.server().bind(ANY));
  }

  @Case(
      id = "call-bind-04",
      title = "A refused connect() leaves its automatic binding: bind() is EINVAL",
      source = "vsock_connect")
  void boundByRefusedConnect(Ends ends) throws Exception {
    long port = ends.server().unusedPort();
    KernelSocket socket = ends.client().stream();
    Expect.errno(Errno.ECONNRESET, () -> socket.connect(ends.server().at(port), FOREVER));

    Expect.errno(Errno.EINVAL, () -> socket.bind(ANY));
  }

  @Case(id = "call-listen-01", title = "An unbound socket: EINVAL", source = "vsock_listen")
  void listenUnbound(Ends ends) throws Exception {
    KernelSocket socket = ends.client().stream();

    Expect.errno(Errno.EINVAL, () -> socket.listen(1));
  }

  @Case(id = "call-listen-02", title = "A connected socket: EINVAL", source = "vsock_listen")
  void listenConnected(Ends ends) throws Exception {
    Pair pair = ends.stream();

    Expect.errno(Errno.EINVAL, () -> pair.client().listen(1));
    Expect.errno(Errno.EINVAL, "accepted", () -> pair.server().listen(1));
  }

  @Case(id = "call-listen-03", title = "After shutdown(): EINVAL", source = "vsock_listen")
  void listenAfterShutdown(Ends ends) throws Exception {
    Pair pair = ends.stream();
    pair.client().shutdown(Direction.BOTH);

    Expect.errno(Errno.EINVAL, () -> pair.client().listen(1));
  }

  @Case(
      id = "call-listen-04",
      title = "After a non-blocking connect() that was refused: EINVAL, it counts as connecting",
      source = "vsock_listen, virtio_transport_recv_connecting")
  void listenAfterRefusal(Ends ends) throws Exception {
    KernelSocket socket = ConnectCases.refusedInBackground(ends);

    Expect.errno(Errno.EINVAL, () -> socket.listen(1));
  }

  @Case(
      id = "call-listen-05",
      title = "After a blocking connect() that was refused: it listens, and accepts",
      source = "vsock_listen, vsock_connect")
  void listenAfterBlockingRefusal(Ends ends) throws Exception {
    long port = ends.client().unusedPort();
    KernelSocket socket = ends.server().stream();
    Expect.errno(Errno.ECONNRESET, () -> socket.connect(ends.client().at(port), FOREVER));

    socket.listen(1);

    Pair pair = ends.connect(ends.client().stream(), socket);
    Bytes.sendByte(pair.client());
    assertEquals(1, Bytes.receive(pair.server(), 1, 0).length, "bytes through the connection");
  }

  @Case(
      id = "call-listen-06",
      title = "A listener listens again, with the new backlog",
      source = "vsock_listen, sk_acceptq_is_full")
  void listenAgain(Ends ends) throws Exception {
    KernelSocket listener = ends.server().listener(STREAM, 0);
    VsockAddress address = ends.server().addressOf(listener);
    ends.client().stream().connect(address, FOREVER);
    Expect.errno(Errno.ECONNRESET, () -> ends.client().stream().connect(address, FOREVER));

    listener.listen(1);

    ends.client().stream().connect(address, FOREVER);
    Expect.errno(Errno.ECONNRESET, () -> ends.client().stream().connect(address, FOREVER));
  }

  @Case(
      id = "call-accept-01",
      title = "On a socket that does not listen: EINVAL",
      source = "vsock_accept")
  void acceptWithoutListen(Ends ends) throws Exception {
    KernelSocket fresh = ends.client().stream();
    KernelSocket bound = ends.client().bound(STREAM);
    Pair pair = ends.stream();

    Expect.errno(Errno.EINVAL, "unbound", () -> fresh.accept(NO_WAIT));
    Expect.errno(Errno.EINVAL, "bound", () -> bound.accept(FOREVER));
    Expect.errno(Errno.EINVAL, "connected", () -> pair.client().accept(NO_WAIT));
  }

  @Case(id = "call-accept-02", title = "With nobody in the queue: EAGAIN", source = "vsock_accept")
  void acceptEmpty(Ends ends) throws Exception {
    assertNull(ends.server().listener(STREAM, 1).accept(NO_WAIT), "a connection");
  }

  @Case(
      id = "call-accept-03",
      title = "SO_RCVTIMEO bounds the wait: EAGAIN",
      source = "vsock_accept, sock_rcvtimeo")
  void acceptTimeout(Ends ends) throws Exception {
    KernelSocket listener = ends.server().listener(STREAM, 1);
    listener.setOption(VsockSocketOptions.RECEIVE_TIMEOUT, Duration.ofMillis(50));

    assertNull(listener.accept(FOREVER), "a connection");
  }

  @Case(
      id = "call-accept-04",
      title = "connect() is over before accept(), and connections come in their order",
      source = "virtio_transport_recv_listen, vsock_dequeue_accept")
  void acceptInOrder(Ends ends) throws Exception {
    KernelSocket listener = ends.server().listener(STREAM, 3);
    long[] ports = new long[3];
    for (int i = 0; i < ports.length; i++) {
      KernelSocket socket = ends.client().stream();
      socket.connect(ends.server().addressOf(listener), FOREVER);
      ports[i] = socket.localAddress().port();
    }

    for (long port : ports) {
      assertEquals(port, Ends.accept(listener).remoteAddress().port(), "the peer's port");
    }
  }

  @Case(
      id = "call-accept-05",
      title = "A connection that its peer closed while it waited is accepted, with its data",
      source = "virtio_transport_recv_listen")
  void acceptClosed(Ends ends) throws Exception {
    KernelSocket listener = ends.server().listener(STREAM, 1);
    KernelSocket socket = ends.client().stream();
    socket.connect(ends.server().addressOf(listener), FOREVER);
    Bytes.sendByte(socket);
    socket.close();

    KernelSocket accepted = Ends.accept(listener);

    Expect.awaitPeerClose(accepted);
    assertEquals(1, Bytes.tryReceive(accepted, 2), "the byte");
    assertEquals(KernelSocket.EOF, Bytes.tryReceive(accepted, 2), "then the end");
  }

  @Case(
      id = "call-accept-06",
      title = "Closing a listener ends what nobody accepted: the peer reads the end, writes EPIPE",
      source = "__vsock_release")
  void listenerClosed(Ends ends) throws Exception {
    KernelSocket listener = ends.server().listener(STREAM, 1);
    KernelSocket socket = ends.client().stream();
    socket.connect(ends.server().addressOf(listener), FOREVER);

    listener.close();

    Expect.awaitPeerClose(socket);
    assertEquals(KernelSocket.EOF, Bytes.tryReceive(socket, 1), "recv");
    Expect.errno(Errno.EPIPE, "send", () -> Bytes.trySendByte(socket));
  }
}
