package dev.vsocklab.sim.nio;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.contract.VsockNet;
import dev.vsocklab.sim.SimMachine;
import dev.vsocklab.sim.fabric.Fabric;
import dev.vsocklab.sim.kernel.KernelProfile;

/** A simulated host and a simulated guest, as the contracts want their nets. */
final class SimNets implements AutoCloseable {
  static final long GUEST_CID = 42;

  final SimMachine host;
  final SimMachine guest;

  SimNets() {
    this(KernelProfile.DEFAULT);
  }

  /** Both machines run this kernel. */
  SimNets(KernelProfile kernel) {
    Fabric fabric = new Fabric();
    host = SimMachine.attach(fabric, VsockAddress.CID_HOST, kernel);
    guest = SimMachine.attach(fabric, GUEST_CID, kernel);
  }

  /** The guest connects, the host listens. */
  VsockNet guestToHost() {
    return new VsockNet(guest.vsock(), host.vsock(), VsockAddress.CID_HOST);
  }

  /** The host connects, the guest listens. */
  VsockNet hostToGuest() {
    return new VsockNet(host.vsock(), guest.vsock(), GUEST_CID);
  }

  /** The guest talks to itself through loopback: one provider, so one selector takes both ends. */
  VsockNet loopback() {
    return new VsockNet(guest.vsock(), guest.vsock(), VsockAddress.CID_LOCAL);
  }

  @Override
  public void close() {
    guest.close();
    host.close();
  }
}
