package dev.vsocklab.qemu;

import dev.vsocklab.qemu.agent.AgentClient;
import dev.vsocklab.spi.BackendLab.ReportSection;
import dev.vsocklab.spi.LabRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** A kernel in a guest, lent by the pool to one lab. */
final class LentLoopbackVm implements LoopbackKernel {
  private static final Duration LOG_DEADLINE = Duration.ofSeconds(2);

  private final GuestPool<LoopbackVm> pool;
  private final LoopbackVm vm;
  private final boolean fresh;
  private final AtomicBoolean closed = new AtomicBoolean();
  private final Casualties casualties = new Casualties();

  /**
   * Takes over what the pool lent.
   *
   * @param vm the kernel; closing gives it back
   * @param fresh whether it was booted for this lab alone
   */
  LentLoopbackVm(GuestPool<LoopbackVm> pool, LoopbackVm vm, boolean fresh) {
    this.pool = pool;
    this.vm = vm;
    this.fresh = fresh;
    casualties.watch(vm.kernel(), () -> false);
  }

  @Override
  public void setUp(LabRequest.GuestRequest guest) throws IOException {
    GuestSetup.run(vm.kernel(), guest);
  }

  @Override
  public void whenBroken(Consumer<String> listener) {
    casualties.whenBroken(listener);
  }

  @Override
  public Views views(String name) {
    return new KernelViews(() -> name, () -> agentOf(name));
  }

  private AgentClient agentOf(String name) {
    if (closed.get()) {
      throw new IllegalStateException(
          name + " has left this lab, which is closed. Use machines while their lab is open.");
    }
    return vm.agent();
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
