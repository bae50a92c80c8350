package dev.vsocklab.qemu.vhostuser;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.linux.Fd;
import dev.vsocklab.linux.FileMapping;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Fails a test that leaves a descriptor, a mapping or a device's thread behind. */
final class OpenResources implements BeforeEachCallback, AfterEachCallback {
  private int fds;
  private int mappings;

  @Override
  public void beforeEach(ExtensionContext context) {
    fds = Fd.openCount();
    mappings = FileMapping.openCount();
  }

  @Override
  public void afterEach(ExtensionContext context) {
    assertEquals(fds, Fd.openCount(), "descriptors left open");
    assertEquals(mappings, FileMapping.openCount(), "mappings left open");
    assertEquals(
        0,
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> thread.getName().startsWith("vsocklab-vhost-user-"))
            .count(),
        "threads left running");
  }
}
