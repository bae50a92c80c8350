package dev.vsocklab.qemu;

import dev.vsocklab.qemu.agent.AgentClient;
import dev.vsocklab.qemu.launch.QemuGuest;
import dev.vsocklab.qemu.launch.RunFolder;
import dev.vsocklab.qemu.launch.VsockDevice;
import dev.vsocklab.qemu.vhost.VhostGuest;
import dev.vsocklab.spi.BackendLab.ReportSection;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/** A guest of this machine's own kernel. */
final class LocalVhostGuest implements VhostGuest {
  /** QEMU's word for EADDRINUSE of VHOST_VSOCK_SET_GUEST_CID. */
  private static final String CID_IN_USE = "unable to set guest cid: Address already in use";

  private final GuestParts.Found parts;
  private final long cid;
  private volatile GuestKernel kernel;
  private volatile boolean asBooted = true;
  private volatile Consumer<String> endListener = why -> {};

  private LocalVhostGuest(GuestParts.Found parts, long cid, GuestKernel kernel) {
    this.parts = parts;
    this.cid = cid;
    this.kernel = kernel;
  }

  /**
   * Boots it.
   *
   * @throws IOException if it does not come up; where another machine has its CID, with the mend
   */
  static LocalVhostGuest boot(GuestParts.Found parts, long cid) throws IOException {
    return new LocalVhostGuest(parts, cid, bootKernel(parts, cid));
  }

  private static GuestKernel bootKernel(GuestParts.Found parts, long cid) throws IOException {
    QemuGuest.Config config =
        new QemuGuest.Config(
            GuestVm.nameOf(cid),
            parts.launcher(),
            parts.accelerator(),
            parts.image(),
            new VsockDevice.Vhost(cid));
    try {
      return GuestKernel.boot(config, RunFolder.create(), GuestKernel.BOOT_DEADLINE);
    } catch (IOException e) {
      throw explained(cid, e);
    }
  }

  /** Adds the mend where QEMU's words name a CID that is taken. */
  static IOException explained(long cid, IOException e) {
    if (!String.valueOf(e.getMessage()).contains(CID_IN_USE)) {
      return e;
    }
    return new IOException(
        "CID "
            + cid
            + " belongs to another virtual machine of this host. End that one, give this guest"
            + " another CID, or use a nested host, where all CIDs are free: -D"
            + VhostWay.PROPERTY
            + "=nested. "
            + e.getMessage(),
        e);
  }

  @Override
  public long cid() {
    return cid;
  }

  @Override
  public AgentClient agent() {
    return kernel.agent();
  }

  @Override
  public void pause() throws IOException {
    kernel.guest().pause();
  }

  @Override
  public void resume() throws IOException {
    kernel.guest().resume();
  }

  @Override
  public void powerCycle() throws IOException {
    asBooted = false;
    kernel.close();
    kernel = bootKernel(parts, cid);
  }

  @Override
  public void whenEnded(Consumer<String> listener) {
    endListener = listener;
    QemuGuest guest = kernel.guest();
    guest.whenEnded(
        () -> {
          if (asBooted) { // else it was killed here
            endListener.accept(
                String.valueOf(
                    guest.told("ended although the test did not end it", null).getMessage()));
          }
        });
  }

  @Override
  public void kill() throws IOException {
    asBooted = false;
    kernel.guest().kill();
  }

  boolean isUsable() {
    return asBooted && kernel.guest().isRunning();
  }

  boolean clean() {
    return kernel.clean();
  }

  List<ReportSection> report(Duration logDeadline) {
    QemuGuest guest = kernel.guest();
    return List.of(
        new ReportSection("console of " + guest, guest.console().text()),
        new ReportSection("agent log of " + guest, agent().log(logDeadline)));
  }

  void close() throws IOException {
    kernel.close();
  }
}
