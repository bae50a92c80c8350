package dev.vsocklab.ci.conformance;

import static dev.vsocklab.ci.conformance.KernelSeries.LINUX_6_12;
import static dev.vsocklab.ci.conformance.SocketType.STREAM;
import static dev.vsocklab.spi.KernelSocket.EOF;
import static dev.vsocklab.spi.KernelSocket.FOREVER;
import static dev.vsocklab.spi.KernelSocket.NO_WAIT;
import static dev.vsocklab.spi.KernelSocket.POLLERR;
import static dev.vsocklab.spi.KernelSocket.POLLIN;
import static dev.vsocklab.spi.KernelSocket.POLLOUT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import dev.vsocklab.Errno;
import dev.vsocklab.GuestDevice;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockSocketOptions;
import dev.vsocklab.ci.conformance.End.Role;
import dev.vsocklab.qemu.GuestPower;
import dev.vsocklab.spi.KernelSocket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;

/** What a transport reset leaves in a guest, and a guest that goes away leaves at its host. */
final class ResetCases {
  private static final long NEW_CID = 77;

  @Case(
      id = "reset-01",
      title = "A connected socket is ENOTCONN from then on, with ECONNRESET in SO_ERROR",
      source = "virtio_vsock_reset_sock")
  void connected(Ends ends) throws Exception {
    KernelSocket socket = guestPair(ends).client();
    device(ends).resetTransport();

    Expect.events(POLLERR | POLLOUT, "after the reset", socket);
    Expect.errno(Errno.ENOTCONN, "recv", () -> socket.read(ByteBuffer.allocate(1), NO_WAIT));
    Expect.errno(Errno.ENOTCONN, "send", () -> socket.write(ByteBuffer.allocate(1), NO_WAIT));
    Expect.errno(Errno.EISCONN, "connect", () -> socket.connect(ends.server().at(7000), NO_WAIT));
    assertNotNull(socket.remoteAddress(), "it still has a peer's name");
    assertEquals(Errno.ECONNRESET, socket.takeError(), "SO_ERROR");
  }

  @Case(
      id = "reset-02",
      title = "A call that waits is ECONNRESET, later ones ENOTCONN",
      source = "virtio_vsock_reset_sock, __vsock_stream_recvmsg")
  void waiting(Ends ends) throws Exception {
    KernelSocket socket = guestPair(ends).client();
    Waiting<KernelSocket.Received> receive =
        Ends.waiting(ends.client(), () -> socket.receive(ByteBuffer.allocate(1), 0, FOREVER));
    device(ends).resetTransport();

    Expect.errno(Errno.ECONNRESET, "the call that waited", receive::result);
    Expect.errno(Errno.ENOTCONN, () -> socket.read(ByteBuffer.allocate(1), NO_WAIT));
  }

  @Case(
      id = "reset-03",
      title = "Unread data shows in poll and cannot be read",
      source = "virtio_vsock_reset_sock, vsock_poll")
  void unreadData(Ends ends) throws Exception {
    Pair pair = guestPair(ends);
    Bytes.send(pair.server(), new byte[10]);
    Expect.awaitReadable(pair.client());
    device(ends).resetTransport();

    Expect.events(POLLIN | POLLERR | POLLOUT, "after the reset", pair.client());
    Expect.errno(Errno.ENOTCONN, () -> pair.client().read(ByteBuffer.allocate(1), NO_WAIT));
  }

  @Case(
      id = "reset-04",
      title = "A listener lives on",
      source = "virtio_vsock_event_handle: only the connected table")
  void listener(Ends ends) throws Exception {
    GuestDevice device = device(ends);
    KernelSocket listener = ends.client().listener(STREAM, 1);
    device.resetTransport();

    KernelSocket peer = ends.server().stream();
    peer.connect(ends.client().addressOf(listener), FOREVER);
    Bytes.send(peer, new byte[3]);
    assertEquals(3, Ends.accept(listener).read(ByteBuffer.allocate(9), FOREVER));
  }

