package dev.vsocklab.sim.nio;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.contract.ContractNet;
import dev.vsocklab.contract.VsockNet;
import dev.vsocklab.sim.SimMachine;
import dev.vsocklab.sim.fabric.Fabric;

/** A simulated host and a simulated guest, as the contracts want their nets. */
final class SimNets implements AutoCloseable {
  static final long GUEST_CID = 42;

  private final Fabric fabric = new Fabric();
  final SimMachine host = SimMachine.attach(fabric, VsockAddress.CID_HOST);
  final SimMachine guest = SimMachine.attach(fabric, GUEST_CID);

  /** The guest connects, the host listens. */
  ContractNet guestToHost() {
    return new VsockNet(guest.vsock(), host.vsock(), VsockAddress.CID_HOST);
  }

  /** The host connects, the guest listens. */
  ContractNet hostToGuest() {
    return new VsockNet(host.vsock(), guest.vsock(), GUEST_CID);
  }

  /** The guest talks to itself through loopback: one provider, so one selector takes both ends. */
  ContractNet loopback() {
    return new VsockNet(guest.vsock(), guest.vsock(), VsockAddress.CID_LOCAL);
  }

  @Override
  public void close() {
    guest.close();
    host.close();
  }
}
