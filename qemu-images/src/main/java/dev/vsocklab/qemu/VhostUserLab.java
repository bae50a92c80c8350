package dev.vsocklab.qemu;

import dev.vsocklab.Machine;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.sim.SimMachine;
import dev.vsocklab.sim.capture.PacketLog;
import dev.vsocklab.sim.fabric.Fabric;
import dev.vsocklab.sim.kernel.KernelProfile;
import dev.vsocklab.spi.BackendLab;
import dev.vsocklab.spi.LabRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** A simulated host and the real guests of one test, on a fabric of their own. */
final class VhostUserLab implements BackendLab {
  private static final Duration LOG_DEADLINE = Duration.ofSeconds(2);

  private final LabRequest request;
  private final GuestPool<GuestVm> pool;
  private final Fabric fabric;
  private final PacketLog packets = new PacketLog(System::nanoTime);
  private final SimMachine host;
  private final Map<LeasedGuest, GuestVm> guests = new LinkedHashMap<>();
  private final Casualties casualties = new Casualties();

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
    host = SimMachine.attach(fabric, VsockAddress.CID_HOST, KernelProfile.of(request.kernel()));
    for (GuestVm vm : vms) {
      vm.device().plug(fabric);
      LeasedGuest guest = new LeasedGuest(vm);
      guests.put(guest, vm);
      casualties.watch(vm.kernel(), guest::mayEnd);
    }
  }

  /** Brings the guests' files and programs in, guest by guest. */
  void setUp() throws IOException {
    List<GuestVm> vms = List.copyOf(guests.values());
    for (int i = 0; i < vms.size(); i++) {
      GuestSetup.run(vms.get(i).kernel(), request.guests().get(i));
    }
  }

  @Override
  public void whenBroken(Consumer<String> listener) {
    casualties.whenBroken(listener);
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

  @Override
  public List<ReportSection> report() {
    List<ReportSection> sections = new ArrayList<>();
    casualties.report().ifPresent(sections::add);
    for (GuestVm vm : guests.values()) {
      vm.device()
          .failure()
          .ifPresent(why -> sections.add(new ReportSection("failure of " + vm.guest(), why)));
    }
    guests.values().forEach(vm -> sections.addAll(GuestSetup.report(vm.kernel())));
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
    casualties.stop();
    List<String> failures = new ArrayList<>();
    casualties.first().ifPresent(failures::add);
    Map<GuestVm, Boolean> cleaned = new LinkedHashMap<>();
    // Guests first, while the host still answers: otherwise their kernels keep each connection for
    // eight seconds, waiting for its end.
    guests.forEach(
        (guest, vm) -> {
          if (guest.giveBack()) {
            vm.device().failure().ifPresent(why -> failures.add(guest + ": " + why));
            cleaned.put(vm, !isFresh(vm) && vm.clean());
          }
        });
    host.close();
    cleaned.forEach(
        (vm, clean) -> {
          vm.device().unplug();
          if (!clean) {
            GuestPool.end(vm);
          }
          pool.giveBack(vm.kind(), clean ? vm : null);
        });
    if (!failures.isEmpty()) {
      throw new IOException(String.join("\n", failures));
    }
  }

  private boolean isFresh(GuestVm vm) {
    return request.guests().stream().anyMatch(guest -> guest.cid() == vm.cid() && guest.fresh());
  }
}
