package dev.vsocklab.sim.nio;

import dev.vsocklab.contract.ContractNet;
import dev.vsocklab.contract.SocketContract;
import org.junit.jupiter.api.AfterEach;

/** The socket faces from a simulated guest to its host. */
final class SimSocketContractTest extends SocketContract {
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
