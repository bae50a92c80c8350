package dev.vsocklab.qemu;

import dev.vsocklab.qemu.image.GuestImages;
import dev.vsocklab.qemu.launch.Accelerator;
import dev.vsocklab.qemu.launch.ProcessLauncher;
import dev.vsocklab.qemu.launch.QemuBinary;
import java.util.concurrent.TimeUnit;

/** A JVM that starts a guest, says when it runs and waits for its own end. */
final class DyingJvm {
  static final String GUEST_RUNS = "the guest runs";

  private DyingJvm() {}

  /** Starts the guest. */
  public static void main(String[] arguments) throws Exception {
    try (GuestVm vm =
        GuestVm.boot(
            BareGuests.ofThisUser(),
            QemuBinary.find().map(ProcessLauncher::new).orElseThrow(),
            Accelerator.TCG,
            GuestImages.ofThisUser().get("6.12"),
            44)) {
      System.out.println(GUEST_RUNS + " in " + vm.guest().folder());
      TimeUnit.MINUTES.sleep(5);
    }
  }
}
