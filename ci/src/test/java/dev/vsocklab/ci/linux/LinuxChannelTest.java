package dev.vsocklab.ci.linux;

import dev.vsocklab.contract.ChannelContract;
import dev.vsocklab.contract.ContractNet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;

/** The JDK's contract of channels, over this kernel's own sockets. */
@Tag("local")
final class LinuxChannelTest extends ChannelContract {
  private final LocalNet local = new LocalNet();

  @AfterEach
  void close() {
    local.close();
  }

  @Override
  protected ContractNet net() {
    return local.net();
  }
}
