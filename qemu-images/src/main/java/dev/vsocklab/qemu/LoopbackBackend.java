package dev.vsocklab.qemu;

import dev.vsocklab.VsockAddress;
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
 * The backend {@code loopback}: the host and all guests of a lab are one real kernel in QEMU, whose
 * vsock_loopback joins its sockets with each other. It needs QEMU; no root, no kernel module, no
 * KVM, and touches no vsock of the machine that it runs on.
 *
 * <p>All machines of a lab have CID 1 and share their ports; CID 2 leads to them, too. What no
 * kernel on its own can show is not there: a guest's CID, its device, its power. The kernel is
 * booted for the first lab and lent to later ones, as new each time.
 */
public final class LoopbackBackend implements Backend {
  private static final String NAME = "loopback";
  private static final Duration WAIT_DEADLINE = Duration.ofMinutes(3);

  private final GuestParts parts = new GuestParts(NAME);
  private final GuestPool<LoopbackVm> pool =
      new GuestPool<>((series, cid) -> LoopbackVm.boot(parts.find(series)), WAIT_DEADLINE);

  /** Creates the backend; nothing is looked for or started yet. */
  public LoopbackBackend() {}

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
    boolean fresh = request.guests().stream().anyMatch(LabRequest.GuestRequest::fresh);
    GuestPool.Wanted kernel = new GuestPool.Wanted(VsockAddress.CID_LOCAL, fresh);
    LoopbackVm vm = pool.lend(request.name(), request.kernel(), List.of(kernel)).get(0);
    return new LoopbackLab(request, pool, vm, fresh);
  }

  @Override
  public void close() {
    pool.close();
  }
}
