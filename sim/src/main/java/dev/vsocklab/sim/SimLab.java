package dev.vsocklab.sim;

import dev.vsocklab.Machine;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.sim.capture.PacketLog;
import dev.vsocklab.sim.engine.Engine;
import dev.vsocklab.sim.engine.FreeThreads;
import dev.vsocklab.sim.engine.VirtualRun;
import dev.vsocklab.sim.fabric.Fabric;
import dev.vsocklab.sim.kernel.KernelProfile;
import dev.vsocklab.spi.BackendLab;
import dev.vsocklab.spi.LabRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/** A lab in which every machine is simulated, by free threads or in a deterministic run. */
final class SimLab implements BackendLab {
  private final Fabric fabric;
  private final PacketLog packets;
  private final Optional<VirtualRun> run;
  private final SimMachine host;
  private final List<SimMachine> guests = new ArrayList<>();

  /** A lab that the callers' own threads drive. */
  SimLab(LabRequest request, KernelProfile kernel) {
    this(request, kernel, Optional.empty(), FreeThreads.nanosSinceNow());
  }

  /** A lab in a deterministic run. */
  SimLab(LabRequest request, KernelProfile kernel, VirtualRun run) {
    this(request, kernel, Optional.of(run), run::nowNanos);
  }

  private SimLab(
      LabRequest request, KernelProfile kernel, Optional<VirtualRun> run, LongSupplier nanos) {
    this.run = run;
    packets = new PacketLog(nanos);
    fabric = new Fabric(request.siblings());
    fabric.addTap(packets);
    host = attach(VsockAddress.CID_HOST, kernel);
    for (LabRequest.GuestRequest guest : request.guests()) {
      guests.add(attach(guest.cid(), profile(guest, kernel)));
    }
  }

  private static KernelProfile profile(LabRequest.GuestRequest guest, KernelProfile labs) {
    return guest.kernel().isEmpty() ? labs : KernelProfile.of(guest.kernel());
  }

  private SimMachine attach(long cid, KernelProfile kernel) {
    Engine engine = run.isPresent() ? run.get().newMachine(cid) : new FreeThreads();
    return SimMachine.attach(fabric, cid, kernel, engine);
  }

  PacketLog packets() {
    return packets;
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
    ReportSection last = new ReportSection("last packets", packets.text());
    return run.isPresent()
        ? List.of(last)
        : List.of(
            last,
            new ReportSection(
                "replay",
                "Not replayable: the lab ran on free threads. @VsockSimulation runs the test in"
                    + " virtual time, where every failure replays."));
  }

  @Override
  public void close() {
    guests.forEach(SimMachine::close);
    host.close();
  }
}
