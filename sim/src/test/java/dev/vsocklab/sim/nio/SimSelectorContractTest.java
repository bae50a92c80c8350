package dev.vsocklab.sim.nio;

import dev.vsocklab.contract.ContractNet;
import dev.vsocklab.contract.SelectorContract;
import org.junit.jupiter.api.AfterEach;

/** The selector over simulated sockets. */
final class SimSelectorContractTest extends SelectorContract {
  private final SimNets nets = new SimNets();

  @AfterEach
  void close() {
    nets.close();
  }

  @Override
  protected ContractNet net() {
    return nets.loopback();
  }
}
