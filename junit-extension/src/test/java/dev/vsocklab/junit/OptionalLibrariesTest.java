package dev.vsocklab.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.Machine;
import dev.vsocklab.VsockProvider;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** A project without Mockito and without jqwik misses nothing but what it asks of them. */
class OptionalLibrariesTest {
  private static final List<String> OPTIONAL = List.of("mockito", "byte-buddy", "jqwik");

  @VsockTest(backends = "fake")
  static class Plain {
    @Test
    void test(@Guest(42) Machine guest) {}
  }

  @VsockTest(backends = "fake")
  static class Spying {
    @Test
    void test(@Guest(42) @SpyVsock VsockProvider vsock) {}
  }

  @Test
  void withoutEitherATestRuns() throws Exception {
    assertEquals(List.of("1 succeeded, 0 failed"), withoutOptionalLibraries(Plain.class));
  }

  @Test
  void aSpyWithoutMockitoSaysWhatToAdd() throws Exception {
    assertEquals(
        List.of(
            "0 succeeded, 1 failed",
            "@SpyVsock in Spying.test needs Mockito, which is not on the test class path. Add"
                + " org.mockito:mockito-core, version 5 or later, with scope test."),
        withoutOptionalLibraries(Spying.class));
  }

  private static List<String> withoutOptionalLibraries(Class<?> sample)
      throws IOException, InterruptedException {
    String[] entries = System.getProperty("java.class.path").split(File.pathSeparator);
    String classPath =
        Arrays.stream(entries)
            .filter(entry -> OPTIONAL.stream().noneMatch(fileName(entry)::startsWith))
            .collect(Collectors.joining(File.pathSeparator));
    Process java =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                classPath,
                BareRun.class.getName(),
                sample.getName())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    List<String> lines = java.inputReader().lines().toList();
    assertTrue(java.waitFor(60, TimeUnit.SECONDS), "the program did not end within 60 s");
    return lines;
  }

  private static String fileName(String entry) {
    return Path.of(entry).getFileName().toString();
  }
}
