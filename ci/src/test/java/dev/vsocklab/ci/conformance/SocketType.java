package dev.vsocklab.ci.conformance;

import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import dev.vsocklab.spi.SocketLayer;
import java.io.IOException;

/** The two socket types that virtio-vsock carries. */
enum SocketType {
  STREAM,
  SEQPACKET;

  KernelSocket open(SocketLayer layer) throws ErrnoException, IOException {
    return this == STREAM ? layer.stream() : layer.seqpacket();
  }
}
