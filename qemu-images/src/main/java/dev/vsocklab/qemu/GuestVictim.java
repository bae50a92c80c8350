package dev.vsocklab.qemu;

import dev.vsocklab.fault.FaultKind;
import dev.vsocklab.fault.ResetEvent;
import dev.vsocklab.sim.fault.Struck;
import dev.vsocklab.sim.fault.Victim;
import dev.vsocklab.sim.stack.Surroundings;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A real guest, for faults that strike it as a whole: its device and its hypervisor do them. */
final class GuestVictim implements Victim {
  private final LeasedGuest guest;
  private final Surroundings timers;

  GuestVictim(LeasedGuest guest, Surroundings timers) {
    this.guest = guest;
    this.timers = timers;
  }

  @Override
  public long cid() {
    return guest.cid();
  }

  @Override
  public @Nullable Mend strike(Struck struck) throws IOException {
    FaultKind kind = struck.fault().kind();
    GuestVm vm = guest.vm();
    if (kind instanceof FaultKind.StalledQueue stalled) {
      vm.device().stall(stalled.queue());
      return () -> vm.device().resume(stalled.queue());
    }
    if (kind instanceof FaultKind.Paused) {
      vm.guest().pause();
      return () -> vm.guest().resume();
    }
    if (kind instanceof FaultKind.Crash) {
      vm.reboot();
      return Mend.NOTHING;
    }
    if (kind instanceof FaultKind.TransportReset reset) {
      return reset(vm, reset);
    }
    if (kind instanceof FaultKind.ProcessDeath) {
      throw new UnsupportedOperationException(
          guest.name()
              + " is a real machine: end the programs that the test started there, which"
              + " GuestProgram offers, instead of injecting "
              + struck.fault()
              + ".");
    }
    if (kind instanceof FaultKind.CountersNearWrap || struck.fault().fromCid() == cid()) {
      throw new UnsupportedOperationException(
          guest.name()
              + " has a real kernel, which no packet can bring to do that: "
              + struck.fault()
              + ". Run the test on sim.");
    }
    return null;
  }

  private Mend reset(GuestVm vm, FaultKind.TransportReset reset) throws IOException {
    if (reset.event() == ResetEvent.IN_TIME) {
      vm.resetTransport(reset.newCid() == 0 ? cid() : reset.newCid());
      return Mend.NOTHING;
    }
    vm.device().forgetConnections();
    if (reset.event() == ResetEvent.LOST) {
      return Mend.NOTHING;
    }
    AtomicReference<@Nullable IOException> failure = new AtomicReference<>();
    timers.schedule(
        reset.lateNanos(),
        () -> {
          try {
            vm.resetTransport(cid());
          } catch (IOException e) {
            failure.set(e); // told when the fault is closed
          }
        });
    return () -> {
      IOException failed = failure.get();
      if (failed != null) {
        throw failed;
      }
    };
  }
}
