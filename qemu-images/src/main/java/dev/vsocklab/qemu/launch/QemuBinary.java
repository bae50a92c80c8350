package dev.vsocklab.qemu.launch;

import dev.vsocklab.spi.Unavailable;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The QEMU of this machine.
 *
 * @param path the executable
 */
public record QemuBinary(Path path) {

  /** The system property that names QEMU where it is not on the PATH. */
  public static final String PATH_PROPERTY = "vsocklab.qemu.path";

  private static final String NAME = "qemu-system-x86_64";
  private static final int ANSWER_DEADLINE_SECONDS = 20;

  /**
   * Finds QEMU: the file that {@value #PATH_PROPERTY} names, else on the PATH.
   *
   * @return the binary, or empty if there is none
   */
  public static Optional<QemuBinary> find() {
    return find(System.getProperty(PATH_PROPERTY), System.getenv("PATH"));
  }

  static Optional<QemuBinary> find(@Nullable String named, @Nullable String searchPath) {
    if (named != null) {
      return Optional.of(Path.of(named)).filter(Files::isExecutable).map(QemuBinary::new);
    }
    if (searchPath == null) {
      return Optional.empty();
    }
    for (String folder : searchPath.split(File.pathSeparator, -1)) {
      Path candidate = Path.of(folder, NAME);
      if (!folder.isEmpty() && Files.isExecutable(candidate)) {
        return Optional.of(new QemuBinary(candidate));
      }
    }
    return Optional.empty();
  }

  /**
   * Why {@link #find} found nothing.
   *
   * @return what to tell the user
   */
  public static Unavailable missing() {
    @Nullable String named = System.getProperty(PATH_PROPERTY);
    return named != null
        ? new Unavailable(
            "-D" + PATH_PROPERTY + "=" + named + " is not an executable file",
            "Name a qemu-system-x86_64 there, or leave the property out to use the PATH.")
        : new Unavailable(
            "no " + NAME + " on the PATH",
            "Install it (Debian: apt-get install qemu-system-x86) or name it with -D"
                + PATH_PROPERTY
                + "=....");
  }

  /**
   * What the binary says of itself.
   *
   * @return the first line of {@code --version}, for example {@code QEMU emulator version 7.2.22}
   * @throws IOException if it cannot be run
   */
  public String version() throws IOException {
    return output("--version").lines().findFirst().orElse("");
  }

  /** What the binary prints and ends: for options that only ask it something. */
  String output(String... options) throws IOException {
    List<String> command = new ArrayList<>(List.of(path.toString()));
    command.addAll(List.of(options));
    String asked = String.join(" ", command);
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
            .start();
    try (InputStream out = process.getInputStream()) {
      if (!process.waitFor(ANSWER_DEADLINE_SECONDS, TimeUnit.SECONDS)) {
        throw new IOException(asked + " did not end within " + ANSWER_DEADLINE_SECONDS + " s.");
      }
      String text = new String(out.readAllBytes(), StandardCharsets.UTF_8);
      if (process.exitValue() != 0 || text.isBlank()) {
        throw new IOException(asked + " failed: " + text.strip() + ". Is it QEMU?");
      }
      return text;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted while " + asked + " ran.", e);
    } finally {
      process.destroyForcibly();
    }
  }
}