  @Case(
      id = "reset-05",
      title = "A connect under way is left to its timeout",
      source = "virtio_vsock_event_handle: only the connected table")
  void connecting(Ends ends) throws Exception {
    GuestDevice device = device(ends);
    try (HandMade host = HandMade.host(ends)) {
      KernelSocket socket = host.guest.stream();
      socket.setOption(VsockSocketOptions.CONNECT_TIMEOUT, Duration.ofMillis(500));
      socket.connect(host.peer.address(), NO_WAIT);
      device.resetTransport();

      Expect.awaitEvents(POLLOUT, socket);
      assertEquals(Errno.ETIMEDOUT, socket.takeError());
    }
  }

  @Case(
      id = "reset-06",
      title = "With a new CID the guest is reached under that alone; its old sockets are reset",
      source = "virtio_vsock_update_guest_cid")
  void newCid(Ends ends) throws Exception {
    Pair old = guestPair(ends);
    KernelSocket listener = ends.client().listener(STREAM, 1);
    long oldCid = ends.client().machine().cid();
    long port = listener.localAddress().port();
    device(ends).resetTransport(NEW_CID);

    assertEquals(NEW_CID, ends.client().layer().localCid(), "the guest's own CID");
    assertEquals(Errno.ECONNRESET, old.client().takeError());
    KernelSocket toOld = ends.server().stream();
    Expect.errno(Errno.ENODEV, () -> toOld.connect(VsockAddress.of(oldCid, port), FOREVER));
    KernelSocket toNew = ends.server().stream();
    toNew.connect(VsockAddress.of(NEW_CID, port), FOREVER);
    assertEquals(
        VsockAddress.of(NEW_CID, port), Ends.accept(listener).localAddress(), "the child's name");
  }

  @Case(
      id = "gone-01",
      title =
          "When its guest is gone, a host's socket gives its data, then ECONNRESET again and again",
      source = "vhost_vsock_reset_orphans")
  void guestGone(Ends ends) throws Exception {
    End end = goer(ends);
    Pair pair = ends.stream();
    Bytes.send(pair.client(), new byte[4]);
    Expect.awaitReadable(pair.server());
    goAway(end);

    KernelSocket socket = pair.server();
    assertEquals(4, socket.read(ByteBuffer.allocate(9), NO_WAIT));
    for (int i = 0; i < 2; i++) {
      Expect.errno(Errno.ECONNRESET, () -> socket.read(ByteBuffer.allocate(9), NO_WAIT));
    }
    boolean givesWay = ends.kernel().isAtLeast(LINUX_6_12);
    Expect.errno(
        givesWay ? Errno.ECONNRESET : Errno.EPIPE,
        "the first send",
        () -> socket.write(ByteBuffer.allocate(1), NO_WAIT));
    Expect.errno(
        Errno.EPIPE, "the second send", () -> socket.write(ByteBuffer.allocate(1), NO_WAIT));
    if (givesWay) {
      assertEquals(EOF, socket.read(ByteBuffer.allocate(9), NO_WAIT), "the error is used up");
    }
  }

  @Case(
      id = "gone-02",
      title = "A guest that is gone cannot be connected to: ENODEV",
      source = "vhost_transport_send_pkt")
  void connectToNobody(Ends ends) throws Exception {
    End end = goer(ends);
    VsockAddress address = end.at(7000);
    goAway(end);

    KernelSocket socket = ends.server().stream();
    Expect.errno(Errno.ENODEV, () -> socket.connect(address, FOREVER));
  }

  /** A connection from the guest to the host. */
  private static Pair guestPair(Ends ends) throws Exception {
    device(ends);
    return ends.stream();
  }

  private static GuestDevice device(Ends ends) {
    return ends.onlyWith(
        GuestDevice.class,
        goer(ends),
        "QEMU's vhost-vsock device resets its transport after a migration alone.");
  }

  /** The guest, to which it happens. */
  private static End goer(Ends ends) {
    ends.onlyWithTwoMachines("One kernel that talks to itself has no device.");
    ends.onlyIfClientIs(
        Role.GUEST, "It happens to the guest whichever way round: see the other column.");
    return ends.client();
  }

  /** Takes the guest's device away, or the guest with its device. */
  private static void goAway(End guest) throws IOException {
    Optional<GuestDevice> device = guest.machine().as(GuestDevice.class);
    if (device.isPresent()) {
      device.get().unplug();
    } else {
      guest.view(GuestPower.class).kill();
    }
  }
}
