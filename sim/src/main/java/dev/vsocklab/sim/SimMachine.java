package dev.vsocklab.sim;

import dev.vsocklab.GuestDevice;
import dev.vsocklab.Machine;
import dev.vsocklab.PortPrivilege;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockCapability;
import dev.vsocklab.VsockProvider;
import dev.vsocklab.sim.connection.CellVisits;
import dev.vsocklab.sim.engine.Engine;
import dev.vsocklab.sim.engine.FreeThreads;
import dev.vsocklab.sim.engine.SimSocketLayer;
import dev.vsocklab.sim.fabric.Fabric;
import dev.vsocklab.sim.fabric.Port;
import dev.vsocklab.sim.fault.Victim;
import dev.vsocklab.sim.kernel.KernelProfile;
import dev.vsocklab.sim.stack.Outlet;
import dev.vsocklab.sim.stack.Stack;
import dev.vsocklab.sim.stack.StackWatch;
import dev.vsocklab.sim.stack.Surroundings;
import dev.vsocklab.sim.wire.Packet;
import dev.vsocklab.spi.SocketLayer;
import dev.vsocklab.spi.nio.NioVsockProvider;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A simulated machine on a fabric: a host if its CID is 2, else a guest. Its peers may be simulated
 * or stand behind a virtio device; it cannot tell.
 */
public final class SimMachine implements Machine, AutoCloseable {
  private final String name;
  private final Fabric fabric;
  private final Engine engine;
  private final Stack stack;
  private final Port port = new StackPort();
  private final SocketLayer sockets;
  private final VsockProvider vsock;
  private final Map<Class<?>, Object> views = new HashMap<>();
  private final Map<Integer, PacketPeer> peers = new ConcurrentHashMap<>();
  private final StackWatch watch;
  private final SimVictim victim;

  /** What it sends goes nowhere: it crashed. */
  private volatile boolean crashed;

  private SimMachine(
      Fabric fabric, long cid, KernelProfile kernel, Engine engine, StackWatch watch) {
    this.engine = engine;
    this.name = cid == VsockAddress.CID_HOST ? "host" : "vm(" + cid + ")";
    this.fabric = fabric;
    this.watch = watch;
    this.stack = new Stack(cid, kernel, new FabricOutlet(), engine, fabric.visits(), watch);
    this.victim = new SimVictim(this, fabric, stack, engine);
    this.sockets = new SimSocketLayer(stack, engine, name, this::explainRefusal);
    this.vsock =
        new NioVsockProvider(
            sockets,
            EnumSet.of(
                VsockCapability.STREAM,
                VsockCapability.SEQPACKET,
                VsockCapability.SELECTOR,
                VsockCapability.SOCKET_FACES));
    views.put(SocketLayer.class, sockets);
    views.put(CellVisits.class, fabric.visits());
    views.put(PortPrivilege.class, (PortPrivilege) stack::mayBindPrivilegedPorts);
    views.put(PacketPeers.class, (PacketPeers) this::openPeer);
    if (cid > VsockAddress.CID_HOST) {
      views.put(GuestDevice.class, new Device());
    }
  }

  /**
   * Creates a machine with the default kernel and connects it.
   *
   * @param fabric the fabric
   * @param cid its CID
   * @return the machine
   * @throws IllegalStateException if the CID is taken on that fabric
   */
  public static SimMachine attach(Fabric fabric, long cid) {
    return attach(fabric, cid, KernelProfile.DEFAULT);
  }

  /**
   * Creates a machine and connects it.
   *
   * @param fabric the fabric
   * @param cid its CID; 1 makes a machine that has nothing but vsock_loopback
   * @param kernel which Linux it is
   * @return the machine
   * @throws IllegalStateException if the CID is taken on that fabric
   */
  public static SimMachine attach(Fabric fabric, long cid, KernelProfile kernel) {
    return attach(fabric, cid, kernel, StackWatch.NONE);
  }

