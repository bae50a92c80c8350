package dev.vsocklab.qemu;

import dev.vsocklab.qemu.agent.AgentClient;
import dev.vsocklab.qemu.image.GuestImage;
import dev.vsocklab.qemu.launch.Accelerator;
import dev.vsocklab.qemu.launch.Launcher;
import dev.vsocklab.qemu.launch.QemuGuest;
import dev.vsocklab.qemu.launch.RunFolder;
import dev.vsocklab.qemu.launch.VsockDevice;
import dev.vsocklab.qemu.vhostuser.EventQueue;
import dev.vsocklab.qemu.vhostuser.VhostUserDevice;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * One virtual machine: a kernel in QEMU and its vsock device, from power-on to its end. It serves
 * one lab after another, which plug it into their fabrics.
 */
final class GuestVm implements GuestPool.Guest {
  private static final int EVENT_QUEUE = 2; // virtio 1.3 section 5.10.2

  private final String series;
  private final long bootCid;
  private final VhostUserDevice device;
  private final GuestKernel kernel;

  private GuestVm(String series, VhostUserDevice device, GuestKernel kernel) {
    this.series = series;
    this.bootCid = device.cid();
    this.device = device;
    this.kernel = kernel;
  }

  /**
   * Starts a machine; returns when its agent answers and its vsock driver runs.
   *
   * @param bareGuests where it comes from
   * @param cid its CID
   * @throws IOException if it does not come up, with the console's last lines
   */
  static GuestVm boot(
      BareGuests bareGuests, Launcher launcher, Accelerator accelerator, GuestImage image, long cid)
      throws IOException {
    QemuGuest.Config config =
        new QemuGuest.Config(nameOf(cid), launcher, accelerator, image, VsockDevice.SLOT);
    return bareGuests.start(config, kernel -> withDevice(image.series(), kernel, cid));
  }

  private static GuestVm withDevice(String series, GuestKernel kernel, long cid)
      throws IOException {
    Path socket = kernel.guest().folder().resolve("vsock.sock");
    VhostUserDevice device;
    try {
      device = VhostUserDevice.listen(socket, cid);
    } catch (IOException e) {
      throw ended(kernel::close, e);
    }
    GuestVm vm = new GuestVm(series, device, kernel);
    try {
      kernel.guest().plug(socket);
      vm.awaitDriver();
      return vm;
    } catch (IOException e) {
      Optional<String> why = device.failure();
      throw ended(
          vm::close,
          why.isEmpty()
              ? e
              : new IOException(nameOf(cid) + ": " + why.get() + " " + e.getMessage(), e));
    }
  }

  /** A way to end something. */
  private interface End {
    void end() throws IOException;
  }

  private static IOException ended(End end, IOException why) {
    try {
      end.end();
    } catch (IOException atClose) {
      why.addSuppressed(atClose);
    }
    return why;
  }

  /**
   * Boots a machine without vsock, to see whether it comes up at all, and ends it.
   *
   * @throws IOException if it does not
   */
  static void tryBoot(
      Launcher launcher, Accelerator accelerator, GuestImage image, Duration deadline)
      throws IOException {
    QemuGuest.Config config =
        new QemuGuest.Config(
            "a trial guest (" + accelerator + ")", launcher, accelerator, image, VsockDevice.NONE);
    GuestKernel.boot(config, RunFolder.create(), deadline).close();
  }

  private void awaitDriver() throws IOException {
    try {
      device.awaitStarted(GuestKernel.BOOT_DEADLINE);
    } catch (IOException e) {
      throw guest().told("came up without vsock: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted while " + guest() + " booted.", e);
    }
  }

  static String nameOf(long cid) {
    return "vm(" + cid + ")";
  }

  @Override
  public String series() {
    return series;
  }

  /** The CID that it booted with, by which the pool and the messages know it. */
  @Override
  public long cid() {
    return bootCid;
  }

  /**
   * Resets the guest's transport and waits until its driver has dealt with that.
   *
   * @param newCid its CID from now on
   */
  void resetTransport(long newCid) throws IOException {
    device.resetTransport(eventQueue(), newCid);
  }

  /** Cuts the guest off for good. */
  void takeDeviceAway() throws IOException {
    device.takeAway(eventQueue());
  }

  private EventQueue eventQueue() throws IOException {
    QemuGuest.VirtioQueue queue = guest().vsockQueue(EVENT_QUEUE);
    return new EventQueue(
        queue.size(), queue.descriptorAddress(), queue.availAddress(), queue.usedAddress());
  }

  VhostUserDevice device() {
    return device;
  }

  QemuGuest guest() {
    return kernel.guest();
  }

  /** The agent of this boot: another one after each {@link #reboot}. */
  AgentClient agent() {
    return kernel.agent();
  }

  /** Presses the reset button and waits until the agent answers again. */
  void reboot() throws IOException {
    kernel.reboot();
    awaitDriver();
  }

  /**
   * Makes the machine as new for the next lab, still plugged, so that its peers hear of the sockets
   * that close.
   *
   * @return false if it cannot serve another lab and must be closed
   */
  boolean clean() {
    boolean asBooted = device.cid() == bootCid && !device.isTakenAway();
    return asBooted && device.failure().isEmpty() && kernel.clean();
  }

  @Override
  public boolean isUsable() {
    return guest().isRunning() && device.failure().isEmpty();
  }

  /** Ends the machine. Closing again does nothing. */
  @Override
  public void close() throws IOException {
    try (device) {
      kernel.close();
    } catch (IOException e) {
      throw new IOException(guest() + " did not end cleanly.", e);
    }
  }
}
