package dev.vsocklab.ci.conformance;

import static dev.vsocklab.ci.conformance.KernelSeries.LINUX_6_12;
import static dev.vsocklab.ci.conformance.SocketType.SEQPACKET;
import static dev.vsocklab.ci.conformance.SocketType.STREAM;
import static dev.vsocklab.spi.KernelSocket.FOREVER;
import static dev.vsocklab.spi.KernelSocket.NO_WAIT;
import static dev.vsocklab.spi.KernelSocket.POLLERR;
import static dev.vsocklab.spi.KernelSocket.POLLOUT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockSocketOptions;
import dev.vsocklab.ci.conformance.End.Role;
import dev.vsocklab.spi.KernelSocket;
import dev.vsocklab.spi.KernelSocket.Direction;
import java.time.Duration;

/** connect() in every state, and how it fails. */
final class ConnectCases {
  private static final Duration SOON = Duration.ofMillis(100);
  private static final String NOBODY_IS_SILENT =
      "Only a guest's packets to an unknown CID are dropped in silence.";

  /** A CID that no machine has. */
  static final long UNKNOWN_CID = 99;

  /** A socket whose non-blocking connect() was refused; SO_ERROR is not read yet. */
  static KernelSocket refusedInBackground(Ends ends) throws Exception {
    long port = ends.server().unusedPort();
    KernelSocket socket = ends.client().stream();
    assertFalse(socket.connect(ends.server().at(port), NO_WAIT), "EINPROGRESS");
    // vsock_poll looks at sk_err before it waits for the socket's lock, and at the state behind it:
    // a poll that meets the RST may tell POLLOUT alone. The next one cannot.
    Expect.awaitEvents(POLLOUT, socket);
    assertEquals(POLLERR | POLLOUT, socket.poll(POLLOUT, NO_WAIT), "poll after the refusal");
    return socket;
  }

  /** A socket whose non-blocking connect() gets no answer; only a guest has such a peer. */
  static KernelSocket unanswered(Ends ends) throws Exception {
    ends.onlyIfClientIs(Role.GUEST, NOBODY_IS_SILENT);
    KernelSocket socket = ends.client().stream();
    assertFalse(socket.connect(VsockAddress.of(UNKNOWN_CID, 7000), NO_WAIT), "EINPROGRESS");
    return socket;
  }

  @Case(id = "call-connect-01", title = "A listener: EINVAL", source = "vsock_connect")
  void listener(Ends ends) throws Exception {
    KernelSocket socket = ends.client().listener(STREAM, 1);

    Expect.errno(Errno.EINVAL, () -> socket.connect(ends.server().at(7000), NO_WAIT));
  }

  @Case(id = "call-connect-02", title = "After shutdown(): EINVAL", source = "vsock_connect")
  void afterShutdown(Ends ends) throws Exception {
    Pair pair = ends.stream();
    pair.client().shutdown(Direction.WRITE);

    Expect.errno(Errno.EINVAL, () -> pair.client().connect(ends.server().at(7000), NO_WAIT));
  }

  @Case(id = "call-connect-03", title = "A connected socket: EISCONN", source = "vsock_connect")
  void connected(Ends ends) throws Exception {
    Pair pair = ends.stream();

    Expect.errno(Errno.EISCONN, () -> pair.client().connect(ends.server().at(7000), NO_WAIT));
    Expect.errno(
        Errno.EISCONN, "accepted", () -> pair.server().connect(ends.client().at(7000), FOREVER));
  }

  @Case(
      id = "call-connect-04",
      title = "A connected socket whose peer has closed: still EISCONN",
      source = "vsock_connect")
  void afterPeerClosed(Ends ends) throws Exception {
    Pair pair = ends.stream();
    pair.server().close();
    Expect.awaitPeerClose(pair.client());

    Expect.errno(Errno.EISCONN, () -> pair.client().connect(ends.server().at(7000), NO_WAIT));
  }

