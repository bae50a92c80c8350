package dev.vsocklab.spi.nio;

import dev.vsocklab.VsockCapability;
import dev.vsocklab.VsockProvider;
import dev.vsocklab.contract.SeqpacketContract;
import dev.vsocklab.contract.VsockNet;
import java.util.EnumSet;

/** The SEQPACKET faces over sockets in memory. */
final class MemorySeqpacketContractTest extends SeqpacketContract {
  private final VsockProvider vsock =
      new NioVsockProvider(
          new MemoryNet(), EnumSet.of(VsockCapability.STREAM, VsockCapability.SEQPACKET));

  @Override
  protected VsockNet net() {
    return new VsockNet(vsock, vsock, MemoryNet.CID);
  }
}
