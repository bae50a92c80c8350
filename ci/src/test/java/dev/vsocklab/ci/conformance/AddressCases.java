package dev.vsocklab.ci.conformance;

import static dev.vsocklab.ci.conformance.SocketType.SEQPACKET;
import static dev.vsocklab.ci.conformance.SocketType.STREAM;
import static dev.vsocklab.spi.KernelSocket.FOREVER;
import static dev.vsocklab.spi.KernelSocket.NO_WAIT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.vsocklab.Errno;
import dev.vsocklab.PortPrivilege;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.ci.conformance.End.Role;
import dev.vsocklab.spi.KernelSocket;
import java.net.StandardSocketOptions;
import java.util.List;

/** Which addresses a machine may bind, and which of its sockets a packet finds. */
final class AddressCases {
  /** Linux's MAX_PORT_RETRIES. */
  private static final int PORT_TRIES = 24;

  private static final long LAST_PRIVILEGED_PORT = 1023;

  @Case(
      id = "addr-01",
      title = "A listener on any CID is reached from the peer and through CID 1",
      source = "__vsock_find_bound_socket")
  void anyCid(Ends ends) throws Exception {
    KernelSocket listener = ends.server().listener(STREAM, 2);
    long port = listener.localAddress().port();

    ends.connect(ends.client().stream(), listener);
    ends.server().stream().connect(VsockAddress.local(port), FOREVER);
  }

  @Case(
      id = "addr-02",
      title = "A listener on CID 1 is reached through CID 1, and not from the peer",
      source = "vsock_find_cid, __vsock_find_bound_socket")
  void localCid(Ends ends) throws Exception {
    ends.onlyWithTwoMachines("Both ends have CID 1.");
    long port = ends.server().unusedPort();
    KernelSocket listener = ends.server().bound(VsockAddress.local(port));
    listener.listen(1);

    ends.server().stream().connect(VsockAddress.local(port), FOREVER);
    Expect.errno(
        Errno.ECONNRESET,
        "from the peer",
        () -> ends.client().stream().connect(ends.server().at(port), FOREVER));
  }

  @Case(
      id = "addr-03",
      title = "A listener on the machine's own CID is reached from the peer, and not through CID 1",
      source = "vsock_find_cid, __vsock_find_bound_socket")
  void ownCid(Ends ends) throws Exception {
    ends.onlyWithTwoMachines("The machine's own CID is 1.");
    long port = ends.server().unusedPort();
    KernelSocket listener = ends.server().bound(ends.server().at(port));
    listener.listen(1);

    ends.connect(ends.client().stream(), listener);
    Expect.errno(
        Errno.ECONNRESET,
        "through CID 1",
        () -> ends.server().stream().connect(VsockAddress.local(port), FOREVER));
  }

  @Case(
      id = "addr-04",
      title = "A CID that is not the machine's: EADDRNOTAVAIL, CID 2 too where no host is",
      source = "__vsock_bind, vsock_find_cid")
  void foreignCid(Ends ends) throws Exception {
    for (long cid : List.of(0L, 3L, 77L, 4294967294L)) {
      assertNotAvailable(ends.client(), cid);
    }
    if (ends.client().role() == Role.HOST) {
      ends.client().bound(VsockAddress.host(VsockAddress.PORT_ANY));
      assertNotAvailable(ends.client(), ends.server().machine().cid());
    } else {
      assertNotAvailable(ends.client(), VsockAddress.CID_HOST);
    }
  }

  private static void assertNotAvailable(End end, long cid) throws Exception {
    VsockAddress address = VsockAddress.of(cid, VsockAddress.PORT_ANY);
    Expect.errno(Errno.EADDRNOTAVAIL, "CID " + cid, () -> end.bound(address));
  }

