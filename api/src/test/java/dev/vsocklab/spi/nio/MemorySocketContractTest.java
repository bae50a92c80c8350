package dev.vsocklab.spi.nio;

import dev.vsocklab.VsockCapability;
import dev.vsocklab.VsockProvider;
import dev.vsocklab.contract.ContractNet;
import dev.vsocklab.contract.SocketContract;
import dev.vsocklab.contract.VsockNet;
import java.util.EnumSet;

/** The socket faces over sockets in memory. */
final class MemorySocketContractTest extends SocketContract {
  private final VsockProvider vsock =
      new NioVsockProvider(new MemoryNet(), EnumSet.of(VsockCapability.STREAM));

  @Override
  protected ContractNet net() {
    return new VsockNet(vsock, vsock, MemoryNet.CID);
  }
}
