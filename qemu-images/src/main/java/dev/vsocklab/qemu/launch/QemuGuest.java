package dev.vsocklab.qemu.launch;

import dev.vsocklab.qemu.image.GuestImage;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One running QEMU and the guest in it, from power-on to the end of its process. It owns the
 * process, the console, the control connection and the agent's channel; {@link #close} ends all.
 *
 * <p>Safe for any number of threads.
 */
public final class QemuGuest implements AutoCloseable {
  private static final int CONSOLE_LINES = 20;
  private static final Duration START_DEADLINE = Duration.ofSeconds(30);
  private static final Duration END_DEADLINE = Duration.ofSeconds(10);

  /** How the names of virtio-serial ports begin, as the guest sees them. */
  private static final String PORT_PREFIX = "dev.vsocklab.";

  /** The port that the agent opens. */
  private static final String AGENT = "agent";

  /** The number of the first port besides the agent's. */
  private static final int FIRST_FURTHER_PORT = 2;

  /** The agent's port, as the guest sees it. */
  public static final String AGENT_PORT_NAME = PORT_PREFIX + AGENT;

  /**
   * The kernel's command line. Measured on a Debian host under TCG; each part of it makes the boot
   * shorter or an end certain: panic=-1 turns a panic into a reset, which ends QEMU.
   */
  public static final String KERNEL_LINE =
      "console=ttyS0 quiet reboot=t panic=-1 mitigations=off cryptomgr.notests random.trust_cpu=on"
          + " no_timer_check 8250.nr_uarts=1";

  /**
   * An environment variable for the agent, as init, of a guest without a vsock device. There no
   * distribution would load this driver; and once loaded it claims CID 2
   * (vsock_use_local_transport) even without a device.
   */
  private static final String WITHOUT_VSOCK_DEVICE =
      " vsocklab_without=/modules/vmw_vsock_virtio_transport.ko";

  /** Where QEMU gives or takes a machine's state. */
  private static final String STATE_SOCKET = "state.sock";

  private final Config config;
  private final RunFolder folder;
  private final Launcher.Running process;
  private final Console console = new Console();
  private final Thread consoleReader;
  private final Thread shutdownHook;
  private final CompletableFuture<Void> end;
  private final ReentrantLock control = new ReentrantLock();
  private @Nullable Qmp qmp;
  private final Map<String, SocketChannel> ports = new HashMap<>();
  private boolean paused;
  private volatile boolean killed;
  private final AtomicReference<@Nullable Runnable> endListener = new AtomicReference<>();

  private QemuGuest(Config config, RunFolder folder, Launcher.Running process) {
    this.config = config;
    this.folder = folder;
    this.process = process;
    consoleReader =
        new Thread(() -> console.drain(process.output()), "vsocklab console of " + config.name());
    consoleReader.setDaemon(true);
    shutdownHook = new Thread(this::endProcess, "vsocklab end of " + config.name());
    end = process.onExit().thenRun(this::tellEnd);
  }

  /**
   * What to boot.
   *
   * @param name the machine's name in messages, for example {@code vm(42)}
   * @param launcher where QEMU runs
   * @param accelerator how it runs the guest
   * @param image kernel and initramfs
   * @param memoryMib the guest's memory in MiB
   * @param vsock the vsock device
   * @param ports names of virtio-serial ports besides the agent's; the guest finds each as {@code
   *     dev.vsocklab.NAME}, {@link #port} is the other end
   */
  public record Config(
      String name,
      Launcher launcher,
      Accelerator accelerator,
      GuestImage image,
      int memoryMib,
      VsockDevice vsock,
      List<String> ports) {

    /** Enough for the agent and small programs, and what boots fastest. */
    public static final int DEFAULT_MEMORY_MIB = 256;

    /**
     * The device node of a port in the guest.
     *
     * @param port one of the ports
     * @return for example {@code /dev/vport0p2}
     */
    public String portDevice(String port) {
      return "/dev/vport0p" + (FIRST_FURTHER_PORT + ports.indexOf(port));
    }

    /**
     * The name of a port as the guest sees it.
     *
     * @param port one of the ports
     * @return for example {@code dev.vsocklab.host}
     */
    public static String portName(String port) {
      return PORT_PREFIX + port;
    }

    /**
     * Keeps a copy of the ports.
     *
     * @param name the machine's name
     * @param launcher where QEMU runs
     * @param accelerator how it runs the guest
     * @param image kernel and initramfs
     * @param memoryMib the guest's memory in MiB
     * @param vsock the vsock device
     * @param ports names of further virtio-serial ports
     */
    public Config {
      ports = List.copyOf(ports);
    }

    /**
     * A guest of the default size without further ports.
     *
     * @param name the machine's name
     * @param launcher where QEMU runs
     * @param accelerator how it runs the guest
     * @param image kernel and initramfs
     * @param vsock the vsock device
     */
    public Config(
        String name,
        Launcher launcher,
        Accelerator accelerator,
        GuestImage image,
        VsockDevice vsock) {
      this(name, launcher, accelerator, image, DEFAULT_MEMORY_MIB, vsock, List.of());
    }
  }

