package dev.vsocklab.ci.conformance;

import static dev.vsocklab.ci.conformance.ConnectCases.UNKNOWN_CID;
import static dev.vsocklab.ci.conformance.SocketType.STREAM;
import static dev.vsocklab.spi.KernelSocket.FOREVER;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockSocketOptions;
import dev.vsocklab.ci.conformance.End.Role;
import dev.vsocklab.spi.KernelSocket;
import java.time.Duration;

/** Where a CID leads to from the host, from a guest, and from a machine that is alone. */
final class RouteCases {
  private static final String ONE_KERNEL = "There is one machine, and nobody beside it.";

  @Case(
      id = "route-01",
      title = "A CID that nobody has: ENODEV from the host, ETIMEDOUT from a guest",
      source = "vsock_assign_transport, vhost_transport_send_pkt, vhost_vsock_handle_tx_kick")
  void unknownCid(Ends ends) throws Exception {
    assertLeadsNowhere(ends, UNKNOWN_CID);
  }

  @Case(
      id = "route-02",
      title = "CID 0: ENODEV from the host, ETIMEDOUT from a guest",
      source = "vsock_assign_transport, vhost_vsock_handle_tx_kick")
  void hypervisor(Ends ends) throws Exception {
    assertLeadsNowhere(ends, VsockAddress.CID_HYPERVISOR);
  }

  @Case(
      id = "route-03",
      title = "CID 4294967295, any: ENODEV from the host, ETIMEDOUT from a guest",
      source = "vsock_assign_transport, vhost_vsock_handle_tx_kick")
  void any(Ends ends) throws Exception {
    assertLeadsNowhere(ends, VsockAddress.CID_ANY);
  }

  private static void assertLeadsNowhere(Ends ends, long cid) throws Exception {
    Errno expected = ends.client().role() == Role.GUEST ? Errno.ETIMEDOUT : Errno.ENODEV;
    Expect.errno(expected, () -> impatient(ends).connect(VsockAddress.of(cid, 7000), FOREVER));
  }

  private static KernelSocket impatient(Ends ends) throws Exception {
    KernelSocket socket = ends.client().stream();
    socket.setOption(VsockSocketOptions.CONNECT_TIMEOUT, Duration.ofMillis(100));
    return socket;
  }

  @Case(
      id = "route-04",
      title = "SEQPACKET to an unknown CID: ESOCKTNOSUPPORT from the host, ETIMEDOUT from a guest",
      source = "vsock_assign_transport, vhost_transport_seqpacket_allow")
  void unknownCidForMessages(Ends ends) throws Exception {
    KernelSocket socket = ends.client().seqpacket();
    socket.setOption(VsockSocketOptions.CONNECT_TIMEOUT, Duration.ofMillis(100));
    Errno expected =
        switch (ends.client().role()) {
          case HOST -> Errno.ESOCKTNOSUPPORT;
          case GUEST -> Errno.ETIMEDOUT;
          case ALONE -> Errno.ENODEV; // there is no transport to ask
        };

    Expect.errno(expected, () -> socket.connect(VsockAddress.of(UNKNOWN_CID, 7000), FOREVER));
  }

  @Case(
      id = "route-05",
      title = "CID 1 is the machine itself: both ends see the peer as CID 1",
      source = "vsock_use_local_transport, vsock_loopback_get_local_cid")
  void local(Ends ends) throws Exception {
    Pair pair = toItself(ends.client(), VsockAddress.CID_LOCAL);

    assertEquals(VsockAddress.CID_LOCAL, pair.client().remoteAddress().cid(), "the server");
    assertEquals(VsockAddress.CID_LOCAL, pair.server().remoteAddress().cid(), "the client");
    assertEquals(VsockAddress.CID_LOCAL, pair.server().localAddress().cid(), "the server's own");
  }

  @Case(
      id = "route-06",
      title = "The machine's own CID loops back: the server sees its CID, and its peer as CID 1",
      source = "vsock_use_local_transport, vsock_check_source")
  void ownCid(Ends ends) throws Exception {
    long cid = ends.client().machine().cid();

    Pair pair = toItself(ends.client(), cid);

    assertEquals(cid, pair.client().remoteAddress().cid(), "the server");
    assertEquals(cid, pair.server().localAddress().cid(), "the server's own");
    assertEquals(VsockAddress.CID_LOCAL, pair.server().remoteAddress().cid(), "the client");
  }

  @Case(
      id = "route-07",
      title = "CID 2 leads a guest to its host, and any other machine to itself",
      source = "vsock_use_local_transport")
  void host(Ends ends) throws Exception {
    if (ends.client().role() == Role.GUEST) {
      KernelSocket listener = ends.server().listener(STREAM, 1);
      VsockAddress address = VsockAddress.host(listener.localAddress().port());
      assertEquals(true, ends.client().stream().connect(address, FOREVER), "connected");
    } else {
      toItself(ends.client(), VsockAddress.CID_HOST);
    }
  }

