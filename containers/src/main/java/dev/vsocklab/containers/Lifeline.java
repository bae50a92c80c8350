package dev.vsocklab.containers;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * What ends a container with its JVM, even after kill -9: a pipe in the guest's folder that a small
 * shell keeps open for the container as long as the JVM lives. A Unix pipe needs neither the engine
 * nor a network, and its end is seen at once. When it closes the shell removes the folder, too.
 *
 * <p>Should that shell be killed as well, the pipe closes with it; then the folder alone is left,
 * and the next JVM sweeps it.
 */
final class Lifeline implements AutoCloseable {
  private static final int END_SECONDS = 15;

  private final Process shell;

  private Lifeline(Process shell) {
    this.shell = shell;
  }

  /**
   * Opens the lifeline of a guest.
   *
   * @param folder the guest's
   * @throws IOException if it cannot be made
   */
  static Lifeline open(Path folder) throws IOException {
    Process shell =
        new ProcessBuilder(
                "/bin/sh", "-c", Scripts.LIFELINE, "vsocklab-lifeline", folder.toString())
            .redirectErrorStream(true)
            .start();
    BufferedReader out = shell.inputReader(StandardCharsets.UTF_8);
    String said = out.readLine();
    if (!"held".equals(said)) {
      shell.destroyForcibly();
      throw new IOException("A pipe could not be made in " + folder + ": " + said + ".");
    }
    return new Lifeline(shell);
  }

  /** Lets go: the container kills its QEMU and ends. Closing again does nothing. */
  @Override
  public void close() throws IOException {
    shell.getOutputStream().close();
  }

  /** Waits until the folder is gone; the container must have ended before. */
  void awaitEnd() throws InterruptedException {
    if (!shell.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
      shell.destroyForcibly();
    }
  }
}
