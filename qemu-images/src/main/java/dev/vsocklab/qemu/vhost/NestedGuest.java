package dev.vsocklab.qemu.vhost;

import dev.vsocklab.qemu.agent.AgentClient;
import dev.vsocklab.qemu.agent.GuestCommand;
import dev.vsocklab.qemu.agent.GuestProgram;
import dev.vsocklab.qemu.agent.GuestProgram.Exit;
import dev.vsocklab.qemu.agent.ProgramHandles;
import dev.vsocklab.qemu.launch.QemuGuest;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One guest of a nested host: a QEMU that runs inside it, and the agent in its kernel, whose
 * channel leads through the host to this JVM.
 *
 * <p>A thread waits for the end of that QEMU, so that calls on the guest fail then, and say why,
 * instead of waiting.
 */
final class NestedGuest implements VhostGuest {
  private static final int SIGSTOP = 19;
  private static final int SIGCONT = 18;
  private static final int CONSOLE_LINES = 20;

  /** A guest boots in some 40 s as QEMU in QEMU, longer where other things run meanwhile. */
  private static final Duration BOOT_DEADLINE = Duration.ofMinutes(10);

  /** Once its host was restored it answers within a second; a loaded machine gets more. */
  private static final Duration GREET_DEADLINE = Duration.ofMinutes(3);

  private static final Duration RESET_DEADLINE = Duration.ofSeconds(30);
  private static final Duration KILL_DEADLINE = Duration.ofSeconds(30);

  /** While it boots, how long it is asked at a time whether QEMU has ended. */
  private static final Duration BOOT_SLICE = Duration.ofMillis(500);

  private final Place place;
  private final long cid;
  private final ReentrantLock lock = new ReentrantLock();
  private volatile @Nullable GuestProgram program;
  private volatile @Nullable AgentClient agent;
  private boolean paused;
  private volatile boolean dead;
  private volatile boolean doomed;
  private volatile Consumer<String> endListener = why -> {};
  private volatile boolean asSaved = true;

  private NestedGuest(Place place, long cid) {
    this.place = place;
    this.cid = cid;
  }

  /**
   * Where in its host a guest is.
   *
   * @param machine the host
   * @param port the host's port that leads to the guest's agent
   * @param keeper the host's agent that starts QEMU and tells of its end; never reset
   * @param command starts QEMU
   */
  record Place(QemuGuest machine, String port, AgentClient keeper, GuestCommand command) {}

  /** Boots a guest. Nobody watches over it yet, so it can be saved with its host. */
  static NestedGuest boot(Place place, long cid) throws IOException {
    NestedGuest guest = new NestedGuest(place, cid);
    guest.boot(place.machine().port(place.port()));
    return guest;
  }

  /** Finds a guest again that its host was saved with. Nobody watches over it yet. */
  static NestedGuest find(Place place, long cid, ProgramHandles handles) throws IOException {
    NestedGuest guest = new NestedGuest(place, cid);
    guest.program = place.keeper().programs().find(place.command(), handles);
    guest.agent =
        AgentClient.connect(
            place.machine().port(place.port()), guest.name(), guest::console, GREET_DEADLINE);
    return guest;
  }

  private void boot(SocketChannel channel) throws IOException {
    GuestProgram started = place.keeper().programs().start(place.command());
    program = started;
    CompletableFuture<AgentClient> greeted = greet(channel);
    while (!greeted.isDone()) {
      Optional<Exit> exit = started.awaitExit(BOOT_SLICE);
      if (exit.isPresent()) {
        channel.close();
        throw new IOException(
            name() + " did not come up: its QEMU " + ended(exit.get()) + ". " + said(started));
      }
      if (Thread.currentThread().isInterrupted()) {
        channel.close();
        throw new IOException("Interrupted while " + name() + " booted in the nested host.");
      }
    }
    try {
      agent = greeted.join();
    } catch (CompletionException e) {
      started.kill();
      throw new IOException(
          name() + " did not come up in the nested host. " + said(started), e.getCause());
    }
  }

