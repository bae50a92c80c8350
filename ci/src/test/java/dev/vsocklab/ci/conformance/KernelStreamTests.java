package dev.vsocklab.ci.conformance;

import static dev.vsocklab.ci.conformance.SocketType.STREAM;
import static dev.vsocklab.spi.KernelSocket.EOF;
import static dev.vsocklab.spi.KernelSocket.FOREVER;
import static dev.vsocklab.spi.KernelSocket.MSG_PEEK;
import static dev.vsocklab.spi.KernelSocket.WOULD_BLOCK;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.spi.KernelSocket;
import dev.vsocklab.spi.KernelSocket.Direction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The kernel's own tests of SOCK_STREAM: connections, their ends, and peeking. */
final class KernelStreamTests {
  private static final int CONNECTIONS = 100;
  private static final int PEEKED_BYTES = 64;

  @Case(id = "kernel-00", title = "SOCK_STREAM connection reset", source = "vsock_test 0")
  void connectionReset(Ends ends) throws Exception {
    long port = ends.server().unusedPort();

    Expect.errno(
        Errno.ECONNRESET, () -> ends.client().stream().connect(ends.server().at(port), FOREVER));
  }

  @Case(id = "kernel-01", title = "SOCK_STREAM bind only", source = "vsock_test 1")
  void bindOnly(Ends ends) throws Exception {
    KernelSocket bound = ends.server().bound(STREAM);

    Expect.errno(
        Errno.ECONNRESET,
        () -> ends.client().stream().connect(ends.server().addressOf(bound), FOREVER));
  }

  @Case(id = "kernel-02", title = "SOCK_STREAM client close", source = "vsock_test 2")
  void clientClose(Ends ends) throws Exception {
    Pair pair = ends.stream();
    Bytes.sendByte(pair.client());

    pair.client().close();

    assertClosedAfterOneByte(pair.server());
  }

  @Case(id = "kernel-03", title = "SOCK_STREAM server close", source = "vsock_test 3")
  void serverClose(Ends ends) throws Exception {
    Pair pair = ends.stream();
    Bytes.sendByte(pair.server());

    pair.server().close();

    assertClosedAfterOneByte(pair.client());
  }

  private static void assertClosedAfterOneByte(KernelSocket socket) throws Exception {
    Expect.awaitPeerClose(socket);
    Expect.errno(Errno.EPIPE, "send", () -> Bytes.trySendByte(socket));
    assertArrayEquals(new byte[] {'A'}, Bytes.receive(socket, 1, 0), "the byte sent before");
    assertEquals(EOF, Bytes.tryReceive(socket, 1), "the end after it");
  }

  @Case(id = "kernel-04", title = "SOCK_STREAM multiple connections", source = "vsock_test 4")
  void multipleConnections(Ends ends) throws Exception {
    KernelSocket listener = ends.server().listener(STREAM, 1);
    List<Pair> pairs = new ArrayList<>();
    for (int i = 0; i < CONNECTIONS; i++) {
      pairs.add(ends.connect(ends.client().stream(), listener));
    }

    for (int i = 0; i < CONNECTIONS; i++) {
      Pair pair = pairs.get(i);
      KernelSocket from = i % 2 == 0 ? pair.client() : pair.server();
      KernelSocket to = i % 2 == 0 ? pair.server() : pair.client();
      Bytes.send(from, new byte[] {(byte) i});
      assertArrayEquals(
          new byte[] {(byte) i}, Bytes.receive(to, 1, 0), "the byte of connection " + i);
    }
  }

  @Case(id = "kernel-05", title = "SOCK_STREAM MSG_PEEK", source = "vsock_test 5")
  void peek(Ends ends) throws Exception {
    Pair pair = ends.stream();
    byte[] sent = Bytes.random(PEEKED_BYTES, 5);
    assertEquals(
        WOULD_BLOCK,
        Bytes.tryReceive(pair.server(), PEEKED_BYTES, MSG_PEEK).lengthBytes(),
        "a peek at an empty socket");

    Bytes.send(pair.client(), sent);

    assertArrayEquals(
        Arrays.copyOf(sent, PEEKED_BYTES / 2),
        Bytes.receive(pair.server(), PEEKED_BYTES / 2, MSG_PEEK),
        "a peek at a part");
    assertArrayEquals(sent, Bytes.receive(pair.server(), PEEKED_BYTES, MSG_PEEK), "a full peek");
    assertArrayEquals(sent, Bytes.receive(pair.server(), PEEKED_BYTES, 0), "the read");
  }

