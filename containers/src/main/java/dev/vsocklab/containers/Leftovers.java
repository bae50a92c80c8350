package dev.vsocklab.containers;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.exception.ConflictException;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.model.Container;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Removes containers that a JVM created and was killed before it started them. Nothing runs in
 * them, but the engine, which removes a container at its end, would keep them for ever. The next
 * JVM sweeps them, as it does the folders of dead JVMs.
 */
final class Leftovers {
  private static final System.Logger LOG = System.getLogger("dev.vsocklab.containers");

  /** A label of every container with QEMU: its guest's folder, which outlives no JVM. */
  static final String FOLDER_LABEL = "dev.vsocklab.folder";

  private Leftovers() {}

  static void sweep(DockerClient client) {
    List<Container> created =
        client
            .listContainersCmd()
            .withShowAll(true)
            .withLabelFilter(List.of(FOLDER_LABEL))
            .withStatusFilter(List.of("created"))
            .exec();
    for (Container container : created) {
      String folder = container.getLabels().get(FOLDER_LABEL);
      if (folder != null && Files.notExists(Path.of(folder))) {
        try {
          client.removeContainerCmd(container.getId()).exec();
          LOG.log(
              System.Logger.Level.INFO,
              "Removed container {0}, which a dead JVM left.",
              container.getId());
        } catch (NotFoundException | ConflictException e) {
          LOG.log(System.Logger.Level.DEBUG, "Another JVM sweeps, too: {0}", e.getMessage());
        }
      }
    }
  }
}
