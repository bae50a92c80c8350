package dev.vsocklab.qemu.agent;

import dev.vsocklab.contract.SeqpacketContract;
import dev.vsocklab.contract.VsockNet;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** The contract of the SEQPACKET faces, with both ends in a real guest's Linux 6.12. */
@Tag("qemu")
final class GuestSeqpacketContract612IT extends SeqpacketContract {
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
}
