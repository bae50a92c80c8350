package dev.vsocklab.contract;

/** Proves that the contract's tests state what the JDK does. */
final class TcpChannelContractTest extends ChannelContract {
  @Override
  protected ContractNet net() {
    return new TcpNet();
  }
}
