package dev.vsocklab.sim;

import dev.vsocklab.Machine;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.fault.Fault;
import dev.vsocklab.fault.InjectedFault;
import dev.vsocklab.sim.capture.PacketLog;
import dev.vsocklab.sim.check.Checkers;
import dev.vsocklab.sim.check.Netstat;
import dev.vsocklab.sim.engine.FreeThreads;
import dev.vsocklab.sim.fabric.Fabric;
import dev.vsocklab.sim.fault.LabFaults;
import dev.vsocklab.sim.fault.Victim;
import dev.vsocklab.sim.kernel.KernelProfile;
import dev.vsocklab.spi.BackendLab;
import dev.vsocklab.spi.LabRequest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A lab in which every machine is simulated. */
final class SimLab implements BackendLab {
  private final Fabric fabric;
  private final LongSupplier nanos = FreeThreads.nanosSinceNow();
  private final PacketLog packets = new PacketLog(nanos);
  private final Checkers checkers = new Checkers(packets);
  private final LabFaults faults;
  private final AtomicBoolean closed = new AtomicBoolean();
  private final SimMachine host;
  private final List<SimMachine> guests = new ArrayList<>();

  SimLab(LabRequest request, KernelProfile kernel) {
    fabric = new Fabric(request.siblings());
    fabric.addTap(packets);
    host = SimMachine.attach(fabric, VsockAddress.CID_HOST, kernel, checkers);
    for (LabRequest.GuestRequest guest : request.guests()) {
      guests.add(SimMachine.attach(fabric, guest.cid(), kernel, checkers));
    }
    faults = SimFaults.of(fabric, host, nanos, this::victims, checkers);
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
      machines().map(SimMachine::stack).forEach(checkers::checkProgress);
      guests.forEach(SimMachine::close);
      host.close();
    }
    checkers.verdict();
  }
}
