package dev.vsocklab.sim;

import dev.vsocklab.Machine;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.sim.capture.PacketLog;
import dev.vsocklab.sim.engine.FreeThreads;
import dev.vsocklab.sim.fabric.Fabric;
import dev.vsocklab.sim.kernel.KernelProfile;
import dev.vsocklab.spi.BackendLab;
import dev.vsocklab.spi.LabRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** A lab in which every machine is simulated. */
final class SimLab implements BackendLab {
  private final Fabric fabric;
  private final PacketLog packets = new PacketLog(FreeThreads.nanosSinceNow());
  private final SimMachine host;
  private final List<SimMachine> guests = new ArrayList<>();

  SimLab(LabRequest request, KernelProfile kernel) {
    fabric = new Fabric(request.siblings());
    fabric.addTap(packets);
    host = SimMachine.attach(fabric, VsockAddress.CID_HOST, kernel);
    for (LabRequest.GuestRequest guest : request.guests()) {
      guests.add(
          SimMachine.attach(
              fabric,
              guest.cid(),
              guest.kernel().isEmpty() ? kernel : KernelProfile.of(guest.kernel())));
    }
  }

  @Override
  public Machine host() {
    return host;
  }

  @Override
  public Machine guest(long cid) {
    for (SimMachine guest : guests) {
      if (guest.cid() == cid) {
        return guest;
      }
    }
    throw new IllegalArgumentException(
        "This lab has no guest with CID "
            + cid
            + "; it has "
            + guests.stream().map(SimMachine::name).collect(Collectors.joining(", "))
            + ". Name it with @Guest("
            + cid
            + ").");
  }

  @Override
  public List<Machine> guests() {
    return List.copyOf(guests);
  }

  @Override
  public List<ReportSection> report() {
    return List.of(new ReportSection("last packets", packets.text()));
  }

  @Override
  public void close() {
    guests.forEach(SimMachine::close);
    host.close();
  }
}
