package dev.vsocklab.qemu.agent;

import dev.vsocklab.contract.VsockNet;
import dev.vsocklab.contract.VsockStreamContract;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/**
 * What vsock's streams have besides the JDK's contract, with both ends in a real guest's Linux
 * 6.12.
 */
@Tag("qemu")
final class GuestVsockStreamContract612IT extends VsockStreamContract {
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
  protected VsockNet net() {
    return guest.loopback();
  }

  @Override
  protected boolean countsUnreadBytes() {
    return false;
  }
}