  @Case(id = "kernel-14", title = "SOCK_STREAM virtio skb merge", source = "vsock_test 14")
  void merge(Ends ends) throws Exception {
    Pair pair = ends.stream();
    byte[] sent = Bytes.random(10, 14);
    Bytes.send(pair.client(), Arrays.copyOf(sent, 5));
    byte[] first = Bytes.receive(pair.server(), 2, 0);

    Bytes.send(pair.client(), Arrays.copyOfRange(sent, 5, 10));
    Bytes.awaitQueued(pair.server(), 8);
    byte[] rest = Bytes.receive(pair.server(), 8, 0);

    assertArrayEquals(Arrays.copyOf(sent, 2), first, "the part read before");
    assertArrayEquals(Arrays.copyOfRange(sent, 2, 10), rest, "the rest of both sends at once");
    assertEquals(WOULD_BLOCK, Bytes.tryReceive(pair.server(), 54), "nothing more");
  }

  @Case(
      id = "kernel-16",
      title = "SOCK_STREAM SHUT_WR: EPIPE (its SIGPIPE is not seen from a JVM)",
      source = "vsock_test 16")
  void shutWrite(Ends ends) throws Exception {
    Pair pair = ends.stream();

    pair.client().shutdown(Direction.WRITE);

    Expect.errno(Errno.EPIPE, () -> Bytes.trySendByte(pair.client()));
    Expect.errno(Errno.EPIPE, "again", () -> Bytes.trySendByte(pair.client()));
  }

  @Case(
      id = "kernel-17",
      title = "SOCK_STREAM SHUT_RD: the peer gets EPIPE (its SIGPIPE is not seen from a JVM)",
      source = "vsock_test 17")
  void shutRead(Ends ends) throws Exception {
    Pair pair = ends.stream();

    pair.server().shutdown(Direction.READ);

    Eventually.holds(
        "the client's send gives EPIPE",
        () -> Expect.errnoOf(() -> Bytes.trySendByte(pair.client())) == Errno.EPIPE);
    Expect.errno(Errno.EPIPE, "again", () -> Bytes.trySendByte(pair.client()));
  }

  @Case(id = "kernel-21", title = "SOCK_STREAM double bind connect", source = "vsock_test 21")
  void doubleBindConnect(Ends ends) throws Exception {
    KernelSocket listener = ends.server().listener(STREAM, 1);
    long clientPort = ends.client().unusedPort();

    for (int i = 0; i < 2; i++) {
      KernelSocket socket = ends.client().stream();
      Eventually.holds( // the server's RST, which frees the port, may still be on its way
          "the port is free",
          () -> Expect.errnoOf(() -> socket.bind(VsockAddress.any(clientPort))) == null);
      Pair pair = ends.connect(socket, listener); // the server's first end is still open
      assertEquals(clientPort, pair.server().remoteAddress().port(), "the client's port");
      socket.close();
      Expect.awaitPeerClose(pair.server());
    }
  }

  @Case(
      id = "kernel-39",
      title = "SOCK_STREAM MSG_PEEK after partial recv",
      source = "vsock_test 39")
  void peekAfterPartialRead(Ends ends) throws Exception {
    Pair pair = ends.stream();
    byte[] sent = Bytes.random(PEEKED_BYTES, 39);
    byte[] rest = Arrays.copyOfRange(sent, 1, PEEKED_BYTES);
    Bytes.send(pair.client(), sent);
    Bytes.awaitQueued(pair.server(), PEEKED_BYTES);

    Bytes.receive(pair.server(), 1, 0);

    assertArrayEquals(rest, Bytes.receive(pair.server(), 2 * PEEKED_BYTES, MSG_PEEK), "the peek");
    assertArrayEquals(rest, Bytes.receive(pair.server(), 2 * PEEKED_BYTES, 0), "the read");
  }
}
