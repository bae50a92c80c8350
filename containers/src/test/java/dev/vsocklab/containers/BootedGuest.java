package dev.vsocklab.containers;

import com.github.dockerjava.api.DockerClient;
import dev.vsocklab.qemu.agent.AgentClient;
import dev.vsocklab.qemu.image.GuestImage;
import dev.vsocklab.qemu.image.GuestImages;
import dev.vsocklab.qemu.launch.Accelerator;
import dev.vsocklab.qemu.launch.Launcher;
import dev.vsocklab.qemu.launch.QemuGuest;
import dev.vsocklab.qemu.launch.RunFolder;
import dev.vsocklab.qemu.launch.VsockDevice;
import java.io.IOException;
import java.time.Duration;

/**
 * A guest without vsock in a container, up to its agent's first answer.
 *
 * @param qemu the machine
 * @param agent its agent
 */
record BootedGuest(QemuGuest qemu, AgentClient agent) implements AutoCloseable {
  private static final Duration BOOT_DEADLINE = Duration.ofMinutes(2);

  static BootedGuest boot() throws IOException {
    return boot(launcher(), Accelerator.TCG, image(), BOOT_DEADLINE);
  }

  static BootedGuest boot(
      Launcher launcher, Accelerator accelerator, GuestImage image, Duration deadline)
      throws IOException {
    QemuGuest qemu =
        QemuGuest.start(
            new QemuGuest.Config("the guest", launcher, accelerator, image, VsockDevice.NONE),
            RunFolder.create());
    try {
      return new BootedGuest(
          qemu,
          AgentClient.connect(
              qemu.agent(), "the guest", () -> qemu.console().lastLines(20), deadline));
    } catch (IOException e) {
      IOException told = qemu.told("did not come up", e);
      qemu.close();
      throw told;
    }
  }

  /** The launcher, with the image made of this machine's QEMU. */
  static Launcher launcher() throws IOException {
    DockerClient client = EngineContents.client();
    return new ContainerLauncher(
        new QemuImage.OfThisMachine().require(client), "a test's launcher");
  }

  static GuestImage image() throws IOException {
    return GuestImages.ofThisUser().get("6.12");
  }

  @Override
  public void close() throws IOException {
    agent.close();
    qemu.close();
  }
}
