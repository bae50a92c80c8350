package dev.vsocklab.qemu;

import dev.vsocklab.PortPrivilege;
import dev.vsocklab.VsockCapability;
import dev.vsocklab.VsockProvider;
import dev.vsocklab.qemu.agent.AgentClient;
import dev.vsocklab.qemu.agent.CallScripts;
import dev.vsocklab.qemu.agent.GuestPrograms;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import dev.vsocklab.spi.SocketLayer;
import dev.vsocklab.spi.nio.NioVsockProvider;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What a test sees of a kernel through its agent: sockets, programs, the privilege, scripts. Always
 * the kernel that runs now: after a reboot, another one.
 */
final class KernelViews implements LoopbackKernel.Views {
  private final Supplier<String> name;
  private final Supplier<AgentClient> agent;
  private final SocketLayer sockets = new CurrentSockets();
  private final VsockProvider vsock =
      new NioVsockProvider(
          sockets,
          EnumSet.of(
              VsockCapability.STREAM,
              VsockCapability.SEQPACKET,
              VsockCapability.SELECTOR,
              VsockCapability.SOCKET_FACES,
              VsockCapability.REAL_KERNEL));

  /**
   * Views of one machine.
   *
   * @param name the machine's, in messages
   * @param agent the agent of the kernel that runs now; throws IllegalStateException once the
   *     machine has left its lab
   */
  KernelViews(Supplier<String> name, Supplier<AgentClient> agent) {
    this.name = name;
    this.agent = agent;
  }

  @Override
  public VsockProvider vsock() {
    return vsock;
  }

  @Override
  public <T> Optional<T> as(Class<T> type) {
    if (type == SocketLayer.class) {
      return Optional.of(type.cast(sockets));
    }
    if (type == PortPrivilege.class) {
      PortPrivilege privilege = mayBind -> agent.get().mayBindPrivilegedPorts(mayBind);
      return Optional.of(type.cast(privilege));
    }
    if (type == GuestPrograms.class) {
      return Optional.of(type.cast(agent.get().programs()));
    }
    if (type == CallScripts.class) {
      return Optional.of(type.cast(agent.get()));
    }
    return Optional.empty();
  }

  private final class CurrentSockets implements SocketLayer {
    @Override
    public KernelSocket stream() throws ErrnoException, IOException {
      return agent.get().stream();
    }

    @Override
    public KernelSocket seqpacket() throws ErrnoException, IOException {
      return agent.get().seqpacket();
    }

    @Override
    public long localCid() throws ErrnoException, IOException {
      return agent.get().localCid();
    }

    @Override
    public String name() {
      return name.get();
    }
  }
}
