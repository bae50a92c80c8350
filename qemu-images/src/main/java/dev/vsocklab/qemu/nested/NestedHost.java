package dev.vsocklab.qemu.nested;

import dev.vsocklab.qemu.agent.AgentClient;
import dev.vsocklab.qemu.agent.GuestCommand;
import dev.vsocklab.qemu.agent.ProgramHandles;
import dev.vsocklab.qemu.image.HostFiles;
import dev.vsocklab.qemu.launch.QemuGuest;
import dev.vsocklab.qemu.launch.RunFolder;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A machine in QEMU whose kernel has vhost_vsock, and the guests that QEMU runs inside it.
 *
 * <p>Two agents drive its kernel. The keeper is its init: it starts the guests' QEMU, and is never
 * reset. The other is an ordinary program, whose sockets and programs are what a test has of the
 * host.
 */
public final class NestedHost implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("dev.vsocklab.qemu.nested");
  private static final Duration BOOT_DEADLINE = Duration.ofMinutes(2);
  private static final Duration GREET_DEADLINE = Duration.ofSeconds(60);
  private static final Duration RESET_DEADLINE = Duration.ofSeconds(30);
  private static final int CONSOLE_LINES = 20;

  private final HostParts parts;
  private final QemuGuest machine;
  private final AgentClient keeper;
  private final AgentClient agent;
  private final List<NestedGuest> guests = new ArrayList<>();

  private NestedHost(
      HostParts parts, QemuGuest machine, AgentClient keeper, AgentClient agent) {
    this.parts = parts;
    this.machine = machine;
    this.keeper = keeper;
    this.agent = agent;
  }

  /**
   * Boots a host without guests.
   *
   * @throws IOException if it does not come up, with the console's last lines
   */
  static NestedHost boot(HostParts parts) throws IOException {
    QemuGuest machine = QemuGuest.start(parts.config(), RunFolder.create());
    try {
      AgentClient keeper = greet(machine, "agent", machine.agent(), BOOT_DEADLINE);
      keeper
          .programs()
          .start(
              GuestCommand.of(
                      HostFiles.AGENT, "--port", QemuGuest.Config.portName(HostParts.SOCKETS_PORT))
                  .withStreamedOutput());
      return new NestedHost(parts, machine, keeper, greetSockets(machine));
    } catch (IOException e) {
      machine.close();
      throw e;
    }
  }

  private static AgentClient greetSockets(QemuGuest machine) throws IOException {
    return greet(
        machine, HostParts.SOCKETS_PORT, machine.port(HostParts.SOCKETS_PORT), GREET_DEADLINE);
  }

  private static AgentClient greet(
      QemuGuest machine, String port, java.nio.channels.SocketChannel channel, Duration deadline)
      throws IOException {
    return AgentClient.connect(
        channel, machine + " (" + port + ")", () -> machine.console().lastLines(CONSOLE_LINES),
        deadline);
  }

  /**
   * Boots one more guest.
   *
   * @param cid its CID
   * @throws IOException if it does not come up, with its console's last lines
   */
  void addGuest(long cid) throws IOException {
    guests.add(NestedGuest.boot(place(guests.size()), cid));
  }

  private NestedGuest.Place place(int index) {
    String port = HostParts.guestPort(index);
    String device = parts.config().portDevice(port);
    return new NestedGuest.Place(
        keeper,
        () -> machine.port(port),
        cid -> InnerQemu.command(parts.innerQemu(), cid, device));
  }

  /**
   * The sockets and programs of the host.
   *
   * @return its agent
   */
  public AgentClient agent() {
    return agent;
  }

  /**
   * The guests.
   *
   * @return in the order in which they came
   */
  public List<NestedGuest> guests() {
    return Collections.unmodifiableList(guests);
  }

  @Override
  public String toString() {
    return machine.toString();
  }

  @Override
  public void close() throws IOException {
    guests.forEach(NestedGuest::hangUp);
    agent.close();
    keeper.close();
    machine.close();
  }
}