  /**
   * Starts QEMU and lets the guest run. Its kernel still boots when this returns: the first answer
   * on {@link #agent} tells when it is ready.
   *
   * @param config what to boot
   * @param folder the guest's folder; it belongs to the guest from now on, even if this fails
   * @return the guest
   * @throws IOException if QEMU did not start, with what it said
   */
  public static QemuGuest start(Config config, RunFolder folder) throws IOException {
    return launch(config, folder, new Preparation("started", List.of(), guest -> {}));
  }

  /**
   * Starts QEMU with a machine that {@link #save} wrote, and lets it go on where it was. What was
   * at the other ends of its ports then is this JVM now; nothing in the guest noticed, so its wall
   * clock is as old as the file and its random numbers are those of every other guest that came
   * from it, until its agent is told better.
   *
   * @param config the one that the saved machine was started with, but for name and launcher; the
   *     QEMU must be the same, and so must the CPU
   * @param folder the guest's folder; it belongs to the guest from now on, even if this fails
   * @param state the file; it is only read
   * @return the guest
   * @throws IOException if QEMU did not start or did not take the state, with what it said
   */
  public static QemuGuest restore(Config config, RunFolder folder, Path state) throws IOException {
    List<String> incoming = List.of("-incoming", "defer");
    return launch(
        config, folder, new Preparation("restored", incoming, guest -> guest.load(state)));
  }

  /** What is done with a machine before it runs. */
  private interface Step {
    void of(QemuGuest guest) throws IOException;
  }

  /**
   * How a machine comes to its state.
   *
   * @param done the word for it
   * @param options QEMU's further options
   * @param step what is done before it runs
   */
  private record Preparation(String done, List<String> options, Step step) {}

