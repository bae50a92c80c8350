package dev.vsocklab.ci.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.contract.VsockNet;
import dev.vsocklab.linux.LinuxVsock;
import dev.vsocklab.linux.LocalVsock;
import java.io.IOException;
import java.util.Optional;

/** This kernel talking to itself over CID 1, after its loopback was probed. */
final class LocalNet implements AutoCloseable {
  private final LinuxVsock linux;

  LocalNet() {
    assertEquals(
        Optional.empty(),
        LocalVsock.ofThisKernel().loopbackAlone(),
        "these tests need a kernel with its own loopback and no host");
    try {
      linux = LinuxVsock.open();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  LinuxVsock linux() {
    return linux;
  }

  VsockNet net() {
    return new VsockNet(linux.vsock(), linux.vsock(), VsockAddress.CID_LOCAL);
  }

  /** Whether it is a kernel of that series. */
  static boolean runs(String series) {
    return System.getProperty("os.version").startsWith(series + ".");
  }

  @Override
  public void close() {
    linux.close();
  }
}
