package dev.vsocklab.sim.stack;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.sim.connection.CellVisits;
import dev.vsocklab.sim.connection.PacketRules;
import dev.vsocklab.sim.connection.Reaction;
import dev.vsocklab.sim.connection.Row;
import dev.vsocklab.sim.credit.BufferSizes;
import dev.vsocklab.sim.credit.ReceiveShape;
import dev.vsocklab.sim.kernel.KernelProfile;
import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.Op;
import dev.vsocklab.sim.wire.Packet;
import dev.vsocklab.sim.wire.SocketType;
import dev.vsocklab.spi.ErrnoException;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One machine's AF_VSOCK: makes sockets, finds the socket that a packet is for, chooses transports.
 *
 * <p>Source: Linux {@code af_vsock.c}, {@code virtio_transport_recv_pkt}, {@code
 * vsock_assign_transport}. A simulated machine has vsock_loopback loaded, and its main transport if
 * it has one; its programs may bind privileged ports until that is taken from them.
 */
public final class Stack {
  private volatile long cid;
  private final @Nullable Transport main;
  private final KernelProfile kernel;
  private final Outlet outlet;
  private final Surroundings surroundings;
  private final BoundTable bound;
  private final ConnectedTable connected = new ConnectedTable();

  private final CellVisits visits;
  private final StackWatch watch;
  private volatile int firstCount;
  private volatile @Nullable CallLimits callLimits;
  private volatile boolean mayBindPrivilegedPorts = true;

  /** Every socket that was made and is not gone, so that closing the machine finds all. */
  private final Set<Sock> living = ConcurrentHashMap.newKeySet();

  private final AtomicLong made = new AtomicLong();

  private final Consumer<Packet> wayOut = this::carryOut;
  private final Consumer<Packet> wayBack = this::carryBack;

  /**
   * Creates a machine's stack.
   *
   * @param cid its CID: 2 makes it a host, with vhost_vsock; 1 a machine by itself, with nothing
   *     but vsock_loopback; any other a guest
   * @param kernel which Linux it is
   * @param outlet where packets for other machines go
   * @param surroundings the engine
   * @param visits what counts the cells of {@link PacketRules} that packets meet
   */
  public Stack(
      long cid, KernelProfile kernel, Outlet outlet, Surroundings surroundings, CellVisits visits) {
    this(cid, kernel, outlet, surroundings, visits, StackWatch.NONE);
  }

  /**
   * Creates a machine's stack that somebody looks on at.
   *
   * @param cid its CID, as above
   * @param kernel which Linux it is
   * @param outlet where packets for other machines go
   * @param surroundings the engine
   * @param visits what counts the cells of {@link PacketRules} that packets meet
   * @param watch who looks on
   */
  public Stack(
      long cid,
      KernelProfile kernel,
      Outlet outlet,
      Surroundings surroundings,
      CellVisits visits,
      StackWatch watch) {
    this.cid = cid;
    this.kernel = kernel;
    if (cid == VsockAddress.CID_LOCAL) {
      this.main = null;
    } else {
      this.main = cid == VsockAddress.CID_HOST ? Transport.HOST_TO_GUEST : Transport.GUEST_TO_HOST;
    }
    this.outlet = outlet;
    this.surroundings = surroundings;
    this.visits = visits;
    this.watch = watch;
    this.bound = new BoundTable(surroundings);
  }

  /**
   * socket().
   *
   * @param type what kind
   * @return a new socket
   */
  public Sock socket(SocketType type) {
    return newSock(type, BufferSizes.DEFAULT, Sock.DEFAULT_CONNECT_TIMEOUT_NANOS);
  }

  Sock newSock(SocketType type, BufferSizes sizes, long connectTimeoutNanos) {
    Sock sock = new Sock(this, made.getAndIncrement(), type, sizes, connectTimeoutNanos);
    living.add(sock);
    return sock;
  }

  void forget(Sock sock) {
    living.remove(sock);
  }

  /**
   * Takes a packet from another machine.
   *
   * @param packet the packet, with as much payload as its header says
   */
  public void receive(Packet packet) {
    Transport from = main;
    if (from != null) {
      receive(packet, from);
    }
  }

  private void receive(Packet packet, Transport from) {
    Header header = packet.header();
    Sock sock = SocketType.isKnown(header.type()) ? find(header) : null;
    boolean wanted;
    if (sock == null || header.type() != sock.type().wireValue()) {
      Op op = header.op();
      visits.visited(Row.NO_CONNECTION, op);
      if (op == Op.REQUEST) {
        watch.requestArrived(Row.NO_CONNECTION, header);
      }
      wanted = PacketRules.reaction(Row.NO_CONNECTION, op) != Reaction.REPLY_RST;
    } else {
      wanted = sock.receive(packet, from);
    }
    if (!wanted) {
      replyReset(header, from);
    }
  }

  private @Nullable Sock find(Header header) {
    Sock sock = connected.find(header);
    return sock != null
        ? sock
        : bound.lookUp(
            header.dstCid() & VsockAddress.MAX_VALUE, Integer.toUnsignedLong(header.dstPort()));
  }

  private void replyReset(Header offender, Transport from) {
    watch.resets(offender);
    Packet reset = Packet.of(offender.resetInReply());
    surroundings.carry(reset, from == Transport.LOOPBACK ? wayBack : wayOut);
  }

  /** Hands one of this machine's packets over. No lock is held. */
  void carry(Packet packet) {
    surroundings.carry(
        packet, packet.header().srcCid() == VsockAddress.CID_LOCAL ? wayBack : wayOut);
  }

