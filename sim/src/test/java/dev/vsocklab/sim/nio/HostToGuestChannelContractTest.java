package dev.vsocklab.sim.nio;

import dev.vsocklab.contract.ChannelContract;
import dev.vsocklab.contract.ContractNet;
import org.junit.jupiter.api.AfterEach;

/** The channel faces from the host to a simulated guest. */
final class HostToGuestChannelContractTest extends ChannelContract {
  private final SimNets nets = new SimNets();

  @AfterEach
  void close() {
    nets.close();
  }

  @Override
  protected ContractNet net() {
    return nets.hostToGuest();
  }
}
