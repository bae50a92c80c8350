package dev.vsocklab.ci.conformance;

import static dev.vsocklab.ci.conformance.SocketType.STREAM;
import static dev.vsocklab.spi.KernelSocket.EOF;
import static dev.vsocklab.spi.KernelSocket.FOREVER;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.spi.KernelSocket;
import dev.vsocklab.spi.KernelSocket.Direction;
import java.net.StandardSocketOptions;

/** shutdown() and close(), and what getpeername() and getsockname() tell of a socket. */
final class ShutdownCases {

  @Case(
      id = "call-shutdown-01",
      title = "Unconnected, also after a blocking connect() was refused, or a listener: ENOTCONN",
      source = "vsock_shutdown")
  void unconnected(Ends ends) throws Exception {
    KernelSocket fresh = ends.client().stream();
    KernelSocket listener = ends.client().listener(STREAM, 1);
    KernelSocket refused = ends.client().stream();
    long port = ends.server().unusedPort();
    Expect.errno(Errno.ECONNRESET, () -> refused.connect(ends.server().at(port), FOREVER));

    for (Direction direction : Direction.values()) {
      Expect.errno(Errno.ENOTCONN, "refused, " + direction, () -> refused.shutdown(direction));
      Expect.errno(Errno.ENOTCONN, "unbound, " + direction, () -> fresh.shutdown(direction));
      Expect.errno(Errno.ENOTCONN, "listener, " + direction, () -> listener.shutdown(direction));
    }
  }

  @Case(
      id = "call-shutdown-02",
      title = "An unknown direction: EINVAL",
      source = "vsock_shutdown",
      notSimulated = "KernelSocket.Direction has the three that there are.")
  void badDirection(Ends ends) {}

  @Case(
      id = "call-shutdown-03",
      title = "Again, and one direction after the other: no error",
      source = "vsock_shutdown")
  void again(Ends ends) throws Exception {
    Pair pair = ends.stream();

    pair.client().shutdown(Direction.WRITE);
    pair.client().shutdown(Direction.WRITE);
    pair.client().shutdown(Direction.READ);
    pair.client().shutdown(Direction.BOTH);

    Expect.awaitPeerClose(pair.server());
    assertEquals(EOF, Bytes.tryReceive(pair.server(), 1), "the peer reads the end");
  }

  @Case(
      id = "call-shutdown-04",
      title = "After the peer has closed: no error",
      source = "vsock_shutdown")
  void afterPeerClosed(Ends ends) throws Exception {
    Pair pair = ends.stream();
    pair.server().close();
    Expect.awaitPeerClose(pair.client());

    pair.client().shutdown(Direction.BOTH);
  }

  @Case(
      id = "call-shutdown-05",
      title = "After a refused non-blocking connect(): no error, it counts as connecting",
      source = "vsock_shutdown")
  void whileConnecting(Ends ends) throws Exception {
    KernelSocket socket = ConnectCases.refusedInBackground(ends);

    socket.shutdown(Direction.BOTH);

    socket.takeError();
    Expect.errno(Errno.EPIPE, "send", () -> Bytes.trySendByte(socket));
  }

  @Case(
      id = "call-shutdown-06",
      title = "Each direction on its own: the other one goes on",
      source = "vsock_shutdown")
  void halves(Ends ends) throws Exception {
    Pair pair = ends.stream();
    pair.client().shutdown(Direction.WRITE);
    Expect.awaitPeerClose(pair.server());
    assertEquals(EOF, Bytes.tryReceive(pair.server(), 1), "the server reads the end");

    Bytes.sendByte(pair.server());

    assertEquals(1, Bytes.receive(pair.client(), 1, 0).length, "what the client still reads");
  }

  @Case(
      id = "call-close-01",
      title = "Unread data does not reset: the peer reads what was sent, then the end",
      source = "virtio_transport_close")
  void closeWithUnread(Ends ends) throws Exception {
    Pair pair = ends.stream();
    Bytes.sendByte(pair.server());
    Bytes.sendByte(pair.client());
    Expect.awaitReadable(pair.client());

    pair.client().close(); // with the server's byte unread

    Expect.awaitPeerClose(pair.server());
    assertEquals(1, Bytes.tryReceive(pair.server(), 2), "the client's byte");
    assertEquals(EOF, Bytes.tryReceive(pair.server(), 2), "the end");
  }

