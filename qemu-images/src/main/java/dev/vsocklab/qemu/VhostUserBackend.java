package dev.vsocklab.qemu;

import dev.vsocklab.qemu.image.GuestImages;
import dev.vsocklab.spi.Backend;
import dev.vsocklab.spi.BackendLab;
import dev.vsocklab.spi.LabRequest;
import dev.vsocklab.spi.Unavailable;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The backend {@code vhost-user}: the host is the simulator, each guest a stock Linux kernel in
 * QEMU whose vsock device the simulator serves. It needs QEMU; no root, no kernel module, no KVM.
 *
 * <p>A guest is booted for the first lab that asks for it and lent to later ones, as new each time.
 */
public final class VhostUserBackend implements Backend {
  private static final String NAME = "vhost-user";
  private static final Duration WAIT_DEADLINE = Duration.ofMinutes(3);

  private final GuestParts parts = new GuestParts(NAME);
  private final GuestPool<GuestVm> pool = new GuestPool<>(this::boot, WAIT_DEADLINE);

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
    return parts.unavailable(kernel);
  }

  @Override
  public String describe(String kernel) {
    return parts.describe(kernel);
  }

  @Override
  public BackendLab open(LabRequest request) throws IOException {
    parts.check(request.kernel());
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
    GuestParts.Found found = parts.find(series);
    return GuestVm.boot(
        found.bareGuests(), found.launcher(), found.accelerator(), found.image(), cid);
  }

  @Override
  public void close() {
    pool.close();
  }
}
