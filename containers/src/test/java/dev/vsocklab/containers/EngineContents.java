package dev.vsocklab.containers;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.model.Container;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.testcontainers.DockerClientFactory;

/** What is in the engine. */
final class EngineContents {
  private static final long GONE_NANOS = TimeUnit.SECONDS.toNanos(60);

  private EngineContents() {}

  static DockerClient client() {
    return DockerClientFactory.instance().client();
  }

  /** The containers, running or not, that a folder is mounted into. */
  static List<Container> with(Path folder) {
    return client().listContainersCmd().withShowAll(true).exec().stream()
        .filter(
            container ->
                container.getMounts().stream()
                    .anyMatch(mount -> folder.toString().equals(mount.getSource())))
        .toList();
  }

  /** Waits until no container has the folder. */
  static void awaitNoneWith(Path folder) {
    long startNanos = System.nanoTime();
    List<Container> left = with(folder);
    while (!left.isEmpty()) {
      if (System.nanoTime() - startNanos > GONE_NANOS) {
        throw new AssertionError("Containers are left: " + Arrays.toString(left.toArray()));
      }
      Thread.onSpinWait();
      left = with(folder);
    }
  }
}
