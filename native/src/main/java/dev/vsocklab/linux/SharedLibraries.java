package dev.vsocklab.linux;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The shared libraries of a local program, as {@code ldd} names them. */
public final class SharedLibraries {
  private static final long LDD_SECONDS = 20;

  private SharedLibraries() {}

  /**
   * The libraries and the loader.
   *
   * @param program a local program, or a library itself
   * @return absolute paths; none for a static program
   * @throws IOException if a library is missing or ldd cannot be run
   */
  public static List<Path> of(Path program) throws IOException {
    Process ldd =
        new ProcessBuilder("ldd", program.toString())
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
            .start();
    try (var output = ldd.getInputStream()) {
      String text = new String(output.readAllBytes(), StandardCharsets.UTF_8);
      if (!ldd.waitFor(LDD_SECONDS, TimeUnit.SECONDS)) {
        throw new IOException("ldd " + program + " did not end within " + LDD_SECONDS + " s.");
      }
      return parse(program, text);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted while ldd looked at " + program + ".", e);
    } finally {
      ldd.destroyForcibly();
    }
  }

  /**
   * Reads ldd's lines: {@code name => /path (0x..)}, {@code /path (0x..)}, or a virtual library
   * without a path.
   */
  static List<Path> parse(Path program, String text) throws IOException {
    List<Path> libraries = new ArrayList<>();
    for (String line : text.lines().map(String::strip).toList()) {
      if (line.endsWith("=> not found")) {
        throw new IOException(
            program
                + " cannot run here, so not in the guest either: "
                + line
                + ". Install the package that has this library.");
      }
      int arrow = line.indexOf("=> ");
      String path = arrow < 0 ? line : line.substring(arrow + "=> ".length());
      int address = path.indexOf(" (0x");
      if (path.startsWith("/") && address > 0) {
        libraries.add(Path.of(path.substring(0, address)));
      }
    }
    return libraries;
  }
}