  @Case(
      id = "addr-05",
      title = "Ports up to 1023 without CAP_NET_BIND_SERVICE: EACCES; from 1024 on they are free",
      source = "__vsock_bind_connectible")
  void privilegedPorts(Ends ends) throws Exception {
    PortPrivilege privilege = ends.client().view(PortPrivilege.class);
    KernelSocket before = ends.client().bound(VsockAddress.any(LAST_PRIVILEGED_PORT));

    privilege.mayBindPrivilegedPorts(false);

    for (long port : List.of(0L, 1L, 22L, LAST_PRIVILEGED_PORT)) {
      VsockAddress address = VsockAddress.any(port);
      Expect.errno(Errno.EACCES, "port " + port, () -> ends.client().bound(address));
    }
    ends.client().bound(VsockAddress.any(LAST_PRIVILEGED_PORT + 1));
    assertEquals(LAST_PRIVILEGED_PORT, before.localAddress().port(), "bound before, still bound");
    privilege.mayBindPrivilegedPorts(true);
    ends.client().bound(VsockAddress.any(22));
  }

  @Case(
      id = "addr-06",
      title = "A port twice, on the same CID, on any and one, in either order: EADDRINUSE",
      source = "__vsock_find_bound_socket")
  void doubleBind(Ends ends) throws Exception {
    long first = ends.client().bound(STREAM).localAddress().port();
    long second = ends.client().unusedPort();
    ends.client().bound(VsockAddress.local(second));

    assertInUse(ends.client(), VsockAddress.any(first));
    assertInUse(ends.client(), VsockAddress.local(first));
    assertInUse(ends.client(), VsockAddress.any(second));
    assertInUse(ends.client(), VsockAddress.local(second));
  }

  private static void assertInUse(End end, VsockAddress address) throws Exception {
    Expect.errno(Errno.EADDRINUSE, address.toString(), () -> end.bound(address));
  }

  @Case(
      id = "addr-07",
      title = "STREAM and SEQPACKET share their ports: EADDRINUSE",
      source = "__vsock_find_bound_socket")
  void sharedByTypes(Ends ends) throws Exception {
    long stream = ends.client().bound(STREAM).localAddress().port();
    long seqpacket = ends.client().bound(SEQPACKET).localAddress().port();

    assertInUse(ends.client(), VsockAddress.any(seqpacket));
    Expect.errno(Errno.EADDRINUSE, () -> ends.client().seqpacket().bind(VsockAddress.any(stream)));
  }

  @Case(
      id = "addr-08",
      title = "SO_REUSEADDR changes nothing: EADDRINUSE",
      source = "__vsock_bind_connectible")
  void reuseAddress(Ends ends) throws Exception {
    KernelSocket first = ends.client().stream();
    first.setOption(StandardSocketOptions.SO_REUSEADDR, true);
    first.bind(VsockAddress.any(VsockAddress.PORT_ANY));
    KernelSocket second = ends.client().stream();
    second.setOption(StandardSocketOptions.SO_REUSEADDR, true);

    Expect.errno(Errno.EADDRINUSE, () -> second.bind(first.localAddress()));
  }

  @Case(
      id = "addr-09",
      title = "One port on two CIDs of the machine: each is reached by its own CID",
      source = "__vsock_find_bound_socket")
  void onePortOnTwoCids(Ends ends) throws Exception {
    ends.onlyWithTwoMachines("The machine has one CID alone.");
    End end = ends.server();
    long port = end.unusedPort();
    KernelSocket local = end.bound(VsockAddress.local(port));
    KernelSocket own = end.bound(end.at(port));
    local.listen(1);
    own.listen(1);
    assertInUse(end, VsockAddress.any(port));

    end.stream().connect(VsockAddress.local(port), FOREVER);
    ends.client().stream().connect(end.at(port), FOREVER);

    assertEquals(VsockAddress.local(port), Ends.accept(local).localAddress(), "through CID 1");
    assertEquals(end.at(port), Ends.accept(own).localAddress(), "from the peer");
  }

  @Case(
      id = "addr-10",
      title = "Automatic ports are above 1023 and each is the one before plus one",
      source = "__vsock_bind_connectible")
  void automaticPorts(Ends ends) throws Exception {
    long first = ends.client().bound(STREAM).localAddress().port();
    long second = ends.client().bound(SEQPACKET).localAddress().port();
    long third = ends.stream().client().localAddress().port();

    assertTrue(first > LAST_PRIVILEGED_PORT, "port " + first);
    assertEquals(first + 1, second, "the next, of the other socket type");
    assertTrue(third > second, "the one that connect() bound, " + third + " after " + second);
  }

