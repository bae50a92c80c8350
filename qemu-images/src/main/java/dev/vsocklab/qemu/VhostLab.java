package dev.vsocklab.qemu;

import dev.vsocklab.Machine;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockProvider;
import dev.vsocklab.qemu.agent.AgentClient;
import dev.vsocklab.qemu.vhost.VhostGuest;
import dev.vsocklab.qemu.vhost.VhostHost;
import dev.vsocklab.qemu.vhost.VhostPool;
import dev.vsocklab.spi.BackendLab;
import dev.vsocklab.spi.LabRequest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** A real host and its real guests as one test has them. */
final class VhostLab implements BackendLab {
  private final VhostPool pool;
  private final VhostPool.Kind kind;
  private final VhostPool.Freshness freshness;
  private final VhostHost lent;
  private final AtomicBoolean closed = new AtomicBoolean();
  private final Casualties casualties = new Casualties();
  private final Machine host;
  private final Map<Long, Machine> guests = new LinkedHashMap<>();

  /**
   * Puts the lab together.
   *
   * @param lent the machines; the lab gives them back
   */
  VhostLab(VhostPool pool, VhostPool.Kind kind, VhostPool.Freshness freshness, VhostHost lent) {
    this.pool = pool;
    this.kind = kind;
    this.freshness = freshness;
    this.lent = lent;
    host = new Kernel(VsockAddress.CID_HOST, "host", lent::agent);
    for (VhostGuest guest : lent.guests()) {
      Guest machine = new Guest(guest);
      guests.put(guest.cid(), machine);
      guest.whenEnded(machine::ended);
    }
  }

  /** Brings the guests' files and programs in, guest by guest. */
  void setUp(LabRequest request) throws IOException {
    List<? extends VhostGuest> all = lent.guests();
    for (int i = 0; i < all.size(); i++) {
      GuestSetup.run(all.get(i).agent().programs(), request.guests().get(i));
    }
  }

  @Override
  public void whenBroken(Consumer<String> listener) {
    casualties.whenBroken(listener);
  }

  /**
   * What the lab of a request needs.
   *
   * @throws IOException if a guest asks for a kernel or a memory of its own: here the host's series
   *     and one size are saved once for all
   */
  static VhostPool.Kind kindOf(LabRequest request) throws IOException {
    for (LabRequest.GuestRequest guest : request.guests()) {
      if (!guest.kernelOr(request.kernel()).equals(request.kernel()) || guest.memoryMib() > 0) {
        throw new IOException(
            request.name()
                + " wants guest "
                + guest.cid()
                + " with a kernel or memory of its own; on vhost all have the lab's kernel and"
                + " one size. Leave kernel and memoryMib out of @Guest, choose the kernel with"
                + " -Dvsocklab.backends=vhost:6.1, or use vhost-user.");
      }
    }
    return new VhostPool.Kind(
        request.kernel(), request.guests().stream().map(LabRequest.GuestRequest::cid).toList());
  }

  /** One machine of the lab: nothing reaches it through this once the lab is closed. */
  private class Kernel implements Machine {
    private final long cid;
    private final String name;
    private final KernelViews views;

    Kernel(long cid, String name, Supplier<AgentClient> agent) {
      this.cid = cid;
      this.name = name;
      this.views =
          new KernelViews(
              this::name,
              () -> {
                checkOpen();
                return agent.get();
              });
    }

    void checkOpen() {
      if (closed.get()) {
        throw new IllegalStateException(
            name + " has left this lab, which is closed. Use machines while their lab is open.");
      }
    }

    @Override
    public long cid() {
      return cid;
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

  private final class Guest extends Kernel implements PowerSwitch {
    private final VhostGuest guest;
    private final GuestPower power = new GuestPower(this);
    private final AtomicBoolean mayEnd = new AtomicBoolean();

    Guest(VhostGuest guest) {
      super(guest.cid(), GuestVm.nameOf(guest.cid()), guest::agent);
      this.guest = guest;
    }

    private VhostGuest guest() {
      checkOpen();
      return guest;
    }

    @Override
    public void reboot() throws IOException {
      guest().powerCycle();
    }

    @Override
    public void pause() throws IOException {
      guest().pause();
    }

    @Override
    public void resume() throws IOException {
      guest().resume();
    }

    @Override
    public void kill() throws IOException {
      VhostGuest killed = guest();
      mayEnd.set(true);
      killed.kill();
    }

    private void ended(String why) {
      if (!mayEnd.get()) {
        casualties.hear(why);
      }
    }

    @Override
    public void expectEnd() {
      checkOpen();
      mayEnd.set(true);
    }

    @Override
    public <T> Optional<T> as(Class<T> type) {
      return type == GuestPower.class ? Optional.of(type.cast(power)) : super.as(type);
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
          "This lab has no guest with CID "
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
    for (VhostGuest guest : lent.guests()) {
      sections.addAll(GuestSetup.report(GuestVm.nameOf(guest.cid()), guest.agent().programs()));
    }
    sections.addAll(lent.report());
    return sections;
  }

  @Override
  public void close() throws IOException {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    casualties.stop();
    if (freshness == VhostPool.Freshness.AS_NEW && lent.clean()) {
      pool.giveBack(kind, lent);
    } else {
      pool.discard(lent);
    }
    Optional<String> broken = casualties.first();
    if (broken.isPresent()) {
      throw new IOException(broken.get());
    }
  }
}
