package dev.vsocklab.sim.nio;

import dev.vsocklab.contract.VsockNet;
import dev.vsocklab.contract.VsockStreamContract;
import dev.vsocklab.sim.kernel.KernelHabit;
import dev.vsocklab.sim.kernel.KernelProfile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;

/** What vsock's streams have besides the JDK's contract, as each simulated kernel has it. */
final class SimVsockStreamContractTest {

  @Nested
  final class Linux61 extends OnSim {
    Linux61() {
      super(KernelProfile.LINUX_6_1);
    }
  }

  @Nested
  final class Linux612 extends OnSim {
    Linux612() {
      super(KernelProfile.LINUX_6_12);
    }
  }

  @Nested
  final class Linux7 extends OnSim {
    Linux7() {
      super(KernelProfile.LINUX_7);
    }
  }

  /** From guest to host, with one kernel. */
  abstract static class OnSim extends VsockStreamContract {
    private final KernelProfile kernel;
    private final SimNets nets;

    OnSim(KernelProfile kernel) {
      this.kernel = kernel;
      this.nets = new SimNets(kernel);
    }

    @AfterEach
    void close() {
      nets.close();
    }

    @Override
    protected VsockNet net() {
      return nets.guestToHost();
    }

    @Override
    protected boolean countsUnreadBytes() {
      return kernel.has(KernelHabit.HAS_SIOCINQ);
    }

    @Override
    protected boolean countsUnsentBytes() {
      return kernel.has(KernelHabit.HAS_SIOCOUTQ);
    }
  }
}
