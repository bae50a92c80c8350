package dev.vsocklab.sim.nio;

import dev.vsocklab.contract.ChannelContract;
import dev.vsocklab.contract.ContractNet;
import org.junit.jupiter.api.AfterEach;

/** The channel faces from a simulated guest to its host. */
final class GuestToHostChannelContractTest extends ChannelContract {
  private final SimNets nets = new SimNets();

  @AfterEach
  void close() {
    nets.close();
  }

  @Override
  protected ContractNet net() {
    return nets.guestToHost();
  }
}