  private CompletableFuture<AgentClient> greet(SocketChannel channel) {
    CompletableFuture<AgentClient> greeted = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                greeted.complete(
                    AgentClient.connect(channel, name(), this::console, BOOT_DEADLINE));
              } catch (IOException e) {
                greeted.completeExceptionally(e);
              }
            },
            "vsocklab greeting " + name());
    thread.setDaemon(true);
    thread.start();
    return greeted;
  }

  /** All that a QEMU wrote whose output nobody captured; it has ended. */
  private static String said(GuestProgram ended) throws IOException {
    String errors = text(ended.stderr().readAllBytes());
    return (errors.isBlank() ? "" : "It said: " + errors.strip() + " ")
        + lastLines(text(ended.stdout().readAllBytes()));
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8).replace("\r", "");
  }

  private static String ended(Exit exit) {
    return exit.signal() == 0
        ? "ended with status " + exit.code()
        : "was killed by signal " + exit.signal();
  }

  /** From now on the console is captured and the end of QEMU noticed. */
  void watch() throws IOException {
    GuestCommand command = place.command().withCapturedOutput();
    GuestProgram watched = place.keeper().programs().find(command, handles());
    program = watched;
    dead = false;
    doomed = false;
    Thread thread = new Thread(() -> awaitEnd(watched), "vsocklab watch over " + name());
    thread.setDaemon(true);
    thread.start();
  }

  private void awaitEnd(GuestProgram watched) {
    String why;
    try {
      Exit exit = watched.waitFor(Duration.ofNanos(Long.MAX_VALUE));
      why = name() + " is gone: its QEMU " + ended(exit) + ". " + console();
    } catch (IOException e) {
      why = name() + " is gone with its host: " + e.getMessage();
    }
    if (program == watched) {
      dead = true;
      AgentClient client = agent;
      if (client != null) {
        client.abandon(why);
      }
      if (!doomed) {
        endListener.accept(why);
      }
    }
  }

  @Override
  public long cid() {
    return cid;
  }

  /** Its name in messages, for example {@code vm(42)}. */
  String name() {
    return "vm(" + cid + ")";
  }

  @Override
  public AgentClient agent() {
    AgentClient client = agent;
    if (client == null) {
      throw new IllegalStateException(name() + " was never up.");
    }
    return client;
  }

  /** What finds it again after its host was saved and restored. */
  ProgramHandles handles() {
    return program().handles();
  }

  private GuestProgram program() {
    GuestProgram known = program;
    if (known == null) {
      throw new IllegalStateException(name() + " was never started.");
    }
    return known;
  }

  /** Its console since it was booted; empty while it boots. */
  String consoleText() {
    GuestProgram known = program;
    return known == null || known.isStreamed() ? "" : known.outputText().replace("\r", "");
  }

  private String console() {
    return lastLines(consoleText());
  }

  private static String lastLines(String console) {
    List<String> all = console.lines().filter(line -> !line.isBlank()).toList();
    return all.isEmpty()
        ? "The console is empty."
        : "The console's last lines:\n  "
            + String.join("\n  ", all.subList(Math.max(0, all.size() - CONSOLE_LINES), all.size()));
  }

  /** Whether it is the machine that was saved: false once it was killed or power-cycled. */
  boolean isAsSaved() {
    return asSaved && !dead;
  }

  /**
   * {@inheritDoc} Stops its QEMU whole (SIGSTOP): CPU and devices, but for the host kernel's part.
   */
  @Override
  public void pause() throws IOException {
    signal(SIGSTOP, true);
  }

  @Override
  public void resume() throws IOException {
    signal(SIGCONT, false);
  }

  private void signal(int number, boolean pauses) throws IOException {
    lock.lock();
    try {
      program().signal(number);
      paused = pauses;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void whenEnded(Consumer<String> listener) {
    endListener = listener;
  }

  @Override
  public void kill() throws IOException {
    lock.lock();
    try {
      asSaved = false;
      doomed = true;
      GuestProgram killed = program();
      killed.kill();
      if (killed.awaitExit(KILL_DEADLINE).isEmpty()) {
        throw new IOException(
            name() + " did not end within " + KILL_DEADLINE.toSeconds() + " s of being killed.");
      }
      dead = true;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void powerCycle() throws IOException {
    lock.lock();
    try {
      kill();
      agent().close();
      boot(place.machine().reconnect(place.port()));
      watch();
      paused = false;
    } finally {
      lock.unlock();
    }
  }

  /** Makes it as new: running, without sockets and programs. */
  void reset() throws IOException {
    lock.lock();
    try {
      if (paused) {
        resume();
      }
    } finally {
      lock.unlock();
    }
    agent().reset(RESET_DEADLINE);
  }

  /** Lets go of its agent's channel. */
  void hangUp() {
    AgentClient client = agent;
    if (client != null) {
      client.close();
    }
  }
}
