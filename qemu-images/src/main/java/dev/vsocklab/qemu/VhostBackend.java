package dev.vsocklab.qemu;

import dev.vsocklab.qemu.image.GuestImage;
import dev.vsocklab.qemu.image.GuestImages;
import dev.vsocklab.qemu.launch.QemuBinary;
import dev.vsocklab.qemu.launch.QemuFiles;
import dev.vsocklab.qemu.vhost.HostParts;
import dev.vsocklab.qemu.vhost.NestedHosts;
import dev.vsocklab.qemu.vhost.VhostHost;
import dev.vsocklab.qemu.vhost.VhostPool;
import dev.vsocklab.spi.Backend;
import dev.vsocklab.spi.BackendLab;
import dev.vsocklab.spi.LabRequest;
import dev.vsocklab.spi.Unavailable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The backend {@code vhost}: the host is a real Linux kernel with vhost_vsock, each guest a stock
 * Linux kernel in QEMU with {@code -device vhost-vsock-pci}.
 *
 * <p>Where this machine's {@code /dev/vhost-vsock} can be opened, the host is this machine's own
 * kernel. Elsewhere it is a machine in QEMU, which runs the guests' QEMU inside: that needs QEMU;
 * no root, no kernel module, no KVM. There the first lab with a set of CIDs boots them, which takes
 * a minute for each guest; they are saved then, and later labs, also of other JVMs, have them
 * within seconds. The system property {@code vsocklab.vhost} insists on {@code local} or {@code
 * nested}.
 */
public final class VhostBackend implements Backend {
  private static final System.Logger LOG = System.getLogger("dev.vsocklab.qemu");
  private static final String NAME = "vhost";

  /** Another lab may boot a host that was never saved. */
  private static final Duration WAIT_DEADLINE = Duration.ofMinutes(15);

  private final GuestParts parts = new GuestParts(NAME);
  private final GuestImages images = GuestImages.ofThisUser();
  private final NestedHosts nested = new NestedHosts(images);
  private final VhostPool pool = new VhostPool(this::start, WAIT_DEADLINE);
  private final HostsAhead ahead =
      new HostsAhead(
          this::makeAhead, Math.min(GuestCapacity.ofThisMachine().boots(), VhostPool.MAX_HOSTS));
  private final VhostWay.Choice choice;

  /** Creates the backend, and looks whether the device node can be opened; starts nothing yet. */
  public VhostBackend() {
    choice = VhostWay.choose(System.getProperty(VhostWay.PROPERTY), VhostWay.thisMachine());
  }

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
    return choice.problem().or(() -> parts.unavailable(kernel));
  }

  @Override
  public String describe(String kernel) {
    return NAME + " (" + choice.way() + "), Linux " + images.release(kernel);
  }

  @Override
  public boolean runsPrograms() {
    return true;
  }

  @Override
  public BackendLab open(LabRequest request) throws IOException {
    Optional<Unavailable> why = unavailable(request.kernel());
    if (why.isPresent()) {
      throw new IOException(why.get().message(NAME));
    }
    if (request.siblings()) {
      throw new IOException(
          request.name()
              + " wants guests that reach each other, and vhost_vsock drops what one guest sends to"
              + " another. Run it on backend sim or vhost-user.");
    }
    VhostPool.Kind kind = VhostLab.kindOf(request);
    VhostPool.Freshness freshness =
        request.guests().stream().anyMatch(LabRequest.GuestRequest::fresh)
            ? VhostPool.Freshness.STARTED_ANEW
            : VhostPool.Freshness.AS_NEW;
    VhostLab lab = new VhostLab(pool, kind, freshness, pool.lend(request.name(), kind, freshness));
    try {
      lab.setUp(request);
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

  /** A nested host that was never saved boots now; one that was is there within seconds anyway. */
  @Override
  public void prepare(LabRequest request) {
    if (choice.way() != VhostWay.NESTED || request.siblings()) {
      return;
    }
    try {
      ahead.begin(VhostLab.kindOf(request));
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "Not made ahead: {0}", e.getMessage()); // told when opened
    }
  }

  private void makeAhead(VhostPool.Kind kind) throws IOException {
    nested.prepare(hostParts(parts.find(kind.series())), kind.cids());
  }

  private VhostHost start(VhostPool.Kind kind) throws IOException {
    choice
        .passedOver()
        .ifPresent(
            why ->
                LOG.log(
                    System.Logger.Level.INFO,
                    "Backend vhost uses a nested host, for {0}. {1}",
                    why.why(),
                    why.mend()));
    GuestParts.Found found = parts.find(kind.series());
    return switch (choice.way()) {
      case LOCAL -> LocalVhostHost.start(images.agentProgram(), found, kind.cids());
      case NESTED -> nested.open(hostParts(found), kind.cids());
    };
  }

  private HostParts hostParts(GuestParts.Found found) throws IOException {
    QemuBinary qemu =
        QemuBinary.find().orElseThrow(() -> new IOException(QemuBinary.missing().message(NAME)));
    List<Path> files = QemuFiles.of(qemu);
    GuestImage image = images.hostOfGuests(found.image().series(), files);
    return new HostParts(found.launcher(), found.accelerator(), image, files.get(0));
  }

  @Override
  public void close() {
    ahead.close();
    pool.close();
  }
}
