package dev.vsocklab.qemu;

import dev.vsocklab.qemu.agent.AgentClient;
import dev.vsocklab.spi.BackendLab.ReportSection;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** A kernel in a guest, lent by the pool to one lab. */
final class LentLoopbackVm implements LoopbackKernel {
  private static final Duration LOG_DEADLINE = Duration.ofSeconds(2);

  private final GuestPool<LoopbackVm> pool;
  private final LoopbackVm vm;
  private final boolean fresh;
  private final AtomicBoolean closed = new AtomicBoolean();

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
    return List.of(
        new ReportSection("console of " + vm.guest(), vm.guest().console().text()),
        new ReportSection("agent log of " + vm.guest(), vm.agent().log(LOG_DEADLINE)));
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    boolean clean = !fresh && vm.clean();
    if (!clean) {
      GuestPool.end(vm);
    }
    pool.giveBack(vm.series(), vm.cid(), clean ? vm : null);
  }
}
