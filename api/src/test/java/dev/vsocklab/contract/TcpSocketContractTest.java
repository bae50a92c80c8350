package dev.vsocklab.contract;

/** Proves that the contract's tests state what the JDK does. */
final class TcpSocketContractTest extends SocketContract {
  @Override
  protected ContractNet net() {
    return new TcpNet();
  }
}