  @Case(
      id = "call-connect-05",
      title = "Non-blocking: always EINPROGRESS first, then writable, then EISCONN",
      source = "vsock_connect")
  void inBackground(Ends ends) throws Exception {
    KernelSocket listener = ends.server().listener(STREAM, 1);
    VsockAddress address = ends.server().addressOf(listener);
    KernelSocket socket = ends.client().stream();

    assertFalse(socket.connect(address, NO_WAIT), "connected at once");

    assertEquals(POLLOUT, Expect.awaitEvents(POLLOUT, socket), "poll once connected");
    assertNull(socket.takeError(), "SO_ERROR");
    Expect.errno(Errno.EISCONN, () -> socket.connect(address, NO_WAIT));
  }

  @Case(
      id = "call-connect-06",
      title = "Non-blocking, again before the answer: EALREADY",
      source = "vsock_connect")
  void twiceInBackground(Ends ends) throws Exception {
    KernelSocket socket = unanswered(ends);

    Expect.errno(Errno.EALREADY, () -> socket.connect(ends.server().at(7000), NO_WAIT));
    Expect.events(0, "while connecting", socket);
  }

  @Case(
      id = "call-connect-07",
      title = "Nobody listens: ECONNRESET, never ECONNREFUSED, whatever the socket type",
      source = "virtio_transport_recv_connecting")
  void refused(Ends ends) throws Exception {
    long port = ends.server().unusedPort();

    for (SocketType type : SocketType.values()) {
      KernelSocket socket = type.open(ends.client().layer());
      Expect.errno(
          Errno.ECONNRESET, type.name(), () -> socket.connect(ends.server().at(port), FOREVER));
      assertNull(socket.takeError(), "SO_ERROR after the call told it");
      Expect.events(POLLOUT, "after it", socket);
    }
  }

  @Case(
      id = "call-connect-08",
      title = "The backlog is full, which is at backlog + 1: ECONNRESET at once",
      source = "virtio_transport_recv_listen, sk_acceptq_is_full")
  void backlogFull(Ends ends) throws Exception {
    KernelSocket listener = ends.server().listener(STREAM, 1);
    VsockAddress address = ends.server().addressOf(listener);
    ends.client().stream().connect(address, FOREVER);
    ends.client().stream().connect(address, FOREVER);

    Expect.errno(Errno.ECONNRESET, () -> ends.client().stream().connect(address, FOREVER));
    Ends.accept(listener);
    ends.client().stream().connect(address, FOREVER); // there is room again
  }

  @Case(
      id = "call-connect-09",
      title = "No answer: ETIMEDOUT after the connect timeout, and the socket can try again",
      source = "vsock_connect")
  void timedOut(Ends ends) throws Exception {
    ends.onlyIfClientIs(Role.GUEST, NOBODY_IS_SILENT);
    KernelSocket socket = ends.client().stream();
    socket.setOption(VsockSocketOptions.CONNECT_TIMEOUT, SOON);

    Expect.errno(
        Errno.ETIMEDOUT, () -> socket.connect(VsockAddress.of(UNKNOWN_CID, 7000), FOREVER));

    KernelSocket listener = ends.server().listener(STREAM, 1);
    ends.connect(socket, listener);
  }

  @Case(
      id = "call-connect-10",
      title = "No answer, non-blocking: SO_ERROR comes to be ETIMEDOUT, and connect() starts anew",
      source = "vsock_connect_timeout")
  void timedOutInBackground(Ends ends) throws Exception {
    ends.onlyIfClientIs(Role.GUEST, NOBODY_IS_SILENT);
    KernelSocket socket = ends.client().stream();
    socket.setOption(VsockSocketOptions.CONNECT_TIMEOUT, SOON);
    VsockAddress nowhere = VsockAddress.of(UNKNOWN_CID, 7000);

    assertFalse(socket.connect(nowhere, NO_WAIT), "EINPROGRESS");

    assertEquals(POLLERR | POLLOUT, Expect.awaitEvents(POLLOUT, socket), "poll after the timeout");
    assertEquals(Errno.ETIMEDOUT, socket.takeError(), "SO_ERROR");
    assertFalse(socket.connect(nowhere, NO_WAIT), "EINPROGRESS, not EALREADY");
  }

