package dev.vsocklab.ci.contract;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * What this process has of the things that a lab must give back.
 *
 * @param threads names of the live threads, sorted; without those that the JDK keeps for a while
 * @param descriptors what the open file descriptors lead to, sorted
 * @param mappings shared memory that is mapped, sorted
 * @param processes commands of the processes below this one, sorted
 */
record Leftovers(
    List<String> threads, List<String> descriptors, List<String> mappings, List<String> processes) {

  static Leftovers now() throws IOException {
    return new Leftovers(threadNames(), descriptorTargets(), sharedMappings(), childProcesses());
  }

  /** What is there once it is the same as before, or when the deadline is over. */
  static Leftovers awaitSameAs(Leftovers before, Duration deadline) throws IOException {
    long endNanos = System.nanoTime() + deadline.toNanos();
    Leftovers now = now();
    while (!now.equals(before) && System.nanoTime() - endNanos < 0) {
      LockSupport.parkNanos(Duration.ofMillis(50).toNanos()); // nobody tells of a thread's end
      now = now();
    }
    return now;
  }

  @Override
  public String toString() {
    return String.join(
        "\n",
        threads.size() + " threads: " + threads,
        descriptors.size() + " descriptors: " + descriptors,
        mappings.size() + " shared mappings: " + mappings,
        processes.size() + " processes: " + processes);
  }

  private static List<String> threadNames() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> !name.startsWith("process reaper")) // the JDK's, ends after a minute
        .filter(name -> !name.matches("Thread-\\d+")) // the JDK's, tells of a process's end
        .sorted()
        .toList();
  }

  private static List<String> descriptorTargets() throws IOException {
    List<String> targets = new ArrayList<>();
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      for (Path descriptor : descriptors.toList()) {
        if (Files.isSymbolicLink(descriptor)) { // it may have been closed since
          targets.add(kind(Files.readSymbolicLink(descriptor).toString()));
        }
      }
    }
    return targets.stream().sorted().toList();
  }

  /** Pipes and sockets have a number of their own each time. */
  private static String kind(String target) {
    return target.replaceFirst("^(pipe|socket):.*", "$1");
  }

  private static List<String> sharedMappings() throws IOException {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
      return lines
          .filter(line -> line.contains("memfd:") || line.contains("/dev/shm"))
          .map(line -> line.substring(line.lastIndexOf(' ') + 1))
          .sorted()
          .toList();
    }
  }

  private static List<String> childProcesses() {
    return ProcessHandle.current()
        .descendants()
        .map(process -> process.info().command().orElse("?"))
        .sorted()
        .toList();
  }
}
