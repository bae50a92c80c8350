package dev.vsocklab.containers;

import com.github.dockerjava.api.exception.DockerException;
import dev.vsocklab.qemu.launch.Launcher;
import dev.vsocklab.qemu.launch.RunFolder;
import java.io.IOException;
import java.util.List;

/**
 * Runs each QEMU in a container of its own.
 *
 * @param image the image's name in the engine
 * @param identity which image and engine, for what depends on the QEMU in it
 */
record ContainerLauncher(String image, String identity) implements Launcher {

  @Override
  public Running launch(RunFolder folder, List<String> arguments) throws IOException {
    QemuContainer container = new QemuContainer(image, folder.path(), arguments);
    try {
      container.start();
    } catch (RuntimeException e) { // Testcontainers has no narrower type
      if (!container.running().isAlive()) {
        return container.running(); // QEMU ended while it was started: its words are in its output
      }
      container.stop();
      throw new IOException(
          "the container engine did not start it: "
              + Causes.deepest(e)
              + ". If the JVM runs in a container itself, run QEMU there as a process: the engine"
              + " does not see that container's files.",
          e);
    }
    return container.running();
  }

  /** The sentence that says most: the engine's own where there is one. */
  static final class Causes {
    private Causes() {}

    static String deepest(Throwable thrown) {
      Throwable deepest = thrown;
      for (Throwable t = thrown; t != null; t = t.getCause()) {
        deepest = t;
        if (t instanceof DockerException) {
          break;
        }
      }
      return String.valueOf(deepest.getMessage()).strip();
    }
  }
}
