package dev.vsocklab.qemu.launch;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Runs QEMU as a process of this machine, under the {@link Watchdog}.
 *
 * @param qemu the binary
 */
public record ProcessLauncher(QemuBinary qemu) implements Launcher {

  @Override
  public Running launch(RunFolder folder, List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(qemu.path().toString());
    command.addAll(arguments);
    ProcessBuilder builder =
        new ProcessBuilder(Watchdog.command(folder, command))
            .redirectErrorStream(true)
            .directory(folder.path().toFile());
    return new Watched(builder.start());
  }

  @Override
  public String identity() throws IOException {
    return qemu.path() + ", " + qemu.version();
  }

  /** QEMU and its watchdog. */
  private record Watched(Process process) implements Running {
    @Override
    public InputStream output() {
      return process.getInputStream();
    }

    @Override
    public boolean isAlive() {
      return process.isAlive();
    }

    @Override
    public int exitStatus() {
      return process.exitValue();
    }

    @Override
    public CompletableFuture<?> onExit() {
      return process.onExit();
    }

    @Override
    public boolean awaitEnd(Duration deadline) throws InterruptedException {
      return process.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** {@inheritDoc} Closes the watchdog's pipe; it then kills QEMU. */
    @Override
    public boolean end(Duration deadline) throws InterruptedException {
      try {
        process.getOutputStream().close();
      } catch (IOException e) {
        return !process.isAlive();
      }
      if (awaitEnd(deadline)) {
        return true;
      }
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
      return awaitEnd(deadline);
    }
  }
}
