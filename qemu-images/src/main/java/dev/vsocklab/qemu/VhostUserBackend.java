package dev.vsocklab.qemu;

import dev.vsocklab.qemu.image.GuestImage;
import dev.vsocklab.qemu.image.GuestImages;
import dev.vsocklab.qemu.launch.Accelerator;
import dev.vsocklab.qemu.launch.AcceleratorChoice;
import dev.vsocklab.qemu.launch.QemuBinary;
import dev.vsocklab.spi.Backend;
import dev.vsocklab.spi.BackendLab;
import dev.vsocklab.spi.LabRequest;
import dev.vsocklab.spi.Unavailable;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The backend {@code vhost-user}: the host is the simulator, each guest a stock Linux kernel in
 * QEMU whose vsock device the simulator serves. It needs QEMU; no root, no kernel module, no KVM.
 *
 * <p>A guest is booted for the first lab that asks for it and lent to later ones, as new each time.
 */
public final class VhostUserBackend implements Backend {
  private static final String NAME = "vhost-user";
  private static final Duration WAIT_DEADLINE = Duration.ofMinutes(3);

  private final GuestImages images = GuestImages.ofThisUser();
  private final GuestPool<GuestVm> pool = new GuestPool<>(this::boot, WAIT_DEADLINE);
  private final ReentrantLock choiceLock = new ReentrantLock();
  private @Nullable Accelerator chosen;

  /** Creates the backend; nothing is looked for or started yet. */
  public VhostUserBackend() {}

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public List<String> kernels() {
    return GuestImages.series();
  }

  @Override
  public Optional<Unavailable> unavailable(String kernel) {
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

  @Override
  public String describe(String kernel) {
    return NAME + ", Linux " + images.release(kernel);
  }

  @Override
  public BackendLab open(LabRequest request) throws IOException {
    Optional<Unavailable> why = unavailable(request.kernel());
    if (why.isPresent()) {
      throw new IOException(why.get().message(NAME));
    }
    List<GuestVm> guests = pool.lend(request);
    try {
      return new VhostUserLab(request, pool, guests);
    } catch (IllegalStateException e) { // a device ended between being lent and being plugged
      for (GuestVm guest : guests) {
        GuestPool.end(guest);
        pool.giveBack(request.kernel(), guest.cid(), null);
      }
      throw new IOException("A guest of " + request.name() + " died: " + e.getMessage(), e);
    }
  }

  private GuestVm boot(String series, long cid) throws IOException {
    QemuBinary qemu =
        QemuBinary.find().orElseThrow(() -> new IOException(QemuBinary.missing().message(NAME)));
    GuestImage image = images.get(series);
    return GuestVm.boot(qemu, accelerator(qemu, image), image, cid);
  }

  private Accelerator accelerator(QemuBinary qemu, GuestImage image) throws IOException {
    choiceLock.lock();
    try {
      Accelerator known = chosen;
      if (known == null) {
        known =
            new AcceleratorChoice(
                    GuestImages.cacheFolder(),
                    deadline -> GuestVm.tryBoot(qemu, Accelerator.KVM, image, deadline))
                .choose(qemu);
        chosen = known;
      }
      return known;
    } finally {
      choiceLock.unlock();
    }
  }

  @Override
  public void close() {
    pool.close();
  }
}
