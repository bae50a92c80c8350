package dev.vsocklab.qemu;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.qemu.agent.AgentClient;
import dev.vsocklab.qemu.launch.QemuGuest;
import dev.vsocklab.qemu.launch.VsockDevice;
import java.io.IOException;

/**
 * A kernel in QEMU without any vsock device: vsock_loopback is its only transport, so CID 1 and CID
 * 2 are itself. Source: {@code vsock_use_local_transport}.
 */
final class LoopbackVm implements GuestPool.Guest {
  private final String series;
  private final GuestKernel kernel;

  private LoopbackVm(String series, GuestKernel kernel) {
    this.series = series;
    this.kernel = kernel;
  }

  /**
   * Starts a machine; returns when its agent answers.
   *
   * @throws IOException if it does not come up, with the console's last lines
   */
  static LoopbackVm boot(GuestParts.Found parts) throws IOException {
    QemuGuest.Config config =
        new QemuGuest.Config(
            "the loopback guest",
            parts.launcher(),
            parts.accelerator(),
            parts.image(),
            VsockDevice.NONE);
    return parts
        .bareGuests()
        .start(config, kernel -> new LoopbackVm(parts.image().series(), kernel));
  }

  @Override
  public String series() {
    return series;
  }

  @Override
  public long cid() {
    return VsockAddress.CID_LOCAL;
  }

  QemuGuest guest() {
    return kernel.guest();
  }

  AgentClient agent() {
    return kernel.agent();
  }

  /**
   * Makes the machine as new for the next lab.
   *
   * @return false if it cannot serve another lab and must be closed
   */
  boolean clean() {
    return kernel.clean();
  }

  @Override
  public boolean isUsable() {
    return guest().isRunning();
  }

  @Override
  public void close() throws IOException {
    kernel.close();
  }
}
