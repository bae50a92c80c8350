package dev.vsocklab.sim.stack;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.sim.connection.PacketRules;
import dev.vsocklab.sim.connection.Reaction;
import dev.vsocklab.sim.connection.Row;
import dev.vsocklab.sim.credit.BufferSizes;
import dev.vsocklab.sim.credit.ReceiveShape;
import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.Op;
import dev.vsocklab.sim.wire.Packet;
import dev.vsocklab.spi.ErrnoException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One machine's AF_VSOCK: makes sockets, finds the socket that a packet is for, chooses transports.
 *
 * <p>Source: Linux {@code af_vsock.c}, {@code virtio_transport_recv_pkt}, {@code
 * vsock_assign_transport}. A simulated machine has its main transport and vsock_loopback loaded,
 * and its programs may bind privileged ports.
 */
public final class Stack {
  private final long cid;
  private final Transport main;
  private final Outlet outlet;
  private final Surroundings surroundings;
  private final BoundTable bound;
  private final ConnectedTable connected = new ConnectedTable();

  /** Every socket that was made and is not gone, so that closing the machine finds all. */
  private final Set<Sock> living = ConcurrentHashMap.newKeySet();

  /**
   * Creates a machine's stack.
   *
   * @param cid its CID: 2 makes it a host, with vhost_vsock; any other a guest
   * @param outlet where packets for other machines go
   * @param surroundings the engine
   */
  public Stack(long cid, Outlet outlet, Surroundings surroundings) {
    this.cid = cid;
    this.main = cid == VsockAddress.CID_HOST ? Transport.HOST_TO_GUEST : Transport.GUEST_TO_HOST;
    this.outlet = outlet;
    this.surroundings = surroundings;
    this.bound = new BoundTable(surroundings);
  }

  /**
   * socket().
   *
   * @return a new SOCK_STREAM socket
   */
  public Sock socket() {
    return newSock(BufferSizes.DEFAULT, Sock.DEFAULT_CONNECT_TIMEOUT_NANOS);
  }

  Sock newSock(BufferSizes sizes, long connectTimeoutNanos) {
    Sock sock = new Sock(this, sizes, connectTimeoutNanos);
    living.add(sock);
    return sock;
  }

  void forget(Sock sock) {
    living.remove(sock);
  }

  /**
   * Takes a packet from another machine.
   *
   * @param packet the packet
   */
  public void receive(Packet packet) {
    receive(packet, main);
  }

  private void receive(Packet packet, Transport from) {
    Header header = packet.header();
    Sock sock = connected.find(header);
    if (sock == null) {
      sock =
          bound.lookUp(
              header.dstCid() & VsockAddress.MAX_VALUE, Integer.toUnsignedLong(header.dstPort()));
    }
    boolean wanted;
    if (sock == null || header.type() != Header.TYPE_STREAM) {
      Op op = header.op();
      wanted = PacketRules.reaction(Row.NO_CONNECTION, op) != Reaction.REPLY_RST;
    } else {
      wanted = sock.receive(packet, from);
    }
    if (!wanted) {
      replyReset(header, from);
    }
  }

  private void replyReset(Header offender, Transport from) {
    Packet reset = Packet.of(offender.resetInReply());
    if (from == Transport.LOOPBACK) {
      receive(reset, Transport.LOOPBACK);
    } else {
      outlet.carry(reset);
    }
  }

  /** Hands one of this machine's packets over. No lock is held. */
  void carry(Packet packet) {
    long dst = packet.header().dstCid();
    if (packet.header().srcCid() == VsockAddress.CID_LOCAL
        || transportFor(dst) == Transport.LOOPBACK) {
      receive(packet, Transport.LOOPBACK);
    } else {
      outlet.carry(packet);
    }
  }

  /**
   * Another machine is gone.
   *
   * @param peerCid its CID
   */
  public void peerGone(long peerCid) {
    for (Sock sock : connected.all()) {
      if (sock.transport() == main && sock.remoteCid() == peerCid) {
        sock.peerMachineGone();
      }
    }
  }

  /** Closes every socket, as the end of the machine does. */
  public void close() {
    for (Sock sock : List.copyOf(living)) {
      sock.lock();
      try {
        sock.close();
        sock.cancelCloseTimer();
      } finally {
        sock.unlock();
      }
    }
    living.clear();
  }

  /**
   * The transport that leads to a CID.
   *
   * @param remoteCid the other end
   * @return the transport, or null: ENODEV
   */
  @Nullable Transport transportFor(long remoteCid) {
    if (remoteCid == VsockAddress.CID_LOCAL || remoteCid == cid) {
      return Transport.LOOPBACK;
    }
    if (main == Transport.GUEST_TO_HOST) {
      return Transport.GUEST_TO_HOST;
    }
    return remoteCid <= VsockAddress.CID_HOST ? null : Transport.HOST_TO_GUEST;
  }

  /** vhost knows its guests; a guest's driver hands everything to the host, which may drop it. */
  boolean reaches(Transport transport, long remoteCid) {
    return transport != Transport.HOST_TO_GUEST || outlet.reaches(remoteCid);
  }

  /** The CID that a transport calls this machine. */
  long cidAs(@Nullable Transport transport) {
    return transport == Transport.LOOPBACK ? VsockAddress.CID_LOCAL : cid;
  }

  ReceiveShape receiveShape(@Nullable Transport transport) {
    return transport == Transport.GUEST_TO_HOST ? ReceiveShape.GUEST : ReceiveShape.HOST;
  }

  void checkLocal(long wanted) throws ErrnoException {
    if (wanted != VsockAddress.CID_ANY && wanted != VsockAddress.CID_LOCAL && wanted != cid) {
      throw new ErrnoException(
          Errno.EADDRNOTAVAIL,
          "CID " + wanted + " is not this machine's; it has " + cid + " and 1, or bind any");
    }
  }

  /**
   * Why a connect to one of this machine's ports was refused, for the error message.
   *
   * @param machine the machine's name
   * @param port the port
   * @return one or two clauses
   */
  public String explainRefusal(String machine, long port) {
    List<String> listeners =
        bound.all().stream().map(Sock::listenerSummary).filter(s -> s != null).sorted().toList();
    boolean listening = listeners.stream().anyMatch(s -> s.startsWith(port + " "));
    String why =
        listening
            ? "the backlog of " + machine + " port " + port + " is full"
            : "nobody listens on " + machine + " port " + port;
    return why
        + ". Listening on "
        + machine
        + ": "
        + (listeners.isEmpty() ? "nothing" : listeners.stream().collect(Collectors.joining(", ")));
  }

  BoundTable bound() {
    return bound;
  }

  ConnectedTable connected() {
    return connected;
  }

  Surroundings surroundings() {
    return surroundings;
  }
}
