package dev.vsocklab.qemu;

import dev.vsocklab.qemu.agent.AgentClient;
import dev.vsocklab.qemu.launch.RunFolder;
import dev.vsocklab.qemu.vhost.VhostHost;
import dev.vsocklab.spi.BackendLab.ReportSection;
import java.io.File;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * This machine's kernel as the host, and guests in QEMU on its {@code /dev/vhost-vsock}.
 *
 * <p>The host's sockets are those of an agent that runs as an ordinary program of this user and
 * ends when this JVM hangs up: so the host end is driven call by call as every other kernel is, and
 * between two tests its sockets are closed as a guest's are.
 */
final class LocalVhostHost implements VhostHost {
  private static final System.Logger LOG = System.getLogger("dev.vsocklab.qemu");
  private static final Duration AGENT_DEADLINE = Duration.ofSeconds(20);
  private static final Duration RESET_DEADLINE = Duration.ofSeconds(10);
  private static final Duration LOG_DEADLINE = Duration.ofSeconds(2);
  private static final String NAME = "this machine";

  private final Process program;
  private final AgentClient agent;
  private final List<LocalVhostGuest> guests = new ArrayList<>();

  private LocalVhostHost(Process program, AgentClient agent) {
    this.program = program;
    this.agent = agent;
  }

  /**
   * Starts the agent and boots the guests.
   *
   * @param agentProgram the agent
   * @param parts what the guests are made of
   * @param cids their CIDs
   * @throws IOException if one does not come up, for example because another machine has its CID
   */
  static LocalVhostHost start(Path agentProgram, GuestParts.Found parts, List<Long> cids)
      throws IOException {
    LocalVhostHost host = startAgent(agentProgram);
    try {
      for (long cid : cids) {
        host.guests.add(LocalVhostGuest.boot(parts, cid));
      }
      return host;
    } catch (IOException e) {
      host.close();
      throw e;
    }
  }

  /** Without guests. */
  static LocalVhostHost startAgent(Path agentProgram) throws IOException {
    // The folder is needed until the agent has connected.
    try (RunFolder folder = RunFolder.create();
        ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      Path socket = folder.socket("host.sock");
      listener.bind(UnixDomainSocketAddress.of(socket));
      Process program =
          new ProcessBuilder(agentProgram.toString(), "--socket", socket.toString())
              .redirectErrorStream(true)
              .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      try {
        AgentClient agent =
            AgentClient.connect(accept(listener, program), NAME, () -> "", AGENT_DEADLINE);
        return new LocalVhostHost(program, agent);
      } catch (IOException e) {
        program.destroyForcibly();
        throw e;
      }
    }
  }

  private static SocketChannel accept(ServerSocketChannel listener, Process program)
      throws IOException {
    listener.configureBlocking(false);
    long startNanos = System.nanoTime();
    while (true) {
      SocketChannel channel = listener.accept();
      if (channel != null) {
        return channel;
      }
      try {
        if (program.waitFor(10, TimeUnit.MILLISECONDS)) {
          throw new IOException(
              "The agent ended with status " + program.exitValue() + " before it connected.");
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("Interrupted while the agent started.", e);
      }
      if (System.nanoTime() - startNanos > AGENT_DEADLINE.toNanos()) {
        throw new IOException(
            "The agent did not connect within " + AGENT_DEADLINE.toSeconds() + " s.");
      }
    }
  }

  @Override
  public AgentClient agent() {
    return agent;
  }

  @Override
  public List<LocalVhostGuest> guests() {
    return Collections.unmodifiableList(guests);
  }

  @Override
  public boolean clean() {
    if (!isUsable()) {
      return false;
    }
    for (LocalVhostGuest guest : guests) {
      if (!guest.clean()) {
        return false;
      }
    }
    try {
      agent.reset(RESET_DEADLINE);
      return true;
    } catch (IOException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "The host end did not come back clean from a test and is ended: {0}",
          e.getMessage());
      return false;
    }
  }

  @Override
  public boolean isUsable() {
    return program.isAlive() && guests.stream().allMatch(LocalVhostGuest::isUsable);
  }

  @Override
  public List<ReportSection> report() {
    List<ReportSection> sections = new ArrayList<>();
    for (LocalVhostGuest guest : guests) {
      sections.addAll(guest.report(LOG_DEADLINE));
    }
    sections.add(new ReportSection("agent log of the host", agent.log(LOG_DEADLINE)));
    return sections;
  }

  @Override
  public void close() throws IOException {
    List<String> failures = new ArrayList<>();
    for (LocalVhostGuest guest : guests) {
      try {
        guest.close();
      } catch (IOException e) {
        failures.add(String.valueOf(e.getMessage()));
      }
    }
    agent.close(); // it hangs up, and the agent ends
    try {
      if (!program.waitFor(RESET_DEADLINE.toSeconds(), TimeUnit.SECONDS)) {
        program.destroyForcibly();
      }
    } catch (InterruptedException e) {
      program.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    if (!failures.isEmpty()) {
      throw new IOException(String.join("\n", failures));
    }
  }
}
