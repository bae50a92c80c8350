package dev.vsocklab.qemu;

import dev.vsocklab.qemu.agent.AgentClient;
import dev.vsocklab.qemu.image.GuestImage;
import dev.vsocklab.qemu.launch.Accelerator;
import dev.vsocklab.qemu.launch.QemuBinary;
import dev.vsocklab.qemu.launch.QemuGuest;
import dev.vsocklab.qemu.launch.RunFolder;
import dev.vsocklab.qemu.vhostuser.VhostUserDevice;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One virtual machine: QEMU, its vsock device and the agent inside, from power-on to its end. It
 * serves one lab after another, which plug it into their fabrics.
 */
final class GuestVm implements GuestPool.Guest {
  private static final System.Logger LOG = System.getLogger("dev.vsocklab.qemu");

  /** From power-on to the agent's answer; two to six seconds are usual under TCG. */
  static final Duration BOOT_DEADLINE = Duration.ofSeconds(60);

  private static final Duration RESET_DEADLINE = Duration.ofSeconds(10);
  private static final int CONSOLE_LINES = 20;

  private final String series;
  private final VhostUserDevice device;
  private final QemuGuest guest;
  private final ReentrantLock agentLock = new ReentrantLock();
  private AgentClient agent;

  private GuestVm(String series, VhostUserDevice device, QemuGuest guest, AgentClient agent) {
    this.series = series;
    this.device = device;
    this.guest = guest;
    this.agent = agent;
  }

  /**
   * Boots a machine; returns when its agent answers and its vsock driver runs.
   *
   * @param cid its CID
   * @throws IOException if it does not come up, with the console's last lines
   */
  static GuestVm boot(QemuBinary qemu, Accelerator accelerator, GuestImage image, long cid)
      throws IOException {
    String name = nameOf(cid);
    RunFolder folder = RunFolder.create();
    Path socket = folder.socket("vsock.sock");
    VhostUserDevice device;
    try {
      device = VhostUserDevice.listen(socket, cid);
    } catch (IOException e) {
      folder.close();
      throw e;
    }
    QemuGuest guest = null;
    try {
      guest =
          QemuGuest.start(
              new QemuGuest.Config(name, qemu, accelerator, image, Optional.of(socket)), folder);
      AgentClient agent = greet(guest, name, BOOT_DEADLINE);
      GuestVm vm = new GuestVm(image.series(), device, guest, agent);
      vm.awaitDriver();
      return vm;
    } catch (IOException e) {
      Optional<String> why = device.failure();
      IOException told =
          why.isEmpty() ? e : new IOException(name + ": " + why.get() + " " + e.getMessage(), e);
      close(guest, device, told);
      throw told;
    }
  }

  /**
   * Boots a machine without vsock, to see whether it comes up at all, and ends it.
   *
   * @throws IOException if it does not
   */
  static void tryBoot(QemuBinary qemu, Accelerator accelerator, GuestImage image, Duration deadline)
      throws IOException {
    QemuGuest.Config config =
        new QemuGuest.Config(
            "a trial guest (" + accelerator + ")", qemu, accelerator, image, Optional.empty());
    try (QemuGuest guest = QemuGuest.start(config, RunFolder.create())) {
      greet(guest, guest.toString(), deadline).close();
    }
  }

  private static AgentClient greet(QemuGuest guest, String name, Duration deadline)
      throws IOException {
    try {
      return AgentClient.connect(
          guest.agent(), name, () -> guest.console().lastLines(CONSOLE_LINES), deadline);
    } catch (IOException e) {
      IOException told = guest.told("did not come up", e);
      throw guest.isRunning() ? e : told; // where QEMU runs, the client's words say it all
    }
  }

  private void awaitDriver() throws IOException {
    try {
      device.awaitStarted(BOOT_DEADLINE);
    } catch (IOException e) {
      throw guest.told("came up without vsock: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted while " + guest + " booted.", e);
    }
  }

  static String nameOf(long cid) {
    return "vm(" + cid + ")";
  }

  @Override
  public String series() {
    return series;
  }

  @Override
  public long cid() {
    return device.cid();
  }

  VhostUserDevice device() {
    return device;
  }

  QemuGuest guest() {
    return guest;
  }

  /** The agent of this boot: another one after each {@link #reboot}. */
  AgentClient agent() {
    agentLock.lock();
    try {
      return agent;
    } finally {
      agentLock.unlock();
    }
  }

  /** Presses the reset button and waits until the agent answers again. */
  void reboot() throws IOException {
    agentLock.lock();
    try {
      guest.reset();
      agent.close();
      agent = greet(guest, guest.toString(), BOOT_DEADLINE);
      guest.ready();
    } finally {
      agentLock.unlock();
    }
    awaitDriver();
  }

  /**
   * Makes the machine as new for the next lab, still plugged, so that its peers hear of the sockets
   * that close.
   *
   * @return false if it cannot serve another lab and must be closed
   */
  boolean clean() {
    if (!guest.isRunning() || device.failure().isPresent()) {
      return false;
    }
    try {
      if (guest.isPaused()) {
        guest.resume();
      }
      agent().reset(RESET_DEADLINE);
      return true;
    } catch (IOException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "{0} did not come back clean from a test and is ended: {1}",
          guest,
          e.getMessage());
      return false;
    }
  }

  @Override
  public boolean isUsable() {
    return guest.isRunning() && device.failure().isEmpty();
  }

  /** Ends the machine. Closing again does nothing. */
  @Override
  public void close() throws IOException {
    agent().close();
    IOException failed = new IOException(guest + " did not end cleanly.");
    close(guest, device, failed);
    if (failed.getSuppressed().length > 0) {
      throw failed;
    }
  }

  private static void close(
      @Nullable QemuGuest guest, VhostUserDevice device, IOException failures) {
    if (guest != null) {
      try {
        guest.close();
      } catch (IOException e) {
        failures.addSuppressed(e);
      }
    }
    device.close();
  }
}
