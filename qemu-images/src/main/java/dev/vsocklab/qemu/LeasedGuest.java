package dev.vsocklab.qemu;

import dev.vsocklab.GuestDevice;
import dev.vsocklab.Machine;
import dev.vsocklab.VsockProvider;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/** A guest as one lab has it: nothing reaches the machine through it once the lab is closed. */
final class LeasedGuest implements Machine, PowerSwitch {
  private final GuestVm vm;
  private final AtomicBoolean returned = new AtomicBoolean();
  private final AtomicBoolean mayEnd = new AtomicBoolean();
  private final GuestPower power = new GuestPower(this);
  private final KernelViews views = new KernelViews(this::name, () -> vm().agent());

  LeasedGuest(GuestVm vm) {
    this.vm = vm;
  }

  /** The machine itself, while the lab has it. */
  GuestVm vm() {
    if (returned.get()) {
      throw new IllegalStateException(
          name() + " has left this lab, which is closed. Use guests while their lab is open.");
    }
    return vm;
  }

  @Override
  public void expectEnd() {
    vm();
    mayEnd.set(true);
  }

  /** Whether the machine's end is the test's own doing. */
  boolean mayEnd() {
    return mayEnd.get();
  }

  /**
   * Ends the lab's hold on the machine.
   *
   * @return true the first time
   */
  boolean giveBack() {
    return returned.compareAndSet(false, true);
  }

  @Override
  public long cid() {
    return vm.device().cid();
  }

  @Override
  public String name() {
    return GuestVm.nameOf(vm.cid());
  }

  @Override
  public VsockProvider vsock() {
    return views.vsock();
  }

  @Override
  public <T> Optional<T> as(Class<T> type) {
    if (type == GuestDevice.class) {
      return Optional.of(type.cast(new Device()));
    }
    if (type == GuestPower.class) {
      return Optional.of(type.cast(power));
    }
    return views.as(type);
  }

  @Override
  public void reboot() throws IOException {
    vm().reboot();
  }

  @Override
  public void pause() throws IOException {
    vm().guest().pause();
  }

  @Override
  public void resume() throws IOException {
    vm().guest().resume();
  }

  @Override
  public void kill() throws IOException {
    GuestVm killed = vm();
    mayEnd.set(true);
    killed.guest().kill();
  }

  @Override
  public String toString() {
    return name();
  }

  private final class Device implements GuestDevice {
    @Override
    public void resetTransport() throws IOException {
      vm().resetTransport(cid());
    }

    @Override
    public void resetTransport(long newCid) throws IOException {
      vm().resetTransport(newCid);
    }

    @Override
    public void unplug() throws IOException {
      vm().takeDeviceAway();
    }
  }
}