  @Case(
      id = "call-close-02",
      title = "SO_LINGER with 0 seconds does not reset either",
      source = "virtio_transport_close")
  void closeWithLingerZero(Ends ends) throws Exception {
    Pair pair = ends.stream();
    pair.client().setOption(StandardSocketOptions.SO_LINGER, 0);
    Bytes.sendByte(pair.client());

    pair.client().close();

    Expect.awaitPeerClose(pair.server());
    assertEquals(1, Bytes.tryReceive(pair.server(), 2), "the client's byte");
    assertEquals(EOF, Bytes.tryReceive(pair.server(), 2), "the end");
  }

  @Case(
      id = "call-close-03",
      title = "A closed socket keeps its port until the peer's RST: EADDRINUSE",
      source = "virtio_transport_close")
  void portUntilReset(Ends ends) throws Exception {
    Pair pair = ends.stream();
    VsockAddress address = VsockAddress.any(pair.client().localAddress().port());
    Bytes.sendByte(pair.client());
    Expect.awaitReadable(pair.server());

    pair.client().close(); // with a byte unread the server answers no RST
    Expect.awaitPeerClose(pair.server());

    Expect.errno(Errno.EADDRINUSE, () -> ends.client().bound(address));
    pair.server().close(); // answers it
    Eventually.holds(
        "the port is free", () -> Expect.errnoOf(() -> ends.client().bound(address)) == null);
  }

  @Case(
      id = "call-close-04",
      title = "Close is a message: everything sent before it is read first, however much",
      source = "virtio_transport_close")
  void closeAfterMuch(Ends ends) throws Exception {
    Pair pair = ends.stream();
    int sent = Bytes.fill(pair.client());

    pair.client().close();

    Bytes.receiveAll(pair.server(), sent);
    assertEquals(0, Bytes.receive(pair.server(), 1, 0).length, "then the end");
  }

  @Case(
      id = "call-name-01",
      title = "getpeername() without a peer: ENOTCONN",
      source = "vsock_getname")
  void noPeer(Ends ends) throws Exception {
    KernelSocket fresh = ends.client().stream();
    KernelSocket listener = ends.client().listener(STREAM, 1);
    KernelSocket refused = ConnectCases.refusedInBackground(ends);

    Expect.errno(Errno.ENOTCONN, "unbound", fresh::remoteAddress);
    Expect.errno(Errno.ENOTCONN, "listener", listener::remoteAddress);
    Expect.errno(Errno.ENOTCONN, "refused", refused::remoteAddress);
  }

  @Case(
      id = "call-name-02",
      title = "getpeername() after the own shutdown(), even of one half: ENOTCONN",
      source = "vsock_getname")
  void peerAfterShutdown(Ends ends) throws Exception {
    Pair pair = ends.stream();
    pair.client().shutdown(Direction.READ);

    Expect.errno(Errno.ENOTCONN, pair.client()::remoteAddress);
  }

  @Case(
      id = "call-name-03",
      title = "getpeername() after the peer has closed: still its address",
      source = "vsock_getname")
  void peerAfterItsClose(Ends ends) throws Exception {
    KernelSocket listener = ends.server().listener(STREAM, 1);
    VsockAddress address = ends.server().addressOf(listener);
    Pair pair = ends.connect(ends.client().stream(), listener);
    pair.server().close();
    Expect.awaitPeerClose(pair.client());

    assertEquals(address, pair.client().remoteAddress(), "the peer's name");
  }

  @Case(
      id = "call-name-04",
      title =
          "getsockname(): ANY while unbound; CID ANY after connect(); the REQUEST's CID if accepted",
      source = "vsock_getname, vsock_auto_bind, virtio_transport_recv_listen")
  void ownName(Ends ends) throws Exception {
    KernelSocket fresh = ends.client().stream();
    assertEquals(VsockAddress.any(VsockAddress.PORT_ANY), fresh.localAddress(), "unbound");
    KernelSocket listener = ends.server().listener(STREAM, 1);
    VsockAddress address = ends.server().addressOf(listener);
    Pair pair = ends.connect(fresh, listener);

    assertEquals(VsockAddress.CID_ANY, pair.client().localAddress().cid(), "the client's CID");
    assertEquals(address, pair.server().localAddress(), "the accepted socket's own name");
    assertEquals(
        ends.client().at(pair.client().localAddress().port()),
        pair.server().remoteAddress(),
        "the client as the server sees it");
  }
}
