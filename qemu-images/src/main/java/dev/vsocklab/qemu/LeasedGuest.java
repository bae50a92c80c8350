package dev.vsocklab.qemu;

import dev.vsocklab.Machine;
import dev.vsocklab.VsockCapability;
import dev.vsocklab.VsockProvider;
import dev.vsocklab.qemu.agent.GuestPrograms;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import dev.vsocklab.spi.SocketLayer;
import dev.vsocklab.spi.nio.NioVsockProvider;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/** A guest as one lab has it: nothing reaches the machine through it once the lab is closed. */
final class LeasedGuest implements Machine {
  private final GuestVm vm;
  private final AtomicBoolean returned = new AtomicBoolean();
  private final GuestPower power = new GuestPower(this);
  private final SocketLayer sockets = new LeasedSockets();
  private final VsockProvider vsock =
      new NioVsockProvider(
          sockets,
          EnumSet.of(
              VsockCapability.STREAM,
              VsockCapability.SELECTOR,
              VsockCapability.SOCKET_FACES,
              VsockCapability.REAL_KERNEL));

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
    return vm.cid();
  }

  @Override
  public String name() {
    return GuestVm.nameOf(vm.cid());
  }

  @Override
  public VsockProvider vsock() {
    return vsock;
  }

  @Override
  public <T> Optional<T> as(Class<T> type) {
    if (type == SocketLayer.class) {
      return Optional.of(type.cast(sockets));
    }
    if (type == GuestPower.class) {
      return Optional.of(type.cast(power));
    }
    if (type == GuestPrograms.class) {
      return Optional.of(type.cast(vm().agent().programs()));
    }
    return Optional.empty();
  }

  @Override
  public String toString() {
    return name();
  }

  /** The sockets of the kernel that runs now: after a reboot, of another one. */
  private final class LeasedSockets implements SocketLayer {
    @Override
    public KernelSocket stream() throws ErrnoException, IOException {
      return vm().agent().stream();
    }

    @Override
    public KernelSocket seqpacket() throws ErrnoException, IOException {
      return vm().agent().seqpacket();
    }

    @Override
    public long localCid() throws ErrnoException, IOException {
      return vm().agent().localCid();
    }

    @Override
    public String name() {
      return LeasedGuest.this.name();
    }
  }
}
