package dev.vsocklab.qemu;

import dev.vsocklab.PortPrivilege;
import dev.vsocklab.VsockProvider;
import dev.vsocklab.linux.LinuxVsock;
import dev.vsocklab.spi.BackendLab.ReportSection;
import dev.vsocklab.spi.SocketLayer;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** This machine's own kernel, as one lab has it: the lab's sockets end with the lab. */
final class LocalLoopback implements LoopbackKernel {
  private final Queue<LinuxVsock> opened = new ConcurrentLinkedQueue<>();

  @Override
  public Views views(String name) throws IOException {
    LinuxVsock linux = LinuxVsock.open(name);
    opened.add(linux);
    return new LocalViews(linux);
  }

  @Override
  public List<ReportSection> report() {
    return List.of(); // the kernel's log is the user's, and needs root
  }

  @Override
  public void close() {
    opened.forEach(LinuxVsock::close);
  }

  /** A machine has sockets, and nothing that a kernel under test would need to be driven by. */
  private record LocalViews(LinuxVsock linux) implements Views {
    @Override
    public VsockProvider vsock() {
      return linux.vsock();
    }

    @Override
    public <T> Optional<T> as(Class<T> type) {
      if (type == SocketLayer.class) {
        return Optional.of(type.cast(linux.sockets()));
      }
      return type == PortPrivilege.class ? Optional.of(type.cast(linux)) : Optional.empty();
    }
  }
}
