package dev.vsocklab.containers;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.InspectImageResponse;
import com.github.dockerjava.api.model.Version;
import dev.vsocklab.qemu.launch.Launcher;
import dev.vsocklab.qemu.launch.LauncherProvider;
import dev.vsocklab.spi.Unavailable;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.testcontainers.DockerClientFactory;

/**
 * Offers the launcher of containers: asks the engine whether it is there, and sees to the image. No
 * class of Testcontainers is loaded before an engine has answered.
 */
public final class ContainerLaunchers implements LauncherProvider {
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable Launcher launcher;

  /** For {@link java.util.ServiceLoader}; nothing is looked for yet. */
  public ContainerLaunchers() {}

  @Override
  public Optional<Unavailable> unavailable() {
    return Engine.ofThisUser().unavailable();
  }

  @Override
  public Launcher launcher() throws IOException {
    lock.lock();
    try {
      Launcher known = launcher;
      if (known == null) {
        known = create();
        launcher = known;
      }
      return known;
    } finally {
      lock.unlock();
    }
  }

  private static Launcher create() throws IOException {
    try {
      DockerClient client = client();
      Leftovers.sweep(client);
      String image = QemuImage.wanted().require(client);
      InspectImageResponse found = client.inspectImageCmd(image).exec();
      Version engine = client.versionCmd().exec();
      return new ContainerLauncher(
          image,
          "image "
              + image
              + " "
              + found.getId()
              + " in a container, engine "
              + engine.getVersion());
    } catch (NoClassDefFoundError e) {
      throw new IOException(
          "QEMU cannot run in a container: Testcontainers is not on the class path ("
              + e.getMessage()
              + "). Add the test dependency org.testcontainers:testcontainers:2.0.5, or do not"
              + " exclude it from dev.vsocklab:vsocklab-testcontainers.",
          e);
    }
  }

  private static DockerClient client() throws IOException {
    try {
      return DockerClientFactory.instance().client();
    } catch (RuntimeException e) { // Testcontainers has no narrower type
      throw new IOException(
          "The container engine answers, but Testcontainers cannot use it: "
              + ContainerLauncher.Causes.deepest(e)
              + ". Without a registry set TESTCONTAINERS_RYUK_DISABLED=true: containers with QEMU end"
              + " with their JVM all the same.",
          e);
    }
  }
}
