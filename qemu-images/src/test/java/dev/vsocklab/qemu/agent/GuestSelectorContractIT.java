package dev.vsocklab.qemu.agent;

import dev.vsocklab.contract.ContractNet;
import dev.vsocklab.contract.SelectorContract;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** The JDK's contract of the selector, with both ends in a real guest's kernel. */
@Tag("qemu")
final class GuestSelectorContractIT extends SelectorContract {
  private static TestGuest guest;

  @BeforeAll
  static void boot() throws IOException {
    guest = TestGuest.boot("6.12");
  }

  @AfterAll
  static void end() throws IOException {
    guest.close();
  }

  @AfterEach
  void reset() throws IOException {
    guest.reset();
  }

  @Override
  protected ContractNet net() {
    return guest.loopback();
  }
}
