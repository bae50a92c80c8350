package dev.vsocklab.sim.engine;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.sim.fabric.Fabric;
import dev.vsocklab.sim.fabric.Port;
import dev.vsocklab.sim.kernel.KernelProfile;
import dev.vsocklab.sim.stack.Outlet;
import dev.vsocklab.sim.stack.Stack;
import dev.vsocklab.sim.wire.Packet;
import dev.vsocklab.spi.KernelSocket;
import dev.vsocklab.spi.SocketLayer;

/** A host and guest 42 on one fabric, at the level of calls and errno. */
final class TwoMachines implements AutoCloseable {
  private static final long GUEST_CID = 42;

  private final Fabric fabric = new Fabric();
  private final FreeThreads engine = new FreeThreads();
  private final Node host = new Node(VsockAddress.CID_HOST);
  private final Node guest = new Node(GUEST_CID);

  SocketLayer host() {
    return host.layer;
  }

  SocketLayer guest() {
    return guest.layer;
  }

  KernelSocket listen(SocketLayer machine, long port, int backlog) throws Exception {
    KernelSocket listener = machine.stream();
    listener.bind(VsockAddress.any(port));
    listener.listen(backlog);
    return listener;
  }

  void crashGuest() {
    fabric.detach(GUEST_CID, guest);
  }

  @Override
  public void close() {
    host.stack.close();
    guest.stack.close();
    engine.close();
  }

  private final class Node implements Port, Outlet {
    private final Stack stack;
    private final SocketLayer layer;

    Node(long cid) {
      stack = new Stack(cid, KernelProfile.DEFAULT, this, engine, fabric.visits());
      layer = new SimSocketLayer(stack, engine, "m" + cid, fabric::explainRefusal);
      fabric.attach(cid, this);
    }

    @Override
    public void carry(Packet packet) {
      fabric.carry(packet);
    }

    @Override
    public boolean reaches(long cid) {
      return fabric.isAttached(cid);
    }

    @Override
    public void receive(Packet packet) {
      stack.receive(packet);
    }

    @Override
    public void peerGone(long cid) {
      stack.peerGone(cid);
    }

    @Override
    public String explainRefusal(long port) {
      return stack.explainRefusal("host", port);
    }
  }
}
