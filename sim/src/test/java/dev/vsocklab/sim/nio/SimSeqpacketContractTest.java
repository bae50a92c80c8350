package dev.vsocklab.sim.nio;

import dev.vsocklab.Errno;
import dev.vsocklab.contract.SeqpacketContract;
import dev.vsocklab.contract.VsockNet;
import dev.vsocklab.sim.kernel.KernelProfile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;

/** The SEQPACKET faces between a simulated host and a simulated guest, as each kernel has it. */
final class SimSeqpacketContractTest {

  @Nested
  final class GuestToHostOnLinux61 extends OnSim {
    GuestToHostOnLinux61() {
      super(KernelProfile.LINUX_6_1);
    }

    @Override
    protected Errno errnoOfTooLong() {
      return Errno.ENOMEM;
    }

    @Override
    protected boolean peeksAtMessages() {
      return false;
    }
  }

  @Nested
  final class GuestToHostOnLinux612 extends OnSim {
    GuestToHostOnLinux612() {
      super(KernelProfile.LINUX_6_12);
    }
  }

  @Nested
  final class HostToGuestOnLinux612 extends OnSim {
    HostToGuestOnLinux612() {
      super(KernelProfile.LINUX_6_12);
    }

    @Override
    protected VsockNet net() {
      return nets.hostToGuest();
    }
  }

  @Nested
  final class GuestToHostOnLinux7 extends OnSim {
    GuestToHostOnLinux7() {
      super(KernelProfile.LINUX_7);
    }
  }

  /** A host and a guest with one kernel. */
  abstract static class OnSim extends SeqpacketContract {
    final SimNets nets;

    OnSim(KernelProfile kernel) {
      nets = new SimNets(kernel);
    }

    @AfterEach
    void close() {
      nets.close();
    }

    @Override
    protected VsockNet net() {
      return nets.guestToHost();
    }
  }
}
