package dev.vsocklab.sim;

import dev.vsocklab.Machine;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockCapability;
import dev.vsocklab.VsockProvider;
import dev.vsocklab.sim.engine.FreeThreads;
import dev.vsocklab.sim.engine.SimSocketLayer;
import dev.vsocklab.sim.fabric.Fabric;
import dev.vsocklab.sim.fabric.Port;
import dev.vsocklab.sim.stack.Outlet;
import dev.vsocklab.sim.stack.Stack;
import dev.vsocklab.sim.wire.Packet;
import dev.vsocklab.spi.SocketLayer;
import dev.vsocklab.spi.nio.NioVsockProvider;
import java.util.EnumSet;
import java.util.Optional;

/**
 * A simulated machine on a fabric: a host if its CID is 2, else a guest. Its peers may be simulated
 * or stand behind a virtio device; it cannot tell.
 */
public final class SimMachine implements Machine, AutoCloseable {
  private final long cid;
  private final String name;
  private final Fabric fabric;
  private final FreeThreads engine = new FreeThreads();
  private final Stack stack;
  private final Port port = new StackPort();
  private final SocketLayer sockets;
  private final VsockProvider vsock;

  private SimMachine(Fabric fabric, long cid) {
    this.cid = cid;
    this.name = cid == VsockAddress.CID_HOST ? "host" : "vm(" + cid + ")";
    this.fabric = fabric;
    this.stack = new Stack(cid, new FabricOutlet(), engine);
    this.sockets = new SimSocketLayer(stack, cid, name, this::explainRefusal);
    this.vsock =
        new NioVsockProvider(
            sockets,
            EnumSet.of(
                VsockCapability.STREAM, VsockCapability.SELECTOR, VsockCapability.SOCKET_FACES));
  }

  /**
   * Creates a machine and connects it.
   *
   * @param fabric the fabric
   * @param cid its CID
   * @return the machine
   * @throws IllegalStateException if the CID is taken on that fabric
   */
  public static SimMachine attach(Fabric fabric, long cid) {
    SimMachine machine = new SimMachine(fabric, cid);
    fabric.attach(cid, machine.port);
    return machine;
  }

  @Override
  public long cid() {
    return cid;
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
    return type == SocketLayer.class ? Optional.of(type.cast(sockets)) : Optional.empty();
  }

  /** Closes every socket that was opened on the machine and disconnects it. */
  @Override
  public void close() {
    stack.close();
    engine.close();
    fabric.detach(cid, port);
  }

  private String explainRefusal(VsockAddress remote) {
    long target = remote.cid() == VsockAddress.CID_LOCAL ? cid : remote.cid();
    return fabric.explainRefusal(VsockAddress.of(target, remote.port()));
  }

  @Override
  public String toString() {
    return name;
  }

  private final class StackPort implements Port {
    @Override
    public void receive(Packet packet) {
      stack.receive(packet);
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

  private final class FabricOutlet implements Outlet {
    @Override
    public void carry(Packet packet) {
      fabric.carry(packet);
    }

    @Override
    public boolean reaches(long peerCid) {
      return fabric.isAttached(peerCid);
    }
  }
}
