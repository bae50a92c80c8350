package dev.vsocklab.qemu.image;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Compiles the guest agent, one static program, with this machine's gcc. */
final class AgentCompiler {
  private static final Duration DEADLINE = Duration.ofMinutes(2);

  /** Static, for there is nothing else in the guest; no warning passes. */
  private static final List<String> FLAGS =
      List.of("-static", "-O2", "-Wall", "-Wextra", "-Werror");

  private final Tools tools;

  AgentCompiler(Tools tools) {
    this.tools = tools;
  }

  /** Whether there is a compiler. */
  boolean isPresent() {
    return tools.has("gcc");
  }

  /**
   * The name of what comes out: the hash of source and flags. The compiler's version is left out,
   * so that a machine without gcc can use what another left in a shared cache.
   */
  static String key(AgentSource source) {
    List<String> texts = new ArrayList<>(List.of(String.join(" ", FLAGS)));
    texts.addAll(source.texts());
    return Sha256.ofTexts(texts.toArray(String[]::new));
  }

  /**
   * Compiles.
   *
   * @param source the C source
   * @param folder where to
   * @return the program
   */
  Path compile(AgentSource source, Path folder) throws IOException {
    if (!isPresent()) {
      throw new IOException(
          "The guest agent cannot be compiled: no gcc on the PATH. Install it (Debian: apt-get"
              + " install gcc libc6-dev).");
    }
    Path program = folder.resolve("vsock-agent");
    List<String> command = new ArrayList<>(List.of("gcc"));
    command.addAll(FLAGS);
    command.addAll(List.of("-o", program.toString()));
    source.write(folder).forEach(file -> command.add(file.toString()));
    Tools.Result result = tools.run(folder, DEADLINE, command);
    if (result.status() != 0) {
      throw new IOException(
          "gcc could not compile the guest agent ("
              + result.lastWords()
              + "). Install a static C library (Debian: apt-get install gcc libc6-dev).");
    }
    return program;
  }
}
