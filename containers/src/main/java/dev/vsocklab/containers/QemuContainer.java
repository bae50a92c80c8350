package dev.vsocklab.containers;

import com.github.dockerjava.api.async.ResultCallback;
import com.github.dockerjava.api.command.CreateContainerCmd;
import com.github.dockerjava.api.command.WaitContainerResultCallback;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.Device;
import com.github.dockerjava.api.model.Frame;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.Mount;
import com.github.dockerjava.api.model.MountType;
import com.github.dockerjava.api.model.WaitContainerCondition;
import dev.vsocklab.qemu.launch.Launcher;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.startupcheck.StartupCheckStrategy;
import org.testcontainers.containers.wait.strategy.AbstractWaitStrategy;

/**
 * One container with one QEMU in it. It sees the guest's folder, with the Unix sockets in it, and
 * the files that QEMU's arguments name, each under the path that it has outside; besides these no
 * file of the machine, no network, and only the devices that the arguments ask for: {@code
 * /dev/kvm}, {@code /dev/vhost-vsock}.
 *
 * <p>The engine removes the container when QEMU ends, and QEMU is killed when this JVM ends in
 * whatever way.
 */
public final class QemuContainer extends GenericContainer<QemuContainer> {
  private static final String SHELL = "/bin/sh";
  private static final String PROGRAM = "qemu-system-x86_64";
  private static final String STATUS_FILE = "qemu.status";
  private static final int KILLED = 128 + 9;

  private final Path guestFolder;
  private final List<String> qemuArguments;
  private final String user;
  private final ContainerOutput output = new ContainerOutput();
  private final CompletableFuture<Integer> end = new CompletableFuture<>();
  private @Nullable Lifeline lifeline;

  /**
   * Describes a container; {@link #start} creates it.
   *
   * @param image the image, which must be there: one with {@code /bin/sh} and {@code
   *     qemu-system-x86_64} on its PATH
   * @param folder the guest's folder, below which QEMU's arguments name sockets; removed with all
   *     that is in it when the container is stopped or this JVM ends
   * @param arguments QEMU's, without the program
   * @throws UncheckedIOException if the folder is not there
   */
  public QemuContainer(String image, Path folder, List<String> arguments) {
    super(image);
    this.guestFolder = folder;
    this.qemuArguments = List.copyOf(arguments);
    this.user = userFor(folder);
    List<String> command =
        new ArrayList<>(List.of("-c", Scripts.WATCHDOG, "vsocklab-watchdog", folder.toString()));
    command.add(PROGRAM);
    command.addAll(arguments);
    setCommandParts(command.toArray(String[]::new));
    withLabel(Leftovers.FOLDER_LABEL, folder.toString());
    withImagePullPolicy(name -> false);
    withCreateContainerCmdModifier(this::confine);
    withStartupAttempts(1);
    // That QEMU ends at once is for the launcher to tell, with QEMU's words.
    withStartupCheckStrategy(new NoCheck());
    waitingFor(new NoWait());
  }

  private static final class NoCheck extends StartupCheckStrategy {
    @Override
    public StartupStatus checkStartupState(
        com.github.dockerjava.api.DockerClient client, String containerId) {
      return StartupStatus.SUCCESSFUL;
    }
  }

  private static final class NoWait extends AbstractWaitStrategy {
    @Override
    protected void waitUntilReady() {
      // QEMU's control connection says when it is ready.
    }
  }

  /** Files that QEMU makes must be the JVM's to remove, and QEMU must reach the JVM's sockets. */
  private static String userFor(Path folder) {
    try {
      return Files.getAttribute(folder, "unix:uid") + ":" + Files.getAttribute(folder, "unix:gid");
    } catch (IOException e) {
      throw new UncheckedIOException("The guest's folder " + folder + " cannot be read.", e);
    }
  }

  private void confine(CreateContainerCmd command) {
    HostConfig host = Objects.requireNonNull(command.getHostConfig());
    List<Mount> mounts = new ArrayList<>();
    mounts.add(mount(guestFolder, false));
    for (Path file : filesOf(qemuArguments)) {
      mounts.add(mount(file, true));
    }
    host.withAutoRemove(true)
        .withNetworkMode("none")
        .withReadonlyRootfs(true)
        .withCapDrop(Capability.ALL)
        .withMounts(mounts);
    List<Path> devices = devicesOf(qemuArguments);
    host.withDevices(
        devices.stream()
            .map(path -> new Device("rw", path.toString(), path.toString()))
            .toArray(Device[]::new));
    // The JVM's user may have these devices through a group.
    host.withGroupAdd(devices.stream().map(QemuContainer::groupOf).distinct().toList());
    // Without root, the engine's user is root inside, and every other user is a stranger outside.
    command.withUser(isRootless() ? "0:0" : user);
    command.withNetworkDisabled(true);
    command.withEntrypoint(SHELL); // whatever the image's own is
  }

  private static Mount mount(Path path, boolean readOnly) {
    return new Mount()
        .withType(MountType.BIND)
        .withSource(path.toString())
        .withTarget(path.toString())
        .withReadOnly(readOnly);
  }

  /** The files that arguments name by their absolute path: kernel and initramfs. */
  static Set<Path> filesOf(List<String> arguments) {
    Set<Path> files = new LinkedHashSet<>();
    for (String argument : arguments) {
      if (argument.startsWith("/") && Files.isRegularFile(Path.of(argument))) {
        files.add(Path.of(argument));
      }
    }
    return files;
  }

