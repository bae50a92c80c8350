package dev.vsocklab.spi.nio;

import dev.vsocklab.VsockCapability;
import dev.vsocklab.VsockProvider;
import dev.vsocklab.contract.VsockNet;
import dev.vsocklab.contract.VsockStreamContract;
import java.util.EnumSet;

/** What vsock's streams have besides the JDK's contract, over sockets in memory. */
final class MemoryVsockStreamContractTest extends VsockStreamContract {
  private final VsockProvider vsock =
      new NioVsockProvider(new MemoryNet(), EnumSet.of(VsockCapability.STREAM));

  @Override
  protected VsockNet net() {
    return new VsockNet(vsock, vsock, MemoryNet.CID);
  }
}
