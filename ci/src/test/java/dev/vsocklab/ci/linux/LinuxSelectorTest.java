package dev.vsocklab.ci.linux;

import dev.vsocklab.contract.ContractNet;
import dev.vsocklab.contract.SelectorContract;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;

/** The JDK's contract of selectors, over this kernel's own sockets. */
@Tag("local")
final class LinuxSelectorTest extends SelectorContract {
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