  /**
   * Creates a machine that somebody looks on at, and connects it.
   *
   * @param fabric the fabric
   * @param cid its CID
   * @param kernel which Linux it is
   * @param watch who looks on, such as {@link dev.vsocklab.sim.check.Checkers}
   * @return the machine
   * @throws IllegalStateException if the CID is taken on that fabric
   */
  public static SimMachine attach(Fabric fabric, long cid, KernelProfile kernel, StackWatch watch) {
    return attach(fabric, cid, kernel, new FreeThreads(), watch);
  }

  /** Creates a machine that an engine runs, and connects it; closing it closes its engine. */
  static SimMachine attach(
      Fabric fabric, long cid, KernelProfile kernel, Engine engine, StackWatch watch) {
    SimMachine machine = new SimMachine(fabric, cid, kernel, engine, watch);
    fabric.attach(cid, machine.port);
    return machine;
  }

  @Override
  public long cid() {
    return stack.cid();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public VsockProvider vsock() {
    return vsock;
  }

  @Override
  public <T> Optional<T> as(Class<T> type) {
    return Optional.ofNullable(views.get(type)).map(type::cast);
  }

  /** Closes every socket that was opened on the machine and disconnects it. */
  @Override
  public void close() {
    stack.close();
    engine.close();
    fabric.detach(cid(), port);
  }

  /**
   * The machine, for faults that strike it as a whole.
   *
   * @return always the same object
   */
  public Victim victim() {
    return victim;
  }

  /**
   * The machine's sockets, for reports and checkers.
   *
   * @return always the same stack
   */
  public Stack stack() {
    return stack;
  }

  /**
   * What runs the machine's timers.
   *
   * @return the engine
   */
  public Surroundings timers() {
    return engine;
  }

  /** It is gone without a word; its sockets are closed, as for a program that was killed. */
  void crash() {
    crashed = true;
    fabric.detach(cid(), port);
    stack.close();
  }

  /** It is there again, with no socket. */
  void restart() {
    if (crashed) {
      crashed = false;
      fabric.attach(cid(), port);
    }
  }

  /** As {@link GuestDevice#resetTransport(long)}. */
  void resetTransport(long newCid) {
    long oldCid = cid();
    if (newCid != oldCid) {
      fabric.attach(newCid, port);
    }
    stack.transportReset(newCid);
    if (newCid == oldCid) {
      fabric.tellGone(oldCid);
    } else {
      fabric.detach(oldCid, port);
    }
  }

  private PacketPeer openPeer(long peerPort) {
    VsockAddress address = VsockAddress.of(cid(), peerPort);
    PacketPeer peer =
        new PacketPeer(fabric, engine, watch, address, () -> peers.remove((int) peerPort));
    if (peers.putIfAbsent((int) peerPort, peer) != null) {
      throw new IllegalStateException("Port " + peerPort + " of " + name + " has a peer already.");
    }
    return peer;
  }

  private String explainRefusal(VsockAddress remote) {
    long target = remote.cid() == VsockAddress.CID_LOCAL ? cid() : remote.cid();
    return fabric.explainRefusal(VsockAddress.of(target, remote.port()));
  }

  @Override
  public String toString() {
    return name;
  }

  private final class StackPort implements Port {
    @Override
    public void receive(Packet packet) {
      PacketPeer peer = peers.isEmpty() ? null : peers.get(packet.header().dstPort());
      if (peer == null) {
        stack.receive(packet);
      } else {
        peer.take(packet);
      }
    }

    @Override
    public void peerGone(long peerCid) {
      stack.peerGone(peerCid);
    }

    @Override
    public String explainRefusal(long refusedPort) {
      return stack.explainRefusal(name, refusedPort);
    }
  }

  private final class Device implements GuestDevice {
    @Override
    public void resetTransport() {
      SimMachine.this.resetTransport(cid());
    }

    @Override
    public void resetTransport(long newCid) {
      SimMachine.this.resetTransport(newCid);
    }

    @Override
    public void unplug() {
      stack.transportReset(cid());
      fabric.detach(cid(), port);
    }
  }

  private final class FabricOutlet implements Outlet {
    @Override
    public void carry(Packet packet) {
      if (!crashed) {
        fabric.carry(packet);
      }
    }

    @Override
    public boolean reaches(long peerCid) {
      return fabric.isAttached(peerCid);
    }
  }
}
