package dev.vsocklab.qemu.launch;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Where QEMU runs: as a process of this machine, or elsewhere, such as in a container. */
public interface Launcher {

  /**
   * Starts QEMU. Its sockets are in the guest's folder, which it sees under the same path, as it
   * does the images that its arguments name.
   *
   * @param folder the guest's folder; what remains when this JVM is killed removes it
   * @param arguments QEMU's, without the program
   * @return it
   * @throws IOException if it cannot be started
   */
  Running launch(RunFolder folder, List<String> arguments) throws IOException;

  /**
   * Which QEMU it starts, for what depends on that.
   *
   * @return for example {@code /usr/bin/qemu-system-x86_64, QEMU emulator version 7.2.22}
   * @throws IOException if it cannot be run
   */
  String identity() throws IOException;

  /** A QEMU that was started. */
  interface Running {

    /**
     * What QEMU writes: the guest's console and its own errors.
     *
     * @return a stream that ends with it
     */
    InputStream output();

    /**
     * Whether it runs.
     *
     * @return false once it has ended
     */
    boolean isAlive();

    /**
     * The status with which it ended.
     *
     * @return 0 to 255
     * @throws IllegalThreadStateException if it runs
     */
    int exitStatus();

    /**
     * Tells of its end.
     *
     * @return completed when it has ended
     */
    CompletableFuture<?> onExit();

    /**
     * Waits for its end.
     *
     * @param deadline how long
     * @return whether it has ended
     * @throws InterruptedException if the thread was interrupted
     */
    boolean awaitEnd(Duration deadline) throws InterruptedException;

    /**
     * Kills it and waits for its end. Safe to call again, and while the JVM ends.
     *
     * @param deadline how long to wait before harder means, and again after them
     * @return whether it has ended
     * @throws InterruptedException if the thread was interrupted
     */
    boolean end(Duration deadline) throws InterruptedException;
  }
}
