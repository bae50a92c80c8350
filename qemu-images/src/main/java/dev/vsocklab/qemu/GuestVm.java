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
import java.util.List;
import java.util.Optional;

/**
 * One virtual machine: a kernel in QEMU and its vsock device, from power-on to its end. It serves
 * one lab after another, which plug it into their fabrics.
 */
final class GuestVm implements GuestPool.Guest {
  private static final int EVENT_QUEUE = 2; // virtio 1.3 section 5.10.2

  private final GuestPool.Kind kind;
  private final VhostUserDevice device;
  private final GuestKernel kernel;

  private GuestVm(GuestPool.Kind kind, VhostUserDevice device, GuestKernel kernel) {
    this.kind = kind;
    this.device = device;
    this.kernel = kernel;
  }

  /**
   * Boots a machine; returns when its agent answers and its vsock driver runs.
   *
   * @param kind its CID and memory; its kernel is the image's
   * @throws IOException if it does not come up, with the console's last lines
   */
  static GuestVm boot(
      Launcher launcher, Accelerator accelerator, GuestImage image, GuestPool.Kind kind)
      throws IOException {
    String name = nameOf(kind.cid());
    RunFolder folder = RunFolder.create();
    Path socket = folder.socket("vsock.sock");
    VhostUserDevice device;
    try {
      device = VhostUserDevice.listen(socket, kind.cid());
    } catch (IOException e) {
      folder.close();
      throw e;
    }
    GuestVm vm = null;
    try {
      QemuGuest.Config config =
          new QemuGuest.Config(
              name,
              launcher,
              accelerator,
              image,
              kind.memoryMib(),
              new VsockDevice.VhostUser(socket),
              List.of());
      GuestKernel kernel = GuestKernel.boot(config, folder, GuestKernel.BOOT_DEADLINE);
      vm = new GuestVm(kind, device, kernel);
      vm.awaitDriver();
      return vm;
    } catch (IOException e) {
      Optional<String> why = device.failure();
      IOException told =
          why.isEmpty() ? e : new IOException(name + ": " + why.get() + " " + e.getMessage(), e);
      try (device) {
        if (vm != null) {
          vm.kernel.close();
        }
      } catch (IOException atClose) {
        told.addSuppressed(atClose);
      }
      throw told;
    }
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
  public GuestPool.Kind kind() {
    return kind;
  }

  /** The CID that it booted with, by which the pool and the messages know it. */
  long cid() {
    return kind.cid();
  }

  GuestKernel kernel() {
    return kernel;
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
    boolean asBooted = device.cid() == cid() && !device.isTakenAway();
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
