package dev.vsocklab.qemu;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.qemu.image.GuestImages;
import dev.vsocklab.spi.Backend;
import dev.vsocklab.spi.BackendLab;
import dev.vsocklab.spi.LabRequest;
import dev.vsocklab.spi.Unavailable;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The backend {@code loopback}: the host and all guests of a lab are one real kernel, whose
 * vsock_loopback joins its sockets with each other. All machines of a lab have CID 1 and share
 * their ports; CID 2 leads to them, too. What no kernel on its own can show is not there: a guest's
 * CID, its device, its power.
 *
 * <p>It is this machine's own kernel where its loopback works and is the only way out: its sockets
 * are then the JVM's own. Else, and for every other kernel series, it is a guest in QEMU: no root,
 * no kernel module, no KVM, and no vsock of this machine's is touched. Such a kernel is booted for
 * the first lab and lent to later ones, as new each time.
 */
public final class LoopbackBackend implements Backend {
  private static final String NAME = "loopback";
  private static final Duration WAIT_DEADLINE = Duration.ofMinutes(3);

  private final LocalKernel local;
  private final GuestParts parts = new GuestParts(NAME);
  private final GuestPool<LoopbackVm> pool =
      new GuestPool<>((series, cid) -> LoopbackVm.boot(parts.find(series)), WAIT_DEADLINE);

  /** Creates the backend; nothing is looked for or started yet. */
  public LoopbackBackend() {
    this(LocalKernel.ofThisMachine());
  }

  LoopbackBackend(LocalKernel local) {
    this.local = local;
  }

  /**
   * The backend on guests alone, for tests that drive the kernel by more than its sockets.
   *
   * @return it; nothing is started yet
   */
  public static LoopbackBackend inGuests() {
    return new LoopbackBackend(LocalKernel.NONE);
  }

  @Override
  public String name() {
    return NAME;
  }

  /** {@inheritDoc} This machine's own comes first, where it can be used. */
  @Override
  public List<String> kernels() {
    List<String> all = new ArrayList<>(GuestImages.series());
    local
        .series()
        .ifPresent(
            series -> {
              all.remove(series);
              all.add(0, series);
            });
    return List.copyOf(all);
  }

  @Override
  public Optional<Unavailable> unavailable(String kernel) {
    return local.is(kernel) ? Optional.empty() : parts.unavailable(kernel).map(this::orLocally);
  }

  /** Either way would do: says what keeps from both. */
  private Unavailable orLocally(Unavailable inAGuest) {
    if (local == LocalKernel.NONE) {
      return inAGuest;
    }
    return local
        .whyNot()
        .map(
            here ->
                new Unavailable(
                    "in a guest: " + inAGuest.why() + "; on this kernel: " + here.why(),
                    inAGuest.mend() + " Or: " + here.mend()))
        .orElse(inAGuest);
  }

  @Override
  public String describe(String kernel) {
    return local.is(kernel)
        ? NAME + ", Linux " + local.release() + " of this machine"
        : parts.describe(kernel) + " in QEMU";
  }

  @Override
  public BackendLab open(LabRequest request) throws IOException {
    if (local.is(request.kernel())) {
      return new LoopbackLab(request, new LocalLoopback());
    }
    parts.check(request.kernel());
    boolean fresh = request.guests().stream().anyMatch(LabRequest.GuestRequest::fresh);
    GuestPool.Wanted kernel = new GuestPool.Wanted(VsockAddress.CID_LOCAL, fresh);
    LoopbackVm vm = pool.lend(request.name(), request.kernel(), List.of(kernel)).get(0);
    return new LoopbackLab(request, new LentLoopbackVm(pool, vm, fresh));
  }

  @Override
  public void close() {
    pool.close();
  }
}