  private static QemuGuest launch(Config config, RunFolder folder, Preparation preparation)
      throws IOException {
    QemuGuest guest = null;
    try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      listener.bind(UnixDomainSocketAddress.of(qmpSocket(folder.path())));
      List<String> arguments = new ArrayList<>(arguments(config, folder.path()));
      arguments.addAll(preparation.options());
      Launcher.Running running = config.launcher().launch(folder, arguments);
      guest = new QemuGuest(config, folder, running);
      guest.consoleReader.start();
      Runtime.getRuntime().addShutdownHook(guest.shutdownHook);
      guest.run(listener, preparation.step());
      return guest;
    } catch (IOException e) {
      if (guest == null) {
        folder.close();
        throw new IOException(
            config.name() + " cannot be " + preparation.done() + ": " + e.getMessage(), e);
      }
      IOException told = guest.told("cannot be " + preparation.done() + ": " + e.getMessage(), e);
      guest.close();
      throw told;
    }
  }

  private void run(ServerSocketChannel listener, Step preparation) throws IOException {
    control.lock();
    try {
      qmp = Qmp.over(accept(listener, "open its control connection"));
      // The greeting says that QEMU has opened its sockets. The guest has not run yet (-S): so
      // nobody in it ever sees a port without us.
      connectPorts();
      preparation.of(this);
      execute("cont", "{}");
    } finally {
      control.unlock();
    }
  }

  private void load(Path state) throws IOException {
    migration().load(state);
  }

  private Migration migration() {
    return new Migration(connected(), folder.socket(STATE_SOCKET));
  }

  /**
   * Stops the guest's CPU and writes the whole machine to a file: memory, devices, and the kernel
   * with all that runs in it. It stays stopped; {@link #resume} lets it go on, {@link #close} ends
   * it. The file is as long as the memory that the guest ever touched.
   *
   * <p>All ports should be at rest: bytes on their way are in neither end of a restored machine.
   *
   * @param file created; must not exist. Nothing of it is left if this fails
   * @throws IOException if a device of the machine cannot be saved, as none can that another
   *     process plays; if the disk is full; or if QEMU is gone
   */
  public void save(Path file) throws IOException {
    control.lock();
    try {
      pause();
      migration().save(file, listener -> accept(listener, "send the machine's state"));
    } catch (IOException e) {
      throw told("could not be saved: " + e.getMessage(), e);
    } finally {
      control.unlock();
    }
  }

  /**
   * Plugs a vhost-user-vsock device into a guest that was started with {@link VsockDevice#SLOT}.
   * The guest's driver starts it in the background. It stays over a {@link #reset}.
   *
   * @param socket the Unix socket on which the process that plays the device listens
   * @throws IOException if QEMU cannot reach it, or is gone
   */
  public void plug(Path socket) throws IOException {
    control.lock();
    try {
      execute(
          "chardev-add",
          "{\"id\": \"vsock\", \"backend\": {\"type\": \"socket\", \"data\": {\"server\": false,"
              + " \"addr\": {\"type\": \"unix\", \"data\": {\"path\": "
              + Json.quoted(socket.toString())
              + "}}}}}");
      // Two interrupts: one for changes of the configuration, one for all queues. With more of them
      // the event queue could have its own, which nobody but QEMU could raise.
      execute(
          "device_add",
          "{\"driver\": \"vhost-user-vsock-pci\", \"id\": \""
              + VsockDevice.ID
              + "\", \"bus\": \""
              + VsockDevice.Slot.BUS
              + "\", \"chardev\": \"vsock\", \"vectors\": 2}");
    } catch (IOException e) {
      throw told("cannot be given a vsock device: " + e.getMessage(), e);
    } finally {
      control.unlock();
    }
  }

  private SocketChannel accept(ServerSocketChannel listener, String what) throws IOException {
    listener.configureBlocking(false);
    long startNanos = System.nanoTime();
    try (Selector selector = Selector.open()) {
      listener.register(selector, SelectionKey.OP_ACCEPT);
      var wakeup = process.onExit().thenRun(selector::wakeup);
      while (true) {
        SocketChannel channel = listener.accept();
        if (channel != null) {
          wakeup.cancel(false);
          return channel;
        }
        if (!process.isAlive()) {
          awaitConsole();
          throw new IOException("QEMU ended with status " + process.exitStatus() + ".");
        }
        long leftNanos = START_DEADLINE.toNanos() - (System.nanoTime() - startNanos);
        if (leftNanos <= 0 || Thread.currentThread().isInterrupted()) {
          throw new IOException(
              "QEMU did not " + what + " within " + START_DEADLINE.toSeconds() + " s.");
        }
        selector.select(Math.max(1, leftNanos / 1_000_000));
        selector.selectedKeys().clear();
      }
    }
  }

  /**
   * What makes one machine differ from another, as far as it is QEMU's to know: a state that one
   * machine left fits every other with the same text, run by the same QEMU on the same CPU.
   *
   * @param config the machine
   * @return QEMU's arguments, with no guest's folder in them
   */
  public static List<String> machine(Config config) {
    return arguments(config, Path.of("/guest"));
  }

  private static List<String> arguments(Config config, Path folder) {
    List<String> command = new ArrayList<>(config.accelerator().options());
    command.addAll(
        List.of("-nodefaults", "-no-user-config", "-display", "none", "-S", "-smp", "1"));
    // A reset that nobody asked for is a panic, or a program's reboot(2): the guest is then over.
    command.addAll(List.of("-action", "reboot=shutdown"));
    String size = config.memoryMib() + "M";
    command.addAll(List.of("-m", size, "-M", "q35,memory-backend=ram"));
    command.addAll(List.of("-object", config.vsock().memory() + ",id=ram,size=" + size));
    command.addAll(List.of("-pidfile", folder.resolve(RunFolder.PID_FILE).toString()));
    command.addAll(
        List.of("-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console"));
    command.addAll(List.of("-chardev", "socket,id=qmp,path=" + quoted(qmpSocket(folder))));
    command.addAll(List.of("-mon", "chardev=qmp,mode=control"));
    command.addAll(List.of("-device", "virtio-serial-pci"));
    addPort(command, folder, AGENT, 1);
    for (int i = 0; i < config.ports().size(); i++) {
      addPort(command, folder, config.ports().get(i), FIRST_FURTHER_PORT + i);
    }
    command.addAll(config.vsock().options());
    command.addAll(List.of("-kernel", config.image().kernel().toString()));
    command.addAll(List.of("-initrd", config.image().initramfs().toString()));
    boolean withVsock = config.vsock() != VsockDevice.NONE;
    command.addAll(List.of("-append", KERNEL_LINE + (withVsock ? "" : WITHOUT_VSOCK_DEVICE)));
    return command;
  }

  private static void addPort(List<String> command, Path folder, String name, int number) {
    String socket = quoted(portSocket(folder, name));
    command.addAll(List.of("-chardev", "socket,id=" + name + ",server=on,wait=off,path=" + socket));
    command.addAll(
        List.of(
            "-device",
            "virtserialport,nr=" + number + ",chardev=" + name + ",name=" + PORT_PREFIX + name));
  }

  /** A path within a QEMU option list, where a comma ends it unless doubled. */
  static String quoted(Path path) {
    return path.toString().replace(",", ",,");
  }

  private static Path qmpSocket(Path folder) {
    return folder.resolve("qmp.sock");
  }

  private static Path portSocket(Path folder, String name) {
    return folder.resolve(name + ".sock");
  }

  private void connectPorts() throws IOException {
    connectPort(AGENT);
    for (String name : config.ports()) {
      connectPort(name);
    }
  }

  private void connectPort(String name) throws IOException {
    UnixDomainSocketAddress address = UnixDomainSocketAddress.of(portSocket(folder.path(), name));
    ports.put(name, SocketChannel.open(address));
  }

  /**
   * Hangs up on a port and connects to it again: nothing that was under way before can reach who
   * opens the port in the guest next. Who has it open now is told of the hang-up.
   *
   * @param name one of {@link Config#ports}
   * @return what {@link #port} gives from now on
   * @throws IOException if QEMU is gone
   */
  public SocketChannel reconnect(String name) throws IOException {
    control.lock();
    try {
      port(name).close();
      connectPort(name);
      return port(name);
    } finally {
      control.unlock();
    }
  }

  private void closePorts() throws IOException {
    for (SocketChannel channel : ports.values()) {
      channel.close();
    }
  }

  /**
   * A virtio-serial port of this boot: it was connected before the guest ran.
   *
   * @param name one of {@link Config#ports}
   * @return a connected, blocking channel, always the same until a {@link #reset}; closed with the
   *     guest
   */
  public SocketChannel port(String name) {
    control.lock();
    try {
      SocketChannel channel = ports.get(name);
      if (channel == null) {
        throw new IllegalArgumentException(
            config.name() + " has no port " + name + "; it has " + ports.keySet() + ".");
      }
      return channel;
    } finally {
      control.unlock();
    }
  }

  /**
   * The agent's channel: the virtio-serial port {@code dev.vsocklab.agent} of this boot.
   *
   * @return a connected, blocking channel, closed with the guest
   */
  public SocketChannel agent() {
    return port(AGENT);
  }

  /**
   * The guest's folder, which ends with it.
   *
   * @return its path
   */
  public Path folder() {
    return folder.path();
  }

  /**
   * What the guest and QEMU said.
   *
   * @return the console, readable even after the end
   */
  public Console console() {
    return console;
  }

  /**
   * Whether QEMU runs.
   *
   * @return false once its process has ended
   */
  public boolean isRunning() {
    return process.isAlive();
  }

  /**
   * An error about this guest: what happened, how QEMU fares, and the console's last lines.
   *
   * @param what a clause that follows the machine's name
   * @param cause the cause, or null
   * @return the exception, not thrown
   */
  public IOException told(String what, @Nullable Throwable cause) {
    StringBuilder message = new StringBuilder(config.name() + " " + what);
    if (message.charAt(message.length() - 1) != '.') {
      message.append('.');
    }
    awaitEnd(); // its sockets close a moment before the process is gone
    console
        .panic()
        .ifPresent(why -> message.append(" Its kernel panicked: ").append(why).append('.'));
    if (console.tellsOutOfMemory()) {
      message.append(' ').append(moreMemory());
    }
    if (killed) {
      message.append(" It was killed.");
    } else if (!process.isAlive()) {
      awaitConsole();
      message.append(" QEMU ended with status ").append(process.exitStatus()).append('.');
    }
    message.append(' ').append(console.lastLines(CONSOLE_LINES));
    return new IOException(message.toString(), cause);
  }

  /**
   * The mend for a guest whose memory was not enough.
   *
   * @return a sentence
   */
  public String moreMemory() {
    return "Its "
        + config.memoryMib()
        + " MiB of memory were not enough: give it more, for example @Guest(memoryMib = "
        + Math.max(Config.DEFAULT_MEMORY_MIB, 2 * config.memoryMib())
        + ").";
  }

  /**
   * A hint for a guest that does not come up: with too little memory a kernel ends without a word.
   *
   * @return a sentence that follows another, or the empty string for a guest of the default size
   */
  public String smallMemory() {
    return config.memoryMib() >= Config.DEFAULT_MEMORY_MIB
        ? ""
        : ". It has only "
            + config.memoryMib()
            + " MiB of memory, which may be too little: give it more, for example"
            + " @Guest(memoryMib = "
            + Config.DEFAULT_MEMORY_MIB
            + ")";
  }

  /**
   * What the kernel said when it gave up, if it did, and the console's last lines; where QEMU is
   * about to end, those after its end.
   *
   * @return an introduction and the lines, or a sentence that there are none
   */
  public String lastWords() {
    awaitEnd();
    if (!process.isAlive()) {
      awaitConsole();
    }
    String panic = console.panic().map(why -> "Its kernel panicked: " + why + ". ").orElse("");
    return panic + console.lastLines(CONSOLE_LINES);
  }

  /**
   * Has one listener told when QEMU has ended, whoever ended it. Another takes its place.
   *
   * @param listener runs in a thread of its own, also if QEMU has ended already
   */
  public void whenEnded(Runnable listener) {
    endListener.set(listener);
    if (end.isDone()) {
      tellEnd();
    }
  }

  /** Tells nobody of QEMU's end any more. */
  public void forgetListener() {
    endListener.set(null);
  }

  private void tellEnd() {
    Runnable listener = endListener.getAndSet(null);
    if (listener != null) {
      listener.run();
    }
  }

  /**
   * Stops the guest's CPU. Pausing a paused guest does nothing.
   *
   * @throws IOException if QEMU refuses or is gone
   */
  public void pause() throws IOException {
    control.lock();
    try {
      execute("stop", "{}");
      paused = true;
    } finally {
      control.unlock();
    }
  }

  /**
   * Lets a paused guest go on. Resuming a running guest does nothing.
   *
   * @throws IOException if QEMU refuses or is gone
   */
  public void resume() throws IOException {
    control.lock();
    try {
      execute("cont", "{}");
      paused = false;
    } finally {
      control.unlock();
    }
  }

  /**
   * Whether {@link #pause} holds the guest.
   *
   * @return true between pause and resume
   */
  public boolean isPaused() {
    control.lock();
    try {
      return paused;
    } finally {
      control.unlock();
    }
  }

  /**
   * Resets the machine, as its reset button does: the kernel gets no warning. The kernel boots when
   * this returns; {@link #agent} and {@link #port} give the new boot's channels, the old ones are
   * closed. Call {@link #ready} once the agent has answered.
   *
   * @throws IOException if QEMU refuses or is gone
   */
  public void reset() throws IOException {
    control.lock();
    try {
      // The old boot must not run any more when its port hangs up (it would power off), nor write
      // into the new boot's channel.
      execute("stop", "{}");
      closePorts();
      execute("set-action", "{\"reboot\": \"reset\"}");
      Qmp connected = connected();
      connected.clearEvents();
      execute("system_reset", "{}");
      connected.awaitEvent("RESET");
      connectPorts();
      execute("cont", "{}");
      paused = false;
    } catch (IOException e) {
      throw told("could not be reset: " + e.getMessage(), e);
    } finally {
      control.unlock();
    }
  }

  /**
   * Says that the guest has booted after a {@link #reset}: from now on a reset that nobody asked
   * for ends it again. Until then the firmware is free to reset the machine, as SeaBIOS does twice.
   *
   * @throws IOException if QEMU refuses or is gone
   */
  public void ready() throws IOException {
    control.lock();
    try {
      execute("set-action", "{\"reboot\": \"shutdown\"}");
    } finally {
      control.unlock();
    }
  }

  /**
   * One queue of a virtio device, as the guest's driver set it up.
   *
   * @param size its descriptors, 0 if the driver did not set it up
   * @param descriptorAddress guest-physical address of the descriptor table
   * @param availAddress guest-physical address of the avail ring
   * @param usedAddress guest-physical address of the used ring
   */
  public record VirtioQueue(
      int size, long descriptorAddress, long availAddress, long usedAddress) {}

  /**
   * Asks where a queue of the vsock device is.
   *
   * @param index its number
   * @return the place
   * @throws IOException if QEMU does not tell; it can since 7.2
   */
  public VirtioQueue vsockQueue(int index) throws IOException {
    control.lock();
    try {
      Object status =
          connected()
              .execute(
                  "x-query-virtio-queue-status",
                  "{\"path\": \"/machine/peripheral/"
                      + VsockDevice.ID
                      + "/virtio-backend\", \"queue\": "
                      + index
                      + "}");
      if (status instanceof Map<?, ?> fields) {
        return new VirtioQueue(
            (int) number(fields, "vring-num"),
            number(fields, "vring-desc"),
            number(fields, "vring-avail"),
            number(fields, "vring-used"));
      }
      throw new IOException("QEMU told nothing about queue " + index + " of the vsock device.");
    } finally {
      control.unlock();
    }
  }

  private static long number(Map<?, ?> fields, String name) throws IOException {
    if (fields.get(name) instanceof Double number) {
      return number.longValue(); // exact: guest memory ends far below 2^53
    }
    throw new IOException("QEMU's queue status has no " + name + ". Use QEMU 7.2 or later.");
  }

  private void execute(String command, String arguments) throws IOException {
    connected().execute(command, arguments);
  }

  private Qmp connected() {
    if (qmp == null) {
      throw new IllegalStateException(config.name() + " was never started.");
    }
    return qmp;
  }

  /**
   * Ends QEMU at once (SIGKILL), as a crash of the hypervisor does, and waits for its end.
   *
   * @throws IOException if it does not end
   */
  public void kill() throws IOException {
    killed = true;
    if (!endProcess()) {
      throw new IOException(
          config.name()
              + " did not end within "
              + END_DEADLINE.toSeconds()
              + " s of being killed. End the process with \""
              + folder.path()
              + "\" in its command line.");
    }
  }

  /** Ends what is left of the guest. Closing again does nothing. */
  @Override
  public void close() throws IOException {
    boolean ended = endProcess();
    try {
      Runtime.getRuntime().removeShutdownHook(shutdownHook);
    } catch (IllegalStateException e) {
      // The JVM is ending: the hook runs, or has run, and finds nothing to do.
    }
    control.lock();
    try {
      closePorts();
      if (qmp != null) {
        qmp.close();
      }
    } finally {
      control.unlock();
    }
    folder.close();
    if (!ended) {
      throw new IOException(
          config.name() + " did not end within " + END_DEADLINE.toSeconds() + " s.");
    }
  }

  private boolean endProcess() {
    boolean interrupted = Thread.interrupted(); // a guest must end whoever asks
    try {
      boolean ended = process.end(END_DEADLINE);
      if (ended) {
        awaitConsole();
      }
      return ended;
    } catch (InterruptedException e) {
      interrupted = true;
      return !process.isAlive();
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Waits a little for an end that may be under way. */
  private void awaitEnd() {
    try {
      process.awaitEnd(Duration.ofSeconds(3));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** After the process ended: lets the last lines arrive. */
  private void awaitConsole() {
    try {
      consoleReader.join(1000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public String toString() {
    return config.name();
  }
}
