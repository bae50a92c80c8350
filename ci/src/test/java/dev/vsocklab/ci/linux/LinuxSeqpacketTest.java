package dev.vsocklab.ci.linux;

import dev.vsocklab.Errno;
import dev.vsocklab.contract.SeqpacketContract;
import dev.vsocklab.contract.VsockNet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;

/** The contract of the SEQPACKET faces, over this kernel's own sockets. */
@Tag("local")
final class LinuxSeqpacketTest extends SeqpacketContract {
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
  protected Errno errnoOfTooLong() {
    return LocalNet.runs("6.1") ? Errno.ENOMEM : Errno.EMSGSIZE;
  }

  @Override
  protected boolean peeksAtMessages() {
    return !LocalNet.runs("6.1");
  }
}
