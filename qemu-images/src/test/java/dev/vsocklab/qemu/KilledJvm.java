package dev.vsocklab.qemu;

import dev.vsocklab.qemu.image.GuestImages;
import dev.vsocklab.qemu.launch.Accelerator;
import dev.vsocklab.qemu.launch.ProcessLauncher;
import dev.vsocklab.qemu.launch.QemuBinary;
import java.util.concurrent.TimeUnit;

/** A JVM with a running guest, which prints the guest's folder and waits to be killed. */
final class KilledJvm {
  private KilledJvm() {}

  /** Boots the guest. */
  public static void main(String[] arguments) throws Exception {
    try (GuestVm vm =
        GuestVm.boot(
            BareGuests.ofThisUser(),
            QemuBinary.find().map(ProcessLauncher::new).orElseThrow(),
            Accelerator.TCG,
            GuestImages.ofThisUser().get("6.12"),
            new GuestPool.Kind("6.12", 44))) {
      System.out.println(vm.guest().folder());
      TimeUnit.MINUTES.sleep(5);
    }
  }
}
