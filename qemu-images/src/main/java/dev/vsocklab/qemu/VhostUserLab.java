package dev.vsocklab.qemu;

import dev.vsocklab.Machine;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.fault.Fault;
import dev.vsocklab.fault.InjectedFault;
import dev.vsocklab.sim.SimFaults;
import dev.vsocklab.sim.SimMachine;
import dev.vsocklab.sim.capture.PacketLog;
import dev.vsocklab.sim.check.Checkers;
import dev.vsocklab.sim.check.Netstat;
import dev.vsocklab.sim.fabric.Fabric;
import dev.vsocklab.sim.fault.LabFaults;
import dev.vsocklab.sim.fault.Victim;
import dev.vsocklab.sim.kernel.KernelProfile;
import dev.vsocklab.spi.BackendLab;
import dev.vsocklab.spi.LabRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;

/** A simulated host and the real guests of one test, on a fabric of their own. */
final class VhostUserLab implements BackendLab {
  private static final Duration LOG_DEADLINE = Duration.ofSeconds(2);

  private final LabRequest request;
  private final GuestPool<GuestVm> pool;
  private final Fabric fabric;
  private final long startNanos = System.nanoTime();
  private final PacketLog packets = new PacketLog(this::nanos);
  private final Checkers checkers = new Checkers(packets);
  private final LabFaults faults;
  private final SimMachine host;
  private final AtomicBoolean closed = new AtomicBoolean();
  private final Map<LeasedGuest, GuestVm> guests = new LinkedHashMap<>();

  /**
   * Puts the lab together.
   *
   * @param vms the guests, in the order of the request; the lab gives them back
   */
  VhostUserLab(LabRequest request, GuestPool<GuestVm> pool, List<GuestVm> vms) {
    this.request = request;
    this.pool = pool;
    fabric = new Fabric(request.siblings());
    fabric.addTap(packets);
    host =
        SimMachine.attach(
            fabric, VsockAddress.CID_HOST, KernelProfile.of(request.kernel()), checkers);
    for (GuestVm vm : vms) {
      vm.device().plug(fabric);
      guests.put(new LeasedGuest(vm), vm);
    }
    faults = SimFaults.of(fabric, host, this::nanos, this::victims, checkers);
  }

  @Override
  public Machine host() {
    return host;
  }

  @Override
  public Machine guest(long cid) {
    for (LeasedGuest guest : guests.keySet()) {
      if (guest.cid() == cid) {
        return guest;
      }
    }
    throw new IllegalArgumentException(
        "This lab has no guest with CID "
            + cid
            + "; it has "
            + guests.keySet().stream().map(LeasedGuest::name).collect(Collectors.joining(", "))
            + ". Name it with @Guest("
            + cid
            + ").");
  }

  @Override
  public List<Machine> guests() {
    return List.copyOf(guests.keySet());
  }

  private long nanos() {
    return System.nanoTime() - startNanos;
  }

  /** Guests first: what they cannot do is then not done to the host either. */
  private List<Victim> victims() {
    List<Victim> victims = new ArrayList<>();
    guests.keySet().forEach(guest -> victims.add(new GuestVictim(guest, host.timers())));
    victims.add(host.victim());
    return victims;
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
    sections.add(new ReportSection("sockets of the host", Netstat.of(List.of(host.stack()))));
    for (GuestVm vm : guests.values()) {
      vm.device()
          .failure()
          .ifPresent(why -> sections.add(new ReportSection("failure of " + vm.guest(), why)));
    }
    sections.add(new ReportSection("last packets", packets.text()));
    for (GuestVm vm : guests.values()) {
      sections.add(new ReportSection("console of " + vm.guest(), vm.guest().console().text()));
      sections.add(new ReportSection("agent log of " + vm.guest(), vm.agent().log(LOG_DEADLINE)));
      sections.add(new ReportSection("vsock device of " + vm.guest(), vm.device().log()));
    }
    return sections;
  }

  @Override
  public void close() throws IOException {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    List<String> failures = new ArrayList<>();
    try {
      faults.close();
    } catch (IOException e) {
      failures.add("A fault was not ended: " + e.getMessage());
    }
    checkers.checkProgress(host.stack());
    Map<GuestVm, Boolean> cleaned = new LinkedHashMap<>();
    // Guests first, while the host still answers: otherwise their kernels keep each connection for
    // eight seconds, waiting for its end.
    guests.forEach(
        (guest, vm) -> {
          if (guest.giveBack()) {
            vm.device().failure().ifPresent(why -> failures.add(guest + ": " + why));
            cleaned.put(vm, !request.guests().contains(freshOf(vm)) && vm.clean());
          }
        });
    host.close();
    cleaned.forEach(
        (vm, clean) -> {
          vm.device().unplug();
          if (!clean) {
            GuestPool.end(vm);
          }
          pool.giveBack(request.kernel(), vm.cid(), clean ? vm : null);
        });
    if (!failures.isEmpty()) {
      throw new IOException(String.join("\n", failures));
    }
    checkers.verdict();
  }

  private static LabRequest.GuestRequest freshOf(GuestVm vm) {
    return new LabRequest.GuestRequest(vm.cid(), true);
  }
}
