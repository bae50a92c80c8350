package dev.vsocklab.sim;

import dev.vsocklab.Machine;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.fault.Fault;
import dev.vsocklab.fault.InjectedFault;
import dev.vsocklab.sim.capture.PacketLog;
import dev.vsocklab.sim.check.Checkers;
import dev.vsocklab.sim.check.Netstat;
import dev.vsocklab.sim.engine.Engine;
import dev.vsocklab.sim.engine.FreeThreads;
import dev.vsocklab.sim.engine.VirtualRun;
import dev.vsocklab.sim.fabric.Fabric;
import dev.vsocklab.sim.fault.LabFaults;
import dev.vsocklab.sim.fault.Victim;
import dev.vsocklab.sim.kernel.KernelProfile;
import dev.vsocklab.spi.BackendLab;
import dev.vsocklab.spi.LabRequest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntUnaryOperator;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A lab in which every machine is simulated, by free threads or in a deterministic run. */
final class SimLab implements BackendLab {
  private final Fabric fabric;
  private final PacketLog packets;
  private final Optional<VirtualRun> run;
  private final Checkers checkers;
  private final LabFaults faults;
  private final AtomicBoolean closed = new AtomicBoolean();
  private final SimMachine host;
  private final List<SimMachine> guests = new ArrayList<>();

  /** A lab that the callers' own threads drive. */
  SimLab(LabRequest request, KernelProfile kernel) {
    this(request, kernel, Optional.empty(), FreeThreads.nanosSinceNow(), FreeThreads.draws());
  }

  /** A lab in a deterministic run. */
  SimLab(LabRequest request, KernelProfile kernel, VirtualRun run) {
    this(request, kernel, Optional.of(run), run::nowNanos, run.draws("faults"));
  }

  private SimLab(
      LabRequest request,
      KernelProfile kernel,
      Optional<VirtualRun> run,
      LongSupplier nanos,
      IntUnaryOperator draws) {
    this.run = run;
    packets = new PacketLog(nanos);
    checkers = new Checkers(packets);
    fabric = new Fabric(request.siblings());
    fabric.addTap(packets);
    host = attach(VsockAddress.CID_HOST, kernel);
    for (LabRequest.GuestRequest guest : request.guests()) {
      guests.add(attach(guest.cid(), kernel));
    }
    faults = new LabFaults(fabric, host.timers(), draws, nanos, this::victims, checkers);
  }

  private SimMachine attach(long cid, KernelProfile kernel) {
    Engine engine = run.isPresent() ? run.get().newMachine(cid) : new FreeThreads();
    return SimMachine.attach(fabric, cid, kernel, engine, checkers);
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

  private List<Victim> victims() {
    return machines().map(SimMachine::victim).toList();
  }

  private Stream<SimMachine> machines() {
    return Stream.concat(Stream.of(host), guests.stream());
  }

  @Override
  public InjectedFault inject(Fault fault) throws IOException {
    return faults.inject(fault);
  }

  @Override
  public List<ReportSection> report() {
    List<ReportSection> sections = new ArrayList<>();
    if (!faults.report().isEmpty()) {
      sections.add(new ReportSection("faults", faults.report()));
    }
    sections.add(
        new ReportSection("sockets", Netstat.of(machines().map(SimMachine::stack).toList())));
    sections.add(new ReportSection("last packets", packets.text()));
    if (run.isEmpty()) {
      sections.add(
          new ReportSection(
              "replay",
              "Not replayable: the lab ran on free threads. @VsockSimulation runs the test in"
                  + " virtual time, where every failure replays."));
    }
    return sections;
  }

  @Override
  public void close() throws IOException {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    try {
      faults.close();
    } finally {
      letPacketsArrive();
      machines().map(SimMachine::stack).forEach(checkers::checkProgress);
      guests.forEach(SimMachine::close);
      letPacketsArrive();
      host.close();
      letPacketsArrive();
    }
    checkers.verdict();
  }

  /** With free threads, they have. */
  private void letPacketsArrive() {
    run.ifPresent(VirtualRun::letPacketsArrive);
  }
}
