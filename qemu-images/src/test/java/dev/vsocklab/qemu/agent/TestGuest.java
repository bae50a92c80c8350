package dev.vsocklab.qemu.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockCapability;
import dev.vsocklab.contract.VsockNet;
import dev.vsocklab.qemu.image.GuestImages;
import dev.vsocklab.qemu.launch.Accelerator;
import dev.vsocklab.qemu.launch.ProcessLauncher;
import dev.vsocklab.qemu.launch.QemuBinary;
import dev.vsocklab.qemu.launch.QemuGuest;
import dev.vsocklab.qemu.launch.RunFolder;
import dev.vsocklab.qemu.launch.VsockDevice;
import dev.vsocklab.spi.nio.NioVsockProvider;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumSet;

/**
 * A guest without a vsock device: its sockets reach nobody but each other, over its own loopback.
 */
final class TestGuest implements AutoCloseable {
  private static final Duration BOOT_DEADLINE = Duration.ofMinutes(2);
  private static final Duration RESET_DEADLINE = Duration.ofSeconds(30);

  private final QemuGuest qemu;
  private final AgentClient client;
  private final NioVsockProvider provider;

  private TestGuest(QemuGuest qemu, AgentClient client) {
    this.qemu = qemu;
    this.client = client;
    this.provider = new NioVsockProvider(client, EnumSet.allOf(VsockCapability.class));
  }

  static TestGuest boot(String series) throws IOException {
    QemuGuest.Config config =
        new QemuGuest.Config(
            "vm(" + series + ")",
            QemuBinary.find()
                .map(ProcessLauncher::new)
                .orElseThrow(() -> new IOException(QemuBinary.missing().toString())),
            Accelerator.TCG,
            GuestImages.ofThisUser().get(series),
            VsockDevice.NONE);
    QemuGuest qemu = QemuGuest.start(config, RunFolder.create());
    try {
      AgentClient client =
          AgentClient.connect(
              qemu.agent(), "vm(" + series + ")", () -> qemu.console().text(), BOOT_DEADLINE);
      assertEquals(series, client.kernelRelease().substring(0, series.length()));
      return new TestGuest(qemu, client);
    } catch (IOException | AssertionError e) {
      qemu.close();
      throw e;
    }
  }

  AgentClient client() {
    return client;
  }

  /** Both ends in this guest's kernel. */
  VsockNet loopback() {
    return new VsockNet(provider, provider, VsockAddress.CID_LOCAL);
  }

  void reset() throws IOException {
    client.reset(RESET_DEADLINE);
  }

  /** As a crash of the hypervisor. */
  void kill() throws IOException {
    qemu.kill();
  }

  void pause() throws IOException {
    qemu.pause();
  }

  void resume() throws IOException {
    qemu.resume();
  }

  @Override
  public void close() throws IOException {
    client.close();
    qemu.close();
  }
}