  private void carryOut(Packet packet) {
    outlet.carry(packet);
  }

  private void carryBack(Packet packet) {
    receive(packet, Transport.LOOPBACK);
  }

  /**
   * The guest's transport was reset: its connections are over.
   *
   * @param newCid the CID that it has from now on
   */
  public void transportReset(long newCid) {
    cid = newCid;
    for (Sock sock : inOrder(connected.all())) {
      if (sock.transport() == main) {
        sock.transportReset();
      }
    }
  }

  /**
   * Another machine is gone.
   *
   * @param peerCid its CID
   */
  public void peerGone(long peerCid) {
    for (Sock sock : inOrder(connected.all())) {
      if (sock.transport() == main && sock.remoteCid() == peerCid) {
        sock.peerMachineGone();
      }
    }
  }

  /** Closes every socket as its program's end does; what is opened later is the next program's. */
  public void closeSockets() {
    for (Sock sock : inOrder(living)) {
      sock.lock();
      try {
        sock.beginClose();
        sock.finishClose();
      } finally {
        sock.unlock();
      }
    }
  }

  /** Closes every socket, as the end of the machine does, and forgets them all. */
  public void close() {
    showLast(inOrder(bound.all()));
    showLast(inOrder(connected.all()));
    for (Sock sock : inOrder(living)) {
      sock.lock();
      try {
        sock.beginClose();
        sock.finishClose();
        sock.cancelCloseTimer();
      } finally {
        sock.unlock();
      }
    }
    living.clear();
    bound.clear();
    connected.clear();
  }

  private void showLast(List<Sock> sockets) {
    for (Sock sock : sockets) {
      sock.lock();
      try {
        watch.machineEnds(sock);
      } finally {
        sock.unlock();
      }
    }
  }

  /**
   * Its sockets, for a report.
   *
   * @return those that are in a table or were not closed
   */
  public List<Sock> sockets() {
    Set<Sock> all = new HashSet<>(living);
    all.addAll(bound.all());
    all.addAll(connected.all());
    return inOrder(all);
  }

  /** As they were made: a hash table's own order would make runs differ. */
  private static List<Sock> inOrder(Collection<Sock> socks) {
    return socks.stream().sorted(Comparator.comparingLong(Sock::number)).toList();
  }

  /**
   * The transport that leads to a CID.
   *
   * @param remoteCid the other end
   * @return the transport, or null: ENODEV
   */
  @Nullable Transport transportFor(long remoteCid) {
    boolean own = main == null ? remoteCid == VsockAddress.CID_HOST : remoteCid == cid;
    if (remoteCid == VsockAddress.CID_LOCAL || own) {
      return Transport.LOOPBACK;
    }
    if (main == Transport.HOST_TO_GUEST && remoteCid <= VsockAddress.CID_HOST) {
      return null;
    }
    return main;
  }

  /** vhost knows its guests; a guest's driver hands everything to the host, which may drop it. */
  boolean reaches(Transport transport, long remoteCid) {
    return transport != Transport.HOST_TO_GUEST || outlet.reaches(remoteCid);
  }

  /** The CID that a transport calls this machine. */
  long cidAs(@Nullable Transport transport) {
    return transport == Transport.LOOPBACK ? VsockAddress.CID_LOCAL : cid;
  }

  ReceiveShape receiveShape(Transport transport) {
    return transport == Transport.GUEST_TO_HOST ? ReceiveShape.GUEST : ReceiveShape.WHOLE;
  }

  void checkMayBind(VsockAddress wanted) throws ErrnoException {
    long wantedCid = wanted.cid();
    if (wantedCid != VsockAddress.CID_ANY
        && wantedCid != VsockAddress.CID_LOCAL
        && wantedCid != cid) {
      throw new ErrnoException(
          Errno.EADDRNOTAVAIL,
          "CID " + wantedCid + " is not this machine's; it has " + cid + " and 1, or bind any");
    }
    if (wanted.port() <= BoundTable.LAST_RESERVED_PORT && !mayBindPrivilegedPorts) {
      throw new ErrnoException(
          Errno.EACCES, "ports up to 1023 need CAP_NET_BIND_SERVICE, which was taken away");
    }
  }

  /**
   * CAP_NET_BIND_SERVICE of this machine's programs.
   *
   * @param mayBind whether they have it
   */
  public void mayBindPrivilegedPorts(boolean mayBind) {
    mayBindPrivilegedPorts = mayBind;
  }

  /**
   * This machine's own CID.
   *
   * @return the CID; 1 if it has nothing but vsock_loopback
   */
  public long cid() {
    return cid;
  }

  KernelProfile kernel() {
    return kernel;
  }

  CellVisits visits() {
    return visits;
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

  /** What messages call the machine. */
  @Override
  public String toString() {
    return cid == VsockAddress.CID_HOST ? "host" : "vm(" + cid + ")";
  }

  /**
   * Who looks on.
   *
   * @return the onlooker
   */
  public StackWatch watch() {
    return watch;
  }

  /** Where byte counters of new connections begin. */
  int firstCount() {
    return firstCount;
  }

  /**
   * Lets the byte counters of new connections begin elsewhere than at 0; their peers' too.
   *
   * @param first where, modulo 2^32
   */
  public void beginCountersAt(int first) {
    firstCount = first;
  }

  /**
   * What cuts calls short.
   *
   * @return the limits, or null if there are none
   */
  public @Nullable CallLimits callLimits() {
    return callLimits;
  }

  /**
   * Cuts calls short from now on.
   *
   * @param limits how, or null for not at all
   */
  public void limitCalls(@Nullable CallLimits limits) {
    callLimits = limits;
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
