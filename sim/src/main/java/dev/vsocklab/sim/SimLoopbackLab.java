package dev.vsocklab.sim;

import dev.vsocklab.Machine;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.fault.Fault;
import dev.vsocklab.fault.InjectedFault;
import dev.vsocklab.sim.capture.PacketLog;
import dev.vsocklab.sim.check.Checkers;
import dev.vsocklab.sim.check.Netstat;
import dev.vsocklab.sim.fabric.Fabric;
import dev.vsocklab.sim.kernel.KernelProfile;
import dev.vsocklab.spi.BackendLab;
import java.util.List;

/** A lab of one machine, which is its own host and its own guest. */
final class SimLoopbackLab implements BackendLab {
  private final Checkers checkers = new Checkers(new PacketLog(1, () -> 0));
  private final SimMachine machine;

  SimLoopbackLab(KernelProfile kernel) {
    machine = SimMachine.attach(new Fabric(), VsockAddress.CID_LOCAL, kernel, checkers);
  }

  @Override
  public Machine host() {
    return machine;
  }

  @Override
  public Machine guest(long cid) {
    return machine;
  }

  @Override
  public List<Machine> guests() {
    return List.of(machine);
  }

  /** {@inheritDoc} None can be: a machine's packets to itself cross no device and no fabric. */
  @Override
  public InjectedFault inject(Fault fault) {
    throw new UnsupportedOperationException(
        "A machine that talks to itself has no device between its ends, so it cannot have "
            + fault
            + ". Use a lab with a host and a guest.");
  }

  @Override
  public List<ReportSection> report() {
    return List.of(new ReportSection("sockets", Netstat.of(List.of(machine.stack()))));
  }

  @Override
  public void close() {
    checkers.checkProgress(machine.stack());
    machine.close();
    checkers.verdict();
  }
}