  @Case(
      id = "addr-11",
      title = "An automatic port skips those that are taken",
      source = "__vsock_bind_connectible")
  void takenPortsAreSkipped(Ends ends) throws Exception {
    long first = ends.client().bound(STREAM).localAddress().port();
    for (int i = 1; i < PORT_TRIES; i++) {
      ends.client().bound(VsockAddress.any(first + i));
    }

    assertEquals(
        first + PORT_TRIES, ends.client().bound(STREAM).localAddress().port(), "the 24th try");
  }

  @Case(
      id = "addr-12",
      title = "24 taken in a row: bind() is EADDRNOTAVAIL, and the next goes on behind them",
      source = "__vsock_bind_connectible")
  void noPortLeft(Ends ends) throws Exception {
    long first = ends.client().bound(STREAM).localAddress().port();
    for (int i = 1; i <= PORT_TRIES; i++) {
      ends.client().bound(VsockAddress.any(first + i));
    }

    Expect.errno(Errno.EADDRNOTAVAIL, () -> ends.client().bound(STREAM));
    assertEquals(
        first + PORT_TRIES + 1, ends.client().bound(STREAM).localAddress().port(), "the next");
  }

  @Case(
      id = "addr-13",
      title = "A closed socket that never connected frees its port at once",
      source = "virtio_transport_close")
  void closedListener(Ends ends) throws Exception {
    KernelSocket listener = ends.client().listener(STREAM, 1);
    VsockAddress address = listener.localAddress();

    listener.close();

    ends.client().bound(address);
  }

  @Case(
      id = "addr-14",
      title = "Port 0 and port 4294967294 are ports like any other",
      source = "__vsock_bind_connectible")
  void firstAndLastPort(Ends ends) throws Exception {
    for (long port : List.of(0L, 4294967294L)) {
      KernelSocket listener = ends.server().bound(VsockAddress.any(port));
      listener.listen(1);

      Pair pair = ends.connect(ends.client().stream(), listener);

      assertEquals(ends.server().at(port), pair.client().remoteAddress(), "the peer's name");
    }
  }

  @Case(
      id = "addr-15",
      title = "A client that bound before it connects keeps its address, and its peer sees it",
      source = "vsock_connect, virtio_transport_recv_listen")
  void boundClient(Ends ends) throws Exception {
    VsockAddress address = ends.client().at(ends.client().unusedPort());
    KernelSocket listener = ends.server().listener(STREAM, 1);

    Pair pair = ends.connect(ends.client().bound(address), listener);

    assertEquals(address, pair.client().localAddress(), "its own name");
    assertEquals(address, pair.server().remoteAddress(), "as the peer sees it");
  }

  @Case(
      id = "addr-16",
      title = "The CID that the machine calls its own: a guest's, else 2, else 1",
      source = "vsock_dev_do_ioctl")
  void localCidOfMachine(Ends ends) throws Exception {
    assertEquals(ends.client().machine().cid(), ends.client().layer().localCid(), "the CID");
  }

  @Case(
      id = "addr-17",
      title = "connect() with every automatic port taken: EADDRNOTAVAIL",
      source = "vsock_auto_bind")
  void noPortForConnect(Ends ends) throws Exception {
    KernelSocket listener = ends.server().listener(STREAM, 1);
    VsockAddress address = ends.server().addressOf(listener);
    if (ends.client().role() == Role.ALONE) {
      abort("The listener's port is one of the client's, whose automatic ports are to be taken.");
    }
    long first = ends.client().bound(STREAM).localAddress().port();
    for (int i = 1; i <= PORT_TRIES; i++) {
      ends.client().bound(VsockAddress.any(first + i));
    }
    KernelSocket socket = ends.client().stream();

    Expect.errno(Errno.EADDRNOTAVAIL, () -> socket.connect(address, NO_WAIT));
    assertTrue(socket.connect(address, FOREVER), "the next connect() finds a port");
  }
}
