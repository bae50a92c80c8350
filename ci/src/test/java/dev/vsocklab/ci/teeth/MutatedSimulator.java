package dev.vsocklab.ci.teeth;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** Compiles one file of the simulator with a bug in it, beside the classes that are right. */
final class MutatedSimulator {
  private static final Path SOURCES = Path.of("../sim/src/main/java/dev/vsocklab/sim");

  private final Path folder;
  private final String classPath;

  /**
   * Prepares.
   *
   * @param folder where sources and classes go
   * @param classPath what the simulator is compiled against, itself included
   */
  MutatedSimulator(Path folder, String classPath) {
    this.folder = folder;
    this.classPath = classPath;
  }

  /**
   * Puts a bug in.
   *
   * @return the folder with the wrong classes: put it in front of the class path
   */
  Path with(Mutation mutation) throws IOException, InterruptedException {
    Path source = folder.resolve("source").resolve(mutation.file());
    Path classes = Files.createDirectories(folder.resolve("classes"));
    Files.createDirectories(Objects.requireNonNull(source.getParent()));
    String right = Files.readString(SOURCES.resolve(mutation.file()), UTF_8);
    Files.writeString(source, mutation.applyTo(right), UTF_8);
    compile(source, classes);
    return classes;
  }

  private void compile(Path source, Path classes) throws IOException, InterruptedException {
    Path log = folder.resolve("javac.log");
    Process javac =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "javac").toString(),
                "-proc:none",
                "-nowarn",
                "-cp",
                classPath,
                "-d",
                classes.toString(),
                source.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    if (javac.waitFor() != 0) {
      throw new IllegalStateException(
          "The mutation does not compile:\n" + Files.readString(log, UTF_8));
    }
  }
}
