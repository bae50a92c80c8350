package dev.vsocklab.qemu.vhostuser;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A device on a host's fabric, with a fake QEMU that has connected and said nothing yet. */
@ExtendWith(OpenResources.class)
abstract class DeviceTestBase {
  static final Duration DEADLINE = Duration.ofSeconds(10);

  Path folder;
  FakeHost host;
  VhostUserDevice device;
  FakeVmm vmm;

  DeviceTestBase() {}

  @BeforeEach
  void connect(@TempDir Path temporary) throws IOException {
    folder = temporary;
    host = new FakeHost();
    device = VhostUserDevice.listen(folder.resolve("s"), FakeVmm.CID);
    device.plug(host.fabric);
    vmm = newVmm(folder.resolve("s"));
  }

  FakeVmm newVmm(Path socket) throws IOException {
    return new FakeVmm(socket);
  }

  @AfterEach
  void close() {
    vmm.close();
    device.close();
  }

  /** The device has ended with a sentence, and the guest is off the fabric. */
  void assertFailed(String part) throws InterruptedException {
    assertTrue(device.awaitEnded(DEADLINE), "the device goes on\n" + device.log());
    String sentence = device.failure().orElse("no failure");
    assertTrue(sentence.contains(part), sentence);
    assertTrue(device.log().contains(sentence), device.log());
    assertEquals(FakeVmm.CID, host.awaitGone());
  }
}
