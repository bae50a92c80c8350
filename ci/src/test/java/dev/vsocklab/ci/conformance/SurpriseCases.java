package dev.vsocklab.ci.conformance;

import static dev.vsocklab.ci.conformance.KernelSeries.LINUX_6_12;
import static dev.vsocklab.ci.conformance.SocketType.STREAM;
import static dev.vsocklab.spi.KernelSocket.EOF;
import static dev.vsocklab.spi.KernelSocket.FOREVER;
import static dev.vsocklab.spi.KernelSocket.NO_WAIT;
import static dev.vsocklab.spi.KernelSocket.POLLOUT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockSocketOptions;
import dev.vsocklab.ci.conformance.End.Role;
import dev.vsocklab.spi.KernelSocket;
import dev.vsocklab.spi.KernelSocket.Direction;
import java.time.Duration;

/** What programmers of AF_VSOCK stumble over. */
final class SurpriseCases {
  /** Linux's SKB_TRUESIZE(0) on 64-bit: what a packet costs besides its bytes. */
  private static final long PACKET_OVERHEAD_BYTES = 576;

  @Case(
      id = "surprise-01",
      title = "A refused non-blocking connect() leaves EALREADY for ever; SO_ERROR has the reason",
      source = "vsock_connect, virtio_transport_recv_connecting")
  void alreadyForEver(Ends ends) throws Exception {
    KernelSocket socket = ConnectCases.refusedInBackground(ends);
    VsockAddress address = ends.server().at(7000);

    Expect.errno(Errno.EALREADY, () -> socket.connect(address, NO_WAIT));
    assertEquals(Errno.ECONNRESET, socket.takeError(), "SO_ERROR");
    Expect.errno(Errno.EALREADY, "after SO_ERROR", () -> socket.connect(address, NO_WAIT));
  }

  @Case(
      id = "surprise-02",
      title = "After it, a blocking connect() tells the error and makes the socket new",
      source = "vsock_connect")
  void blockingTellsError(Ends ends) throws Exception {
    KernelSocket socket = ConnectCases.refusedInBackground(ends);
    KernelSocket listener = ends.server().listener(STREAM, 1);
    VsockAddress address = ends.server().addressOf(listener);

    Expect.errno(Errno.ECONNRESET, () -> socket.connect(address, FOREVER));
    assertTrue(socket.connect(address, FOREVER), "the next one connects");
  }

  @Case(
      id = "surprise-03",
      title = "After it and SO_ERROR, a blocking connect() waits its whole timeout for nothing",
      source = "vsock_connect")
  void blockingWaitsForNothing(Ends ends) throws Exception {
    KernelSocket socket = ConnectCases.refusedInBackground(ends);
    socket.setOption(VsockSocketOptions.CONNECT_TIMEOUT, Duration.ofMillis(100));
    KernelSocket listener = ends.server().listener(STREAM, 1);
    VsockAddress address = ends.server().addressOf(listener);
    socket.takeError();

    Expect.errno(Errno.ETIMEDOUT, () -> socket.connect(address, FOREVER));
    assertTrue(socket.connect(address, FOREVER), "the next one connects");
  }

  @Case(
      id = "surprise-04",
      title = "ENODEV from the host leaves the socket half connected: not writable",
      source = "vsock_connect, vhost_transport_send_pkt")
  void halfConnected(Ends ends) throws Exception {
    ends.onlyIfClientIs(
        Role.HOST, "Only a host's transport finds out while it sends that nobody has the CID.");
    KernelSocket socket = ends.client().stream();
    Expect.errno(
        Errno.ENODEV,
        () -> socket.connect(VsockAddress.of(ConnectCases.UNKNOWN_CID, 7000), NO_WAIT));

    Expect.events(0, "after ENODEV", socket);
    KernelSocket listener = ends.server().listener(STREAM, 1);
    ends.connect(socket, listener);
    Expect.events(POLLOUT, "after another connect()", socket);
  }

  @Case(
      id = "surprise-05",
      title = "A reset is an end of stream: data, then 0, and never ECONNRESET",
      source = "virtio_transport_do_close")
  void resetIsEnd(Ends ends) throws Exception {
    Pair pair = ends.stream();
    Bytes.sendByte(pair.server());
    Bytes.sendByte(pair.client());
    Expect.awaitReadable(pair.client());
    Expect.awaitReadable(pair.server());
    pair.server().close(); // SHUTDOWN, which the client's unread byte leaves unanswered
    Expect.awaitPeerClose(pair.client());

    assertEquals(1, Bytes.tryReceive(pair.client(), 2), "the byte");
    assertEquals(EOF, Bytes.tryReceive(pair.client(), 2), "the end");
    assertEquals(null, pair.client().takeError(), "SO_ERROR");
  }

  @Case(
      id = "surprise-06",
      title = "shutdown() on a socket that its peer closed: recv() is ENOTCONN instead of 0",
      source = "vsock_shutdown, __vsock_connectible_recvmsg")
  void shutdownForgetsEnd(Ends ends) throws Exception {
    Pair pair = ends.stream(); // the accepted end is in no table once its peer has closed
    pair.client().close();
    Expect.awaitPeerClose(pair.server());
    assertEquals(EOF, Bytes.tryReceive(pair.server(), 1), "before");

    pair.server().shutdown(Direction.WRITE);

    Expect.errno(Errno.ENOTCONN, () -> Bytes.tryReceive(pair.server(), 1));
  }

  @Case(
      id = "surprise-07",
      title = "A buffer below 576 B takes no packet at all: ENOBUFS and a reset (6.1: it works)",
      source = "virtio_transport_inc_rx_pkt")
  void bufferBelowPacketOverhead(Ends ends) throws Exception {
    Pair tooSmall = connectedWithBuffer(ends, PACKET_OVERHEAD_BYTES - 1);
    Bytes.sendByte(tooSmall.client());

    if (ends.kernel().isAtLeast(LINUX_6_12)) {
      Expect.awaitPeerClose(tooSmall.client());
      Expect.errno(Errno.EPIPE, "the sender", () -> Bytes.trySendByte(tooSmall.client()));
      assertEquals(Errno.ENOBUFS, tooSmall.server().takeError(), "the receiver's SO_ERROR");
    } else {
      assertEquals(1, Bytes.receive(tooSmall.server(), 1, 0).length, "the byte");
    }
    Pair enough = connectedWithBuffer(ends, PACKET_OVERHEAD_BYTES);
    Bytes.sendByte(enough.client());
    assertEquals(1, Bytes.receive(enough.server(), 1, 0).length, "with 576 bytes");
  }

  private static Pair connectedWithBuffer(Ends ends, long bytes) throws Exception {
    KernelSocket listener = ends.server().listener(STREAM, 1);
    listener.setOption(VsockSocketOptions.BUFFER_SIZE, bytes);
    return ends.connect(ends.client().stream(), listener);
  }

  @Case(
      id = "surprise-08",
      title = "connect() succeeds before anyone accepts, and what is sent then is not lost",
      source = "virtio_transport_recv_listen")
  void sentBeforeAccept(Ends ends) throws Exception {
    KernelSocket listener = ends.server().listener(STREAM, 1);
    KernelSocket socket = ends.client().stream();
    socket.connect(ends.server().addressOf(listener), FOREVER);
    assertEquals(Bytes.CREDIT, Bytes.fill(socket), "bytes sent before accept()");

    Bytes.receiveAll(Ends.accept(listener), Bytes.CREDIT);
  }
}
