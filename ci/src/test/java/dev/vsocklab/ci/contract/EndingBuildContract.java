package dev.vsocklab.ci.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** However a build with a real guest ends, no process, socket or folder of it is left. */
abstract class EndingBuildContract {
  private static final Duration SOON = Duration.ofMinutes(2);

  /** Surefire starts with a jar whose manifest has the class path; here is what it stands for. */
  private static final String CLASS_PATH =
      System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));

  private final Class<? extends EndingBuild.OneTest> test;
  private final Path temporary;
  private @Nullable Process build;

  /**
   * Builds with one test.
   *
   * @param temporary the build's temporary folder
   */
  EndingBuildContract(Class<? extends EndingBuild.OneTest> test, Path temporary) {
    this.test = test;
    this.temporary = temporary;
  }

  @AfterEach
  void endTheBuild() {
    if (build != null) {
      build.descendants().forEach(ProcessHandle::destroyForcibly);
      build.destroyForcibly();
    }
  }

  @BeforeEach
  void nothingIsThere() throws IOException {
    assertEquals(List.of(), ours());
  }

  @Test
  void afterSuccess() throws Exception {
    assertNothingIsLeft("succeeds", "SUCCESSFUL", Signal.NONE);
  }

  @Test
  void afterAnAssertionThatFailed() throws Exception {
    assertNothingIsLeft("fails", "AssertionFailedError", Signal.NONE);
  }

  @Test
  void afterATimeout() throws Exception {
    assertNothingIsLeft("timesOut", "TimeoutException", Signal.NONE);
  }

  @Test
  void afterCtrlC() throws Exception {
    assertNothingIsLeft("waits", null, Signal.CTRL_C);
  }

  @Test
  void afterKillMinusNine() throws Exception {
    assertNothingIsLeft("waits", null, Signal.KILL);
  }

  private enum Signal {
    NONE,
    /** As a terminal sends it: the whole process group hears it. */
    CTRL_C,
    /** To the JVM alone. */
    KILL
  }

  private void assertNothingIsLeft(String method, @Nullable String told, Signal signal)
      throws Exception {
    Process jvm = start(method);
    try (BufferedReader out = jvm.inputReader(StandardCharsets.UTF_8)) {
      List<Long> processes = processes(line(out, EndingBuild.RUNS));
      assertTrue(processes.size() >= 2, "the watchdog and QEMU: " + processes);
      assertFalse(ours().isEmpty(), "the guest's folder");
      if (told != null) {
        String how = line(out, EndingBuild.ENDED);
        assertTrue(how.contains(told), how);
      }
      send(signal, jvm);

      assertTrue(jvm.waitFor(SOON.toSeconds(), TimeUnit.SECONDS), "the build did not end");
      for (long pid : processes) {
        awaitEnd(pid);
      }
      assertEquals(List.of(), ours());
    }
  }

  private static void send(Signal signal, Process jvm) throws IOException, InterruptedException {
    switch (signal) {
      case NONE -> {}
      case CTRL_C -> kill("-INT", "-" + jvm.pid());
      case KILL -> kill("-KILL", Long.toString(jvm.pid()));
    }
  }

  private static void kill(String signal, String whom) throws IOException, InterruptedException {
    Process kill = new ProcessBuilder("kill", signal, "--", whom).inheritIO().start();
    assertEquals(0, kill.waitFor());
  }

  /** In a process group of its own, and with an ear for Ctrl-C whatever this JVM has. */
  private Process start(String method) throws IOException {
    List<String> command = new ArrayList<>(List.of("setsid", "env", "--default-signal=INT"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Djava.io.tmpdir=" + temporary);
    command.addAll(List.of("-cp", CLASS_PATH));
    command.addAll(List.of(EndingBuild.class.getName(), test.getName(), method));
    Process started =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    build = started;
    return started;
  }

  private static String line(BufferedReader out, String beginning) throws IOException {
    String line = out.readLine();
    while (line != null && !line.startsWith(beginning)) {
      line = out.readLine();
    }
    assertNotNull(line, "the build ended without " + beginning);
    return line.substring(beginning.length());
  }

  private static List<Long> processes(String line) {
    return Stream.of(line.split(" ", -1)).map(Long::parseLong).toList();
  }

  private static void awaitEnd(long pid) {
    long endNanos = System.nanoTime() + SOON.toNanos();
    while (ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false)) {
      assertTrue(System.nanoTime() - endNanos < 0, "process " + pid + " is left");
      LockSupport.parkNanos(Duration.ofMillis(20).toNanos()); // it is no child of this JVM
    }
  }

  /** What vsocklab has in the build's temporary folder. */
  private List<Path> ours() throws IOException {
    try (Stream<Path> files = Files.list(temporary)) {
      return files.filter(file -> file.getFileName().toString().startsWith("vsocklab")).toList();
    }
  }
}
