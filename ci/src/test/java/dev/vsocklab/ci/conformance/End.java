package dev.vsocklab.ci.conformance;

import static dev.vsocklab.ci.conformance.SocketType.STREAM;

import dev.vsocklab.Machine;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import dev.vsocklab.spi.SocketLayer;
import java.io.IOException;

/**
 * One machine as a case uses it.
 *
 * @param machine the machine
 * @param layer its sockets
 * @param role what it is to the other
 */
record End(Machine machine, SocketLayer layer, Role role) {

  /** What a machine is: it decides which CIDs it may bind and where its packets go. */
  enum Role {
    /** CID 2, with guests. */
    HOST,
    /** A guest with a host. */
    GUEST,
    /** Both ends at once, in one kernel, through CID 1. */
    ALONE
  }

  static End of(Machine machine, Role role) {
    return new End(
        machine,
        machine
            .as(SocketLayer.class)
            .orElseThrow(() -> new AssertionError(machine.name() + " has no SocketLayer view")),
        role);
  }

  KernelSocket stream() throws ErrnoException, IOException {
    return layer.stream();
  }

  KernelSocket seqpacket() throws ErrnoException, IOException {
    return layer.seqpacket();
  }

  /** A port on this machine, as its peer calls it. */
  VsockAddress at(long port) {
    return VsockAddress.of(machine.cid(), port);
  }

  /** A socket bound to a port that the kernel chose, on any CID. */
  KernelSocket bound(SocketType type) throws ErrnoException, IOException {
    KernelSocket socket = type.open(layer);
    socket.bind(VsockAddress.any(VsockAddress.PORT_ANY));
    return socket;
  }

  /** A stream socket bound to an address. */
  KernelSocket bound(VsockAddress address) throws ErrnoException, IOException {
    KernelSocket socket = layer.stream();
    socket.bind(address);
    return socket;
  }

  /** A listener on a port that the kernel chose. */
  KernelSocket listener(SocketType type, int backlog) throws ErrnoException, IOException {
    KernelSocket socket = bound(type);
    socket.listen(backlog);
    return socket;
  }

  /** Where a socket of this machine can be reached by its peer. */
  VsockAddress addressOf(KernelSocket socket) throws ErrnoException, IOException {
    return at(socket.localAddress().port());
  }

  /** A port that nobody has. */
  long unusedPort() throws ErrnoException, IOException {
    KernelSocket socket = bound(STREAM);
    long port = socket.localAddress().port();
    socket.close();
    return port;
  }

  /** A view of the machine that the case cannot do without. */
  <T> T view(Class<T> type) {
    return machine
        .as(type)
        .orElseThrow(
            () -> new AssertionError(machine.name() + " has no view " + type.getSimpleName()));
  }

  @Override
  public String toString() {
    return machine.name();
  }
}
