package dev.vsocklab.ci.conformance;

import static dev.vsocklab.ci.conformance.KernelSeries.LINUX_7;
import static dev.vsocklab.ci.conformance.SocketType.STREAM;
import static dev.vsocklab.spi.KernelSocket.FOREVER;
import static dev.vsocklab.spi.KernelSocket.NO_WAIT;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.spi.KernelSocket;
import java.net.StandardSocketOptions;
import java.util.Set;

/** The kernel's own tests of bugs that it once had: the calls that crashed or leaked, repeated. */
final class KernelBugTests {
  static final String NO_INVALID_BUFFER =
      "EFAULT needs a buffer that the process may not touch. A ByteBuffer is always valid, and the"
          + " guest's agent reads into its own memory.";

  private static final int ROUNDS = 50;

  /** Linux's MAX_PORT_RETRIES. */
  private static final int PORT_TRIES = 24;

  @Case(
      id = "kernel-12",
      title = "SOCK_STREAM test invalid buffer",
      source = "vsock_test 12",
      notSimulated = NO_INVALID_BUFFER)
  void invalidBufferOfStream(Ends ends) {}

  @Case(
      id = "kernel-13",
      title = "SOCK_SEQPACKET test invalid buffer",
      source = "vsock_test 13",
      notSimulated = NO_INVALID_BUFFER)
  void invalidBufferOfSeqpacket(Ends ends) {}

  @Case(id = "kernel-26", title = "SOCK_STREAM leak accept queue", source = "vsock_test 26")
  void listenerClosesWhileOneConnects(Ends ends) throws Exception {
    for (int i = 0; i < ROUNDS; i++) {
      KernelSocket listener = ends.server().listener(STREAM, 1);
      VsockAddress address = ends.server().addressOf(listener);
      KernelSocket socket = ends.client().stream();
      Waiting<Errno> connect =
          Ends.waiting(ends.client(), () -> Expect.errnoOf(() -> socket.connect(address, FOREVER)));
      listener.close();
      Errno errno = connect.result();
      assertTrue(errno == null || errno == Errno.ECONNRESET, "connect: " + errno);
      socket.close();
    }
    assertWorks(ends);
  }

  @Case(
      id = "kernel-29",
      title = "SOCK_STREAM transport release use-after-free",
      source = "vsock_test 29")
  void noPortAndThenAnotherTransport(Ends ends) throws Exception {
    KernelSocket first = ends.client().bound(STREAM);
    long port = first.localAddress().port();
    for (int i = 1; i <= PORT_TRIES; i++) {
      ends.client().bound(VsockAddress.any(port + i));
    }
    KernelSocket socket = ends.client().stream();

    Expect.errno(Errno.EADDRNOTAVAIL, () -> socket.connect(ends.server().at(port), NO_WAIT));
    for (long cid = VsockAddress.CID_HYPERVISOR; cid <= 3; cid++) {
      VsockAddress other = VsockAddress.of(cid, port);
      Errno errno = Expect.errnoOf(() -> socket.connect(other, NO_WAIT));
      assertTrue(
          errno == null
              || Set.of(Errno.ENODEV, Errno.EALREADY, Errno.ENETUNREACH, Errno.EADDRNOTAVAIL)
                  .contains(errno),
          "connect to " + other + ": " + errno);
    }
    socket.close();
    assertWorks(ends);
  }

  @Case(id = "kernel-30", title = "SOCK_STREAM retry failed connect()", source = "vsock_test 30")
  void retry(Ends ends) throws Exception {
    long port = ends.server().unusedPort();
    KernelSocket socket = ends.client().stream();
    Expect.errno(Errno.ECONNRESET, () -> socket.connect(ends.server().at(port), FOREVER));
    KernelSocket listener = ends.server().bound(VsockAddress.any(port));
    listener.listen(1);

    assertCarries(ends.connect(socket, listener));
  }

  @Case(id = "kernel-31", title = "SOCK_STREAM SO_LINGER null-ptr-deref", source = "vsock_test 31")
  void lingeringClose(Ends ends) throws Exception {
    Pair pair = ends.stream();
    pair.client().setOption(StandardSocketOptions.SO_LINGER, 1);

    pair.client().close();

    Expect.awaitPeerClose(pair.server());
  }

  @Case(
      id = "kernel-32",
      title = "SOCK_STREAM SO_LINGER close() on unread (before 6.16: waits for the peer's RST)",
      source = "vsock_test 32, vsock_linger; before it virtio_transport_wait_close")
  void lingeringCloseWithUnreadData(Ends ends) throws Exception {
    Pair pair = ends.stream();
    pair.client().setOption(StandardSocketOptions.SO_LINGER, 30);
    Bytes.sendByte(pair.client());
    Expect.awaitReadable(pair.server());

    Waiting<Boolean> close =
        Ends.waiting(
            ends.client(),
            () -> {
              pair.client().close();
              return true;
            });
    Expect.awaitPeerClose(pair.server());

    if (!ends.kernel().isAtLeast(LINUX_7)) {
      assertFalse(close.isOver(), "close() waits for as long as the server does not close");
      pair.server().close();
    }
    assertTrue(close.result(), "close() is over long before the linger time");
  }

  @Case(
      id = "kernel-33",
      title = "SOCK_STREAM transport change null-ptr-deref (without its signals)",
      source = "vsock_test 33")
  void transportChange(Ends ends) throws Exception {
    KernelSocket listener = ends.server().listener(STREAM, ROUNDS);
    VsockAddress address = ends.server().addressOf(listener);
    for (int i = 0; i < ROUNDS; i++) {
      KernelSocket socket = ends.client().stream();
      socket.connect(address, NO_WAIT);
      Errno errno =
          Expect.errnoOf(
              () -> socket.connect(VsockAddress.of(VsockAddress.CID_HYPERVISOR, 1), NO_WAIT));
      assertTrue(
          errno == Errno.EALREADY || errno == Errno.EISCONN,
          "connect to another CID while or after one goes on: " + errno);
      socket.close();
    }
    assertWorks(ends);
  }

  private static void assertWorks(Ends ends) throws Exception {
    assertCarries(ends.stream());
  }

  private static void assertCarries(Pair pair) throws Exception {
    Bytes.sendByte(pair.client());
    assertArrayEquals(new byte[] {'A'}, Bytes.receive(pair.server(), 1, 0), "the machine works on");
  }
}