  /** A connection of a machine with itself, that carries bytes both ways and ends well. */
  private static Pair toItself(End end, long cid) throws Exception {
    KernelSocket listener = end.listener(STREAM, 1);
    KernelSocket socket = end.stream();
    socket.connect(VsockAddress.of(cid, listener.localAddress().port()), FOREVER);
    Pair pair = new Pair(socket, Ends.accept(listener));
    Bytes.sendByte(pair.client());
    assertArrayEquals(new byte[] {'A'}, Bytes.receive(pair.server(), 1, 0), "to the server");
    Bytes.sendByte(pair.server());
    assertArrayEquals(new byte[] {'A'}, Bytes.receive(pair.client(), 1, 0), "to the client");
    return pair;
  }

  @Case(
      id = "route-08",
      title = "A refused socket connects to another CID, over another transport, with its port",
      source = "vsock_assign_transport, vsock_remove_sock")
  void otherTransport(Ends ends) throws Exception {
    long unused = ends.server().unusedPort();
    KernelSocket listener = ends.client().listener(STREAM, 1);
    KernelSocket socket = ends.client().stream();
    Expect.errno(Errno.ECONNRESET, () -> socket.connect(ends.server().at(unused), FOREVER));
    VsockAddress own = socket.localAddress();

    socket.connect(VsockAddress.local(listener.localAddress().port()), FOREVER);

    assertEquals(own, socket.localAddress(), "its name");
    assertEquals(own.port(), Ends.accept(listener).remoteAddress().port(), "its peer's view");
  }

  @Case(
      id = "route-09",
      title = "Guests do not reach each other through the kernel's vhost: ETIMEDOUT",
      source = "vhost_vsock_handle_tx_kick",
      guests = Guests.TWO)
  void siblingsApart(Ends ends) throws Exception {
    ends.onlyWithTwoMachines(ONE_KERNEL);
    ends.onlyIfClientIs(Role.GUEST, "The host reaches every guest.");
    KernelSocket listener = End.of(ends.otherGuest(), Role.GUEST).listener(STREAM, 1);
    VsockAddress address = VsockAddress.of(ends.otherGuest().cid(), listener.localAddress().port());

    Expect.errno(Errno.ETIMEDOUT, () -> impatient(ends).connect(address, FOREVER));
    assertEquals(null, listener.accept(KernelSocket.NO_WAIT), "a connection at the other guest");
  }

  @Case(
      id = "route-10",
      title = "Guests reach each other through a device that forwards, under their own CIDs",
      source = "vsock_assign_transport (VMADDR_FLAG_TO_HOST), vhost-device-vsock",
      guests = Guests.SIBLINGS)
  @KnownDifference(
      backend = "vhost",
      evidence =
          "There is no such device: vhost_vsock_handle_tx_kick drops what is not for the host, as"
              + " route-09 shows.")
  void siblings(Ends ends) throws Exception {
    ends.onlyWithTwoMachines(ONE_KERNEL);
    ends.onlyIfClientIs(Role.GUEST, "The host reaches every guest.");
    KernelSocket listener = End.of(ends.otherGuest(), Role.GUEST).listener(STREAM, 1);
    VsockAddress address = VsockAddress.of(ends.otherGuest().cid(), listener.localAddress().port());
    KernelSocket socket = ends.client().stream();

    socket.connect(address, FOREVER);
    KernelSocket accepted = Ends.accept(listener);

    assertEquals(address, accepted.localAddress(), "the server's own name");
    assertEquals(
        ends.client().at(socket.localAddress().port()), accepted.remoteAddress(), "the client");
    Bytes.sendByte(socket);
    assertArrayEquals(new byte[] {'A'}, Bytes.receive(accepted, 1, 0), "to the sibling");
    Bytes.sendByte(accepted);
    assertArrayEquals(new byte[] {'A'}, Bytes.receive(socket, 1, 0), "and back");
  }

  @Case(
      id = "route-11",
      title = "The host reaches each of its guests by its CID",
      source = "vhost_transport_send_pkt",
      guests = Guests.TWO)
  void twoGuests(Ends ends) throws Exception {
    ends.onlyWithTwoMachines(ONE_KERNEL);
    ends.onlyIfClientIs(Role.HOST, "The host alone has several guests.");
    KernelSocket listener = End.of(ends.otherGuest(), Role.GUEST).listener(STREAM, 1);
    VsockAddress address = VsockAddress.of(ends.otherGuest().cid(), listener.localAddress().port());

    ends.client().stream().connect(address, FOREVER);

    assertEquals(
        VsockAddress.CID_HOST,
        Ends.accept(listener).remoteAddress().cid(),
        "the other guest's peer");
  }
}
