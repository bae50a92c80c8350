package dev.vsocklab.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Fails a test that leaves a descriptor or a mapping open. */
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
  }
}
