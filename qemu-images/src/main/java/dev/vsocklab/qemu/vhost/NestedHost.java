package dev.vsocklab.qemu.vhost;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.qemu.agent.AgentClient;
import dev.vsocklab.qemu.agent.GuestCommand;
import dev.vsocklab.qemu.agent.ProgramHandles;
import dev.vsocklab.qemu.image.HostFiles;
import dev.vsocklab.qemu.launch.QemuGuest;
import dev.vsocklab.qemu.launch.RunFolder;
import dev.vsocklab.spi.BackendLab.ReportSection;
import dev.vsocklab.spi.ErrnoException;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A machine in QEMU whose kernel has vhost_vsock, and the guests that QEMU runs inside it.
 *
 * <p>Two agents drive its kernel. The keeper is its init: it starts the guests' QEMU, and is never
 * reset. The other is an ordinary program, whose sockets and programs are what a test has of the
 * host.
 */
final class NestedHost implements VhostHost {
  private static final System.Logger LOG = System.getLogger("dev.vsocklab.qemu.vhost");
  private static final Duration BOOT_DEADLINE = Duration.ofMinutes(3);

  /** A restored machine answers within a second or two; a loaded one gets more. */
  private static final Duration GREET_DEADLINE = Duration.ofMinutes(3);

  private static final Duration RESET_DEADLINE = Duration.ofSeconds(30);
  private static final Duration LOG_DEADLINE = Duration.ofSeconds(2);
  private static final int CONSOLE_LINES = 20;

  private static final String STATE = "state";

  /** One line for each guest: its CID and the handles of its QEMU. */
  private static final String GUESTS = "guests";

  private static final int GUEST_FIELDS = 6;

  private final HostParts parts;
  private final QemuGuest machine;
  private final AgentClient keeper;
  private final AgentClient agent;
  private final List<NestedGuest> guests = new ArrayList<>();