  @Case(
      id = "call-connect-11",
      title =
          "An error left in SO_ERROR: the next connect() clears it (6.1: fails with it at once)",
      source = "vsock_connect")
  void pendingError(Ends ends) throws Exception {
    ends.onlyIfClientIs(Role.GUEST, NOBODY_IS_SILENT);
    KernelSocket socket = ends.client().stream();
    socket.setOption(VsockSocketOptions.CONNECT_TIMEOUT, SOON);
    assertFalse(socket.connect(VsockAddress.of(UNKNOWN_CID, 7000), NO_WAIT), "EINPROGRESS");
    Expect.awaitEvents(POLLOUT, socket);
    KernelSocket listener = ends.server().listener(STREAM, 1);
    VsockAddress address = ends.server().addressOf(listener);

    if (ends.kernel().isAtLeast(LINUX_6_12)) {
      assertTrue(socket.connect(address, FOREVER), "connected");
    } else {
      Expect.errno(Errno.ETIMEDOUT, () -> socket.connect(address, FOREVER));
    }
  }

  @Case(
      id = "call-connect-12",
      title = "A socket type that the listener does not have: ECONNRESET",
      source = "virtio_transport_recv_pkt")
  void otherType(Ends ends) throws Exception {
    KernelSocket stream = ends.server().listener(STREAM, 1);
    KernelSocket seqpacket = ends.server().listener(SEQPACKET, 1);

    Expect.errno(
        Errno.ECONNRESET,
        "SEQPACKET to STREAM",
        () -> ends.client().seqpacket().connect(ends.server().addressOf(stream), FOREVER));
    Expect.errno(
        Errno.ECONNRESET,
        "STREAM to SEQPACKET",
        () -> ends.client().stream().connect(ends.server().addressOf(seqpacket), FOREVER));
  }

  @Case(
      id = "call-connect-13",
      title = "SO_SNDTIMEO does not bound connect()",
      source = "vsock_connect")
  void sendTimeoutIsIgnored(Ends ends) throws Exception {
    ends.onlyIfClientIs(Role.GUEST, NOBODY_IS_SILENT);
    KernelSocket socket = ends.client().stream();
    Duration connectTimeout = Duration.ofMillis(300);
    socket.setOption(VsockSocketOptions.SEND_TIMEOUT, Duration.ofMillis(20));
    socket.setOption(VsockSocketOptions.CONNECT_TIMEOUT, connectTimeout);

    long startNanos = System.nanoTime();
    Expect.errno(
        Errno.ETIMEDOUT, () -> socket.connect(VsockAddress.of(UNKNOWN_CID, 7000), FOREVER));
    long tookNanos = System.nanoTime() - startNanos;

    assertTrue(tookNanos >= connectTimeout.toNanos(), "it took only " + tookNanos + " ns");
  }

  @Case(
      id = "call-connect-14",
      title = "A signal: EINTR, and the socket can try again",
      source = "vsock_connect",
      notSimulated =
          "No KernelSocket call is interrupted by a signal: a JVM's threads have none, and a"
              + " channel is closed where C code gets EINTR.")
  void signal(Ends ends) {}

  @Case(
      id = "call-connect-15",
      title = "SO_ZEROCOPY on a transport without it: EOPNOTSUPP",
      source = "vsock_connect",
      notSimulated = "No KernelSocket has SO_ZEROCOPY: see the cases of MSG_ZEROCOPY.")
  void zerocopy(Ends ends) {}

  @Case(
      id = "call-connect-16",
      title = "A transport that refuses the network namespace: ENETUNREACH",
      source = "vsock_connect",
      notSimulated =
          "Network namespaces of AF_VSOCK came with Linux 7.0 and are not simulated; no other"
              + " condition of virtio-vsock gives ENETUNREACH.")
  void namespace(Ends ends) {}
}
