package dev.vsocklab.containers;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.async.ResultCallback;
import com.github.dockerjava.api.exception.DockerClientException;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.model.BuildResponseItem;
import com.github.dockerjava.api.model.PullResponseItem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The image that containers with QEMU run. A built one is tagged with the hash of what it was built
 * from, so that the next build finds it.
 */
sealed interface QemuImage {

  /** The system property that says which: a name, or {@value #INSTALLED}. */
  String PROPERTY = "vsocklab.qemu.image";

  /** The value for an image made of this machine's own QEMU, without any registry. */
  String INSTALLED = "installed";

  /** The repository of what is built here. */
  String REPOSITORY = "vsocklab/qemu";

  /** What the build asks for. */
  static QemuImage wanted() {
    @Nullable String name = System.getProperty(PROPERTY);
    if (name == null || name.isBlank()) {
      return new OfDebian(Scripts.DOCKERFILE);
    }
    return name.equals(INSTALLED) ? new OfThisMachine() : new Ready(name);
  }

  /**
   * Sees to it that the engine has the image.
   *
   * @return its name there
   * @throws IOException if it cannot be had, with what, why and the mend
   */
  String require(DockerClient client) throws IOException;

  /**
   * Debian's QEMU, from a registry and Debian's mirrors.
   *
   * @param dockerfile how it is built
   */
  record OfDebian(String dockerfile) implements QemuImage {
    @Override
    public String require(DockerClient client) throws IOException {
      String tag = REPOSITORY + ":debian-" + Hash.shortened(Hash.of(dockerfile));
      try {
        return requireBuilt(
            client, tag, context -> Files.writeString(context.resolve("Dockerfile"), dockerfile));
      } catch (IOException e) {
        throw new IOException(
            e.getMessage()
                + " Does the engine reach a registry and Debian's mirrors? Without them name an image"
                + " that it has with -D"
                + PROPERTY
                + "=NAME, or where QEMU is installed -D"
                + PROPERTY
                + "="
                + INSTALLED
                + ".",
            e);
      }
    }
  }

  /** The QEMU that is installed here, with its libraries and firmware and nothing else. */
  record OfThisMachine() implements QemuImage {
    @Override
    public String require(DockerClient client) throws IOException {
      InstalledQemu installed = InstalledQemu.find();
      String tag = REPOSITORY + ":installed-" + Hash.shortened(installed.hash());
      return requireBuilt(client, tag, installed::writeContext);
    }
  }

  /**
   * An image that somebody made.
   *
   * @param name its name
   */
  record Ready(String name) implements QemuImage {
    @Override
    public String require(DockerClient client) throws IOException {
      if (!has(client, name)) {
        try {
          client
              .pullImageCmd(name)
              .exec(new ResultCallback.Adapter<PullResponseItem>())
              .awaitCompletion();
        } catch (DockerException | DockerClientException e) {
          throw new IOException(
              "The engine has no image "
                  + name
                  + " and cannot pull it: "
                  + ContainerLauncher.Causes.deepest(e)
                  + ". Correct -D"
                  + PROPERTY
                  + ", or leave it out to have one built.",
              e);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new IOException("Interrupted while " + name + " was pulled.", e);
        }
      }
      return name;
    }
  }

  /** Writes what an image is built from. */
  interface Context {
    /**
     * Writes it.
     *
     * @param folder an empty folder
     */
    void write(Path folder) throws IOException;
  }

  private static boolean has(DockerClient client, String name) {
    try {
      client.inspectImageCmd(name).exec();
      return true;
    } catch (NotFoundException e) {
      return false;
    }
  }

  private static String requireBuilt(DockerClient client, String tag, Context context)
      throws IOException {
    if (has(client, tag)) {
      return tag;
    }
    Path folder = Files.createTempDirectory("vsocklab-image-");
    try {
      context.write(folder);
      Building building = new Building();
      client.buildImageCmd(folder.toFile()).withTags(Set.of(tag)).exec(building);
      building.awaitCompletion();
      if (!has(client, tag)) {
        throw new IOException(
            "Image " + tag + " could not be built: " + building.lastWords() + ".");
      }
      return tag;
    } catch (DockerException | DockerClientException e) {
      throw new IOException(
          "Image " + tag + " could not be built: " + ContainerLauncher.Causes.deepest(e) + ".", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted while image " + tag + " was built.", e);
    } finally {
      TemporaryFolder.delete(folder);
    }
  }

  /** Listens to a build: what it said last says why it failed. */
  final class Building extends ResultCallback.Adapter<BuildResponseItem> {
    private final StringBuilder said = new StringBuilder();
    private volatile @Nullable String error;

    @Override
    public void onNext(BuildResponseItem item) {
      if (item.isErrorIndicated()) {
        var detail = item.getErrorDetail();
        error = detail == null ? String.valueOf(item) : String.valueOf(detail.getMessage());
      } else if (item.getStream() != null) {
        said.append(item.getStream());
      }
    }

    String lastWords() {
      String told = error;
      if (told != null) {
        return told.strip();
      }
      return said.toString()
          .lines()
          .reduce((before, last) -> last)
          .orElse("the engine said nothing");
    }
  }
}
