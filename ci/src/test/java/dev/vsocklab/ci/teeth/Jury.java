package dev.vsocklab.ci.teeth;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Runs the suites in a JVM of their own, on whatever simulator it is given.
 *
 * @param classPath the tests, the simulator and all that they need
 */
record Jury(String classPath) {
  private static final long DEADLINE_MINUTES = 5;

  /**
   * Tries a simulator.
   *
   * @param classesInFront classes that replace those of the class path
   * @param kernel the profile
   * @param log where the JVM's output goes
   * @return the first test that failed, in one line; empty if the simulator is held to be right
   */
  List<String> judge(List<Path> classesInFront, String kernel, Path log)
      throws IOException, InterruptedException {
    List<String> path = new ArrayList<>();
    classesInFront.forEach(folder -> path.add(folder.toAbsolutePath().toString()));
    path.add(classPath);
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Djunit.jupiter.execution.timeout.default=60 s", // a bug may make calls never end
                "-Djunit.jupiter.execution.timeout.thread.mode.default=SEPARATE_THREAD",
                "-Dvsocklab.backends=sim:" + kernel,
                "-cp",
                String.join(File.pathSeparator, path),
                Trial.class.getName(),
                "dev.vsocklab.ci.differential.CorpusTest",
                "dev.vsocklab.ci.differential.RecordingTest",
                "dev.vsocklab.ci.conformance.ConformanceTest")
            .directory(
                Files.createDirectories(log.resolveSibling("run-" + log.getFileName())).toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      if (!process.waitFor(DEADLINE_MINUTES, TimeUnit.MINUTES)) {
        throw new AssertionError(
            "Undecided: the suites were not over after "
                + DEADLINE_MINUTES
                + " minutes; see "
                + log);
      }
    } finally {
      process.destroyForcibly();
    }
    return Files.readString(log, UTF_8)
        .lines()
        .filter(line -> line.startsWith(Trial.FAILED))
        .map(line -> line.substring(Trial.FAILED.length()))
        .toList();
  }
}
