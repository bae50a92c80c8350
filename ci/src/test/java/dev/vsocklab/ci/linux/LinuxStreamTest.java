package dev.vsocklab.ci.linux;

import dev.vsocklab.contract.VsockNet;
import dev.vsocklab.contract.VsockStreamContract;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;

/** What vsock's streams have besides the JDK's contract, over this kernel's own sockets. */
@Tag("local")
final class LinuxStreamTest extends VsockStreamContract {
  private final LocalNet local = new LocalNet();

  @AfterEach
  void close() {
    local.close();
  }

  @Override
  protected VsockNet net() {
    return local.net();
  }

  @Override
  protected boolean countsUnreadBytes() {
    return !LocalNet.runs("6.1") && !LocalNet.runs("6.12");
  }

  @Override
  protected boolean countsUnsentBytes() {
    return !LocalNet.runs("6.1");
  }
}