  /** The devices that arguments ask for, as far as this machine has them. */
  static List<Path> devicesOf(List<String> arguments) {
    List<Path> devices = new ArrayList<>();
    for (int i = 0; i < arguments.size(); i++) {
      String argument = arguments.get(i);
      if (argument.equals("kvm") && i > 0 && arguments.get(i - 1).equals("-accel")) {
        devices.add(Path.of("/dev/kvm"));
      }
      if (argument.startsWith("vhost-vsock-pci")) {
        devices.add(Path.of("/dev/vhost-vsock"));
      }
    }
    devices.removeIf(device -> !Files.exists(device));
    return devices;
  }

  private static String groupOf(Path device) {
    try {
      return Files.getAttribute(device, "unix:gid").toString();
    } catch (IOException e) {
      throw new UncheckedIOException(device + " cannot be looked at.", e);
    }
  }

  private boolean isRootless() {
    List<String> options = dockerClient.infoCmd().exec().getSecurityOptions();
    return options != null && options.stream().anyMatch(option -> option.contains("rootless"));
  }

  /**
   * Creates the container and starts QEMU in it.
   *
   * @throws UncheckedIOException if the lifeline between JVM and container cannot be made
   * @throws org.testcontainers.containers.ContainerLaunchException if the engine refuses
   */
  @Override
  public void start() {
    try {
      lifeline = Lifeline.open(guestFolder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    super.start();
  }

  /** Attaches before the start: what a QEMU that ends at once says would be lost otherwise. */
  @Override
  protected void containerIsCreated(String containerId) {
    Attached attached =
        dockerClient
            .attachContainerCmd(containerId)
            .withStdOut(true)
            .withStdErr(true)
            .withFollowStream(true)
            .exec(new Attached());
    try {
      attached.awaitStarted(30, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while a container was started.", e);
    }
  }

  private final class Attached extends ResultCallback.Adapter<Frame> {
    @Override
    public void onNext(Frame frame) {
      output.add(frame.getPayload());
    }

    @Override
    public void onError(Throwable error) {
      output.add(("[output lost: " + error + "]\n").getBytes(StandardCharsets.UTF_8));
      super.onError(error);
      ended();
    }

    @Override
    public void onComplete() {
      super.onComplete();
      ended();
    }
  }

  private void ended() {
    output.end();
    end.complete(exitStatus());
  }

  /** The shell in the container leaves QEMU's status, unless it was killed with QEMU. */
  private int exitStatus() {
    try {
      String text = Files.readString(guestFolder.resolve(STATUS_FILE), StandardCharsets.US_ASCII);
      return Integer.parseInt(text.strip());
    } catch (IOException | NumberFormatException e) {
      return KILLED;
    }
  }

  /** Ends QEMU and the container, and removes the guest's folder. Stopping again does nothing. */
  @Override
  public void stop() {
    try {
      if (lifeline != null) {
        lifeline.close();
      }
    } catch (IOException e) {
      logger().warn("The lifeline of {} was lost: {}", guestFolder, e.toString());
    }
    super.stop();
  }

  /**
   * Waits until the engine has removed the container, a moment after its end. A JVM that ends
   * before would have Testcontainers remove it at the same time, which the engine refuses.
   */
  private void awaitRemoval(String id, Duration deadline) throws InterruptedException {
    WaitContainerResultCallback removal =
        dockerClient
            .waitContainerCmd(id)
            .withCondition(WaitContainerCondition.REMOVED)
            .exec(new WaitContainerResultCallback());
    try {
      if (!removal.awaitCompletion(deadline.toMillis(), TimeUnit.MILLISECONDS)) {
        logger().warn("The engine has not removed container {} yet.", id);
      }
    } catch (NotFoundException e) {
      // It was removed before it was asked for.
    }
  }

  /**
   * The QEMU that runs in this container.
   *
   * @return what the launcher hands out
   */
  Launcher.Running running() {
    return new InContainer();
  }

  private final class InContainer implements Launcher.Running {
    @Override
    public InputStream output() {
      return output;
    }

    @Override
    public boolean isAlive() {
      return !end.isDone();
    }

    @Override
    public int exitStatus() {
      if (!end.isDone()) {
        throw new IllegalThreadStateException("QEMU still runs in its container.");
      }
      return end.join();
    }

    @Override
    public CompletableFuture<?> onExit() {
      return end;
    }

    @Override
    public boolean awaitEnd(Duration deadline) throws InterruptedException {
      try {
        end.get(deadline.toMillis(), TimeUnit.MILLISECONDS);
        return true;
      } catch (java.util.concurrent.TimeoutException e) {
        return false;
      } catch (java.util.concurrent.ExecutionException e) {
        throw new IllegalStateException("An end is never an error.", e);
      }
    }

    /** {@inheritDoc} Lets the lifeline go first; the engine is asked if that does not help. */
    @Override
    public boolean end(Duration deadline) throws InterruptedException {
      String id = getContainerId(); // forgotten by stop
      Lifeline held = lifeline;
      if (held != null) {
        try {
          held.close();
        } catch (IOException e) {
          logger().warn("The lifeline of {} was lost: {}", guestFolder, e.toString());
        }
        awaitEnd(deadline);
      }
      QemuContainer.this.stop();
      boolean ended = awaitEnd(deadline);
      if (id != null) {
        awaitRemoval(id, deadline);
      }
      if (held != null) {
        held.awaitEnd();
      }
      return ended;
    }
  }
}