  private NestedHost(HostParts parts, QemuGuest machine, AgentClient keeper, AgentClient agent) {
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

  /**
   * A host as {@link #save} left it, with its guests. Nobody watches over it yet.
   *
   * @param folder where it was saved
   * @throws IOException if it does not come up
   */
  static NestedHost restore(HostParts parts, Path folder) throws IOException {
    QemuGuest machine =
        QemuGuest.restore(parts.config(), RunFolder.create(), folder.resolve(STATE));
    try {
      AgentClient keeper = greet(machine, "agent", machine.agent(), GREET_DEADLINE);
      keeper.renew();
      NestedHost host = new NestedHost(parts, machine, keeper, greetSockets(machine));
      List<String> lines = Files.readAllLines(folder.resolve(GUESTS), StandardCharsets.UTF_8);
      for (String line : lines) {
        host.findGuest(line.split(" ", -1));
      }
      return host;
    } catch (IOException | RuntimeException e) {
      machine.close();
      throw e;
    }
  }

  private void findGuest(String[] fields) throws IOException {
    if (fields.length != GUEST_FIELDS) {
      throw new IOException(
          "A saved guest has " + fields.length + " numbers instead of " + GUEST_FIELDS + ".");
    }
    int[] handles = new int[GUEST_FIELDS - 1];
    for (int i = 0; i < handles.length; i++) {
      handles[i] = Integer.parseInt(fields[i + 1]);
    }
    long cid = Long.parseLong(fields[0]);
    NestedGuest guest =
        NestedGuest.find(
            place(guests.size(), cid),
            cid,
            new ProgramHandles(handles[0], handles[1], handles[2], handles[3], handles[4]));
    guests.add(guest);
    guest.agent().renew();
  }

  /**
   * Writes the host and its guests, as they are between two tests, to files. It stays stopped and
   * can only be closed.
   *
   * @param folder where to
   */
  void save(Path folder) throws IOException {
    if (!clean()) {
      throw new IOException(machine + " cannot be saved: it did not become as new.");
    }
    List<String> lines = new ArrayList<>();
    for (NestedGuest guest : guests) {
      ProgramHandles handles = guest.handles();
      lines.add(
          Stream.of(
                  guest.cid(),
                  handles.program(),
                  handles.stdin(),
                  handles.stdout(),
                  handles.stderr(),
                  handles.pid())
              .map(String::valueOf)
              .collect(Collectors.joining(" ")));
    }
    Files.write(folder.resolve(GUESTS), lines, StandardCharsets.UTF_8);
    machine.save(folder.resolve(STATE));
  }

  private static AgentClient greetSockets(QemuGuest machine) throws IOException {
    return greet(
        machine, HostParts.SOCKETS_PORT, machine.port(HostParts.SOCKETS_PORT), GREET_DEADLINE);
  }

  private static AgentClient greet(
      QemuGuest machine, String port, SocketChannel channel, Duration deadline) throws IOException {
    return AgentClient.connect(
        channel,
        machine + " (" + port + ")",
        () -> machine.console().lastLines(CONSOLE_LINES),
        deadline);
  }

  /**
   * Boots one more guest, and warms it up.
   *
   * @param cid its CID
   * @throws IOException if it does not come up, with its console's last lines
   */
  void addGuest(long cid) throws IOException {
    NestedGuest guest = NestedGuest.boot(place(guests.size(), cid), cid);
    guests.add(guest);
    WarmUp.run(agent, guest);
  }

  private NestedGuest.Place place(int index, long cid) {
    String port = HostParts.guestPort(index);
    GuestCommand command =
        InnerQemu.command(parts.innerQemu(), cid, parts.config().portDevice(port));
    return new NestedGuest.Place(machine, port, keeper, command);
  }

  /**
   * From now on the guests' consoles are captured and their ends noticed. A host that is watched
   * over cannot be saved any more: the keeper has calls that wait.
   */
  void watch() throws IOException {
    for (NestedGuest guest : guests) {
      guest.watch();
    }
  }

  /**
   * Connects each guest and the host, both ways: a restored machine may answer and still have no
   * vsock. It also has QEMU translate the code for that once, before a test's connect timeouts run.
   *
   * @throws IOException if a connection does not come about
   */
  void checkVsock() throws IOException {
    for (NestedGuest guest : guests) {
      try {
        VsockCheck.connect(guest.agent(), VsockAddress.CID_HOST, agent);
        VsockCheck.connect(agent, guest.cid(), guest.agent());
      } catch (ErrnoException e) {
        throw new IOException(
            guest.name() + " and its host do not reach each other over vsock: " + e.errno(), e);
      }
    }
  }

  @Override
  public AgentClient agent() {
    return agent;
  }

  @Override
  public List<NestedGuest> guests() {
    return Collections.unmodifiableList(guests);
  }

  @Override
  public boolean clean() {
    if (!isUsable()) {
      return false;
    }
    try {
      // Guests first, while the host still answers: otherwise their kernels keep each connection
      // for eight seconds, waiting for its end.
      for (NestedGuest guest : guests) {
        guest.reset();
      }
      agent.reset(RESET_DEADLINE);
      return true;
    } catch (IOException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "{0} did not come back clean from a test and is ended: {1}",
          this,
          e.getMessage());
      return false;
    }
  }

  @Override
  public boolean isUsable() {
    return machine.isRunning() && guests.stream().allMatch(NestedGuest::isAsSaved);
  }

  @Override
  public List<ReportSection> report() {
    List<ReportSection> sections = new ArrayList<>();
    for (NestedGuest guest : guests) {
      sections.add(new ReportSection("console of " + guest.name(), guest.consoleText()));
      sections.add(
          new ReportSection("agent log of " + guest.name(), guest.agent().log(LOG_DEADLINE)));
    }
    sections.add(new ReportSection("console of " + machine, machine.console().text()));
    sections.add(new ReportSection("agent log of " + machine, agent.log(LOG_DEADLINE)));
    sections.add(new ReportSection("init log of " + machine, keeper.log(LOG_DEADLINE)));
    return sections;
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
