package dev.vsocklab.qemu.image;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The programs of this machine that the image builder uses; tests put fakes in their place. */
interface Tools {

  /** Whether a program is on the PATH. */
  boolean has(String program);

  /**
   * Runs a program to its end.
   *
   * @param folder its working folder
   * @param deadline how long it may take; it is ended then
   * @param command the program and its arguments
   * @throws IOException if it could not be started or did not end in time
   */
  Result run(Path folder, Duration deadline, List<String> command) throws IOException;

  /**
   * How a program ended.
   *
   * @param status its exit status
   * @param output what it wrote to standard output and standard error, mixed
   */
  record Result(int status, String output) {

    /** The last lines of the output, on one line, for an error message. */
    String lastWords() {
      List<String> lines = output.lines().filter(line -> !line.isBlank()).toList();
      return String.join("; ", lines.subList(Math.max(0, lines.size() - 4), lines.size()));
    }
  }
}
