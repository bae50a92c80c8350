package dev.vsocklab.qemu;

import dev.vsocklab.Machine;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockProvider;
import dev.vsocklab.qemu.agent.AgentClient;
import dev.vsocklab.spi.BackendLab;
import dev.vsocklab.spi.LabRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** The machines of one test, each of them the same kernel. */
final class LoopbackLab implements BackendLab {
  private static final Duration LOG_DEADLINE = Duration.ofSeconds(2);

  private final GuestPool<LoopbackVm> pool;
  private final LoopbackVm vm;
  private final boolean fresh;
  private final AtomicBoolean closed = new AtomicBoolean();
  private final Machine host = new Face("host");
  private final Map<Long, Machine> guests = new LinkedHashMap<>();
  private final LabRequest request;
  private final Casualties casualties = new Casualties();

  /**
   * Puts the lab together.
   *
   * @param vm the kernel; the lab gives it back
   * @param fresh whether it was booted for this lab alone
   */
  LoopbackLab(LabRequest request, GuestPool<LoopbackVm> pool, LoopbackVm vm, boolean fresh) {
    this.pool = pool;
    this.vm = vm;
    this.fresh = fresh;
    this.request = request;
    for (LabRequest.GuestRequest guest : request.guests()) {
      guests.put(guest.cid(), new Face(GuestVm.nameOf(guest.cid())));
    }
    casualties.watch(vm.kernel(), () -> false);
  }

  /** Brings all guests' files and programs into the one kernel. */
  void setUp() throws IOException {
    for (LabRequest.GuestRequest guest : request.guests()) {
      GuestSetup.run(vm.kernel(), guest);
    }
  }

  @Override
  public void whenBroken(Consumer<String> listener) {
    casualties.whenBroken(listener);
  }

  /** One machine of the lab: only its name is its own. */
  private final class Face implements Machine {
    private final String name;
    private final KernelViews views = new KernelViews(this::name, this::agent);

    Face(String role) {
      this.name = role + " (loopback)";
    }

    private AgentClient agent() {
      if (closed.get()) {
        throw new IllegalStateException(
            name + " has left this lab, which is closed. Use machines while their lab is open.");
      }
      return vm.agent();
    }

    @Override
    public long cid() {
      return VsockAddress.CID_LOCAL;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public VsockProvider vsock() {
      return views.vsock();
    }

    @Override
    public <T> Optional<T> as(Class<T> type) {
      return views.as(type);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  @Override
  public Machine host() {
    return host;
  }

  @Override
  public Machine guest(long cid) {
    Machine guest = guests.get(cid);
    if (guest == null) {
      throw new IllegalArgumentException(
          "This lab has no guest that was asked for as CID "
              + cid
              + "; it has "
              + guests.values().stream().map(Machine::name).collect(Collectors.joining(", "))
              + ". Name it with @Guest("
              + cid
              + ").");
    }
    return guest;
  }

  @Override
  public List<Machine> guests() {
    return List.copyOf(guests.values());
  }

  @Override
  public List<ReportSection> report() {
    List<ReportSection> sections = new ArrayList<>();
    casualties.report().ifPresent(sections::add);
    sections.addAll(GuestSetup.report(vm.kernel()));
    sections.add(new ReportSection("console of " + vm.guest(), vm.guest().console().text()));
    sections.add(new ReportSection("agent log of " + vm.guest(), vm.agent().log(LOG_DEADLINE)));
    return sections;
  }

  @Override
  public void close() throws IOException {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    casualties.stop();
    boolean clean = !fresh && vm.clean();
    if (!clean) {
      GuestPool.end(vm);
    }
    pool.giveBack(vm.kind(), clean ? vm : null);
    Optional<String> broken = casualties.first();
    if (broken.isPresent()) {
      throw new IOException(broken.get());
    }
  }
}
