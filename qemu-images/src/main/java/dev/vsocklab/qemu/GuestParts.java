package dev.vsocklab.qemu;

import dev.vsocklab.qemu.image.GuestImage;
import dev.vsocklab.qemu.image.GuestImages;
import dev.vsocklab.qemu.launch.Accelerator;
import dev.vsocklab.qemu.launch.AcceleratorChoice;
import dev.vsocklab.qemu.launch.Launcher;
import dev.vsocklab.qemu.launch.ProcessLauncher;
import dev.vsocklab.qemu.launch.QemuBinary;
import dev.vsocklab.spi.Unavailable;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What every backend with a guest in QEMU needs of this machine: QEMU, a way to run it, and an
 * image; or why not.
 */
final class GuestParts {
  private final String backend;
  private final GuestImages images = GuestImages.ofThisUser();
  private final ReentrantLock choiceLock = new ReentrantLock();
  private @Nullable Accelerator chosen;
  private @Nullable BareGuests bareGuests;

  /**
   * Looks for nothing yet.
   *
   * @param backend its name in messages
   */
  GuestParts(String backend) {
    this.backend = backend;
  }

  /**
   * What to boot a guest from.
   *
   * @param launcher where QEMU runs
   * @param accelerator how to run it
   * @param image kernel and initramfs
   * @param bareGuests guests that were booted before
   */
  record Found(
      Launcher launcher, Accelerator accelerator, GuestImage image, BareGuests bareGuests) {}

  /** What keeps guests with this kernel from running here. Quick. */
  Optional<Unavailable> unavailable(String kernel) {
    String os = System.getProperty("os.name");
    String cpu = System.getProperty("os.arch");
    if (!os.equals("Linux") || !cpu.equals("amd64")) {
      return Optional.of(
          new Unavailable(
              "its guests need Linux on amd64 and this is " + os + " on " + cpu,
              "Run it on such a machine, or use the simulator."));
    }
    if (QemuBinary.find().isEmpty()) {
      return Optional.of(QemuBinary.missing());
    }
    return images.unavailable(kernel);
  }

  /**
   * Refuses a kernel that cannot run here.
   *
   * @throws IOException what {@link #unavailable} says
   */
  void check(String kernel) throws IOException {
    Optional<Unavailable> why = unavailable(kernel);
    if (why.isPresent()) {
      throw new IOException(why.get().message(backend));
    }
  }

  /**
   * A backend's display name with the exact kernel, for example {@code loopback, Linux 6.1.192}.
   */
  String describe(String kernel) {
    return backend + ", Linux " + images.release(kernel);
  }

  /**
   * Finds the parts; builds the image and tries KVM where that was not done yet.
   *
   * @throws IOException if one is missing
   */
  Found find(String kernel) throws IOException {
    Launcher launcher =
        QemuBinary.find()
            .map(ProcessLauncher::new)
            .orElseThrow(() -> new IOException(QemuBinary.missing().message(backend)));
    GuestImage image = images.get(kernel);
    return new Found(launcher, accelerator(launcher, image), image, bareGuests());
  }

  private BareGuests bareGuests() throws IOException {
    choiceLock.lock();
    try {
      BareGuests known = bareGuests;
      if (known == null) {
        known = BareGuests.ofThisUser();
        bareGuests = known;
      }
      return known;
    } finally {
      choiceLock.unlock();
    }
  }

  private Accelerator accelerator(Launcher launcher, GuestImage image) throws IOException {
    choiceLock.lock();
    try {
      Accelerator known = chosen;
      if (known == null) {
        known =
            new AcceleratorChoice(
                    GuestImages.cacheFolder(),
                    deadline -> GuestVm.tryBoot(launcher, Accelerator.KVM, image, deadline))
                .choose(launcher);
        chosen = known;
      }
      return known;
    } finally {
      choiceLock.unlock();
    }
  }
}
