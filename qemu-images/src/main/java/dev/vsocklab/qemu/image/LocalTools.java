package dev.vsocklab.qemu.image;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The programs on the PATH, run as child processes. */
final class LocalTools implements Tools {

  @Override
  public boolean has(String program) {
    String path = System.getenv("PATH");
    if (path == null) {
      return false;
    }
    for (String folder : path.split(File.pathSeparator, -1)) {
      if (!folder.isEmpty() && Files.isExecutable(Path.of(folder, program))) {
        return true;
      }
    }
    return false;
  }

  @Override
  public Result run(Path folder, Duration deadline, List<String> command) throws IOException {
    // The output goes through a file, so that a program that outlives its deadline, or leaves a
    // child with an open pipe behind, cannot keep us waiting.
    Path output = Files.createTempFile(folder, ".output-", ".txt");
    try {
      ProcessBuilder builder = new ProcessBuilder(command);
      builder.directory(folder.toFile());
      builder.environment().put("LC_ALL", "C");
      builder.redirectErrorStream(true);
      builder.redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
      builder.redirectOutput(output.toFile());
      Process process = builder.start();
      boolean ended = false;
      try {
        ended = process.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("Interrupted while " + command.get(0) + " ran.", e);
      } finally {
        if (!ended) {
          process.destroyForcibly();
        }
      }
      if (!ended) {
        throw new IOException(
            String.join(" ", command)
                + " did not end within "
                + deadline.toSeconds()
                + " s and was stopped. Run it by hand to see what it waits for.");
      }
      return new Result(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
    } finally {
      Files.deleteIfExists(output);
    }
  }
}
