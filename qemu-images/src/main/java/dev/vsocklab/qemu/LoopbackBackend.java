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
      new GuestPool<>(kind -> LoopbackVm.boot(parts.find(kind.series()), kind), WAIT_DEADLINE);

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
  public boolean runsPrograms() {
    return true;
  }

  @Override
  public BackendLab open(LabRequest request) throws IOException {
    GuestPool.Wanted wanted = wanted(request);
    parts.check(wanted.kind().series());
    LoopbackVm vm = pool.lend(request.name(), List.of(wanted)).get(0);
    LoopbackLab lab = new LoopbackLab(request, pool, vm, wanted.fresh());
    try {
      lab.setUp();
      return lab;
    } catch (IOException | RuntimeException e) {
      try {
        lab.close();
      } catch (IOException atClose) {
        e.addSuppressed(atClose);
      }
      throw e;
    }
  }

  /** The one kernel: as large as the largest guest, and of the series on which all agree. */
  private static GuestPool.Wanted wanted(LabRequest request) throws IOException {
    List<String> series =
        request.guests().stream()
            .map(guest -> guest.kernelOr(request.kernel()))
            .distinct()
            .toList();
    if (series.size() > 1) {
      throw new IOException(
          request.name()
              + " asks for guests with Linux "
              + String.join(" and ", series)
              + ", but all machines of "
              + NAME
              + " are one kernel. Name one, or use another backend.");
    }
    int memoryMib =
        request.guests().stream()
            .mapToInt(guest -> GuestPool.Kind.of(guest, request.kernel()).memoryMib())
            .max()
            .orElse(GuestPool.Kind.DEFAULT_MEMORY_MIB);
    GuestPool.Kind kind =
        new GuestPool.Kind(
            series.isEmpty() ? request.kernel() : series.get(0), VsockAddress.CID_LOCAL, memoryMib);
    return new GuestPool.Wanted(
        kind, request.guests().stream().anyMatch(LabRequest.GuestRequest::fresh));
  }

  @Override
  public void close() {
    pool.close();
  }
}
