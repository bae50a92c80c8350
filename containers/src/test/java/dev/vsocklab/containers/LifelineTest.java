package dev.vsocklab.containers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The two shells that end a container, run without one, with a shell in QEMU's place. */
@Timeout(60)
class LifelineTest {
  private final Path folder;

  LifelineTest(@TempDir Path base) throws IOException {
    this.folder = Files.createDirectory(base.resolve("guest"));
  }

  @BeforeEach
  void onLinux() {
    assumeTrue(Files.isExecutable(Path.of("/bin/sh")), "SKIPPED, nothing was tested: no /bin/sh");
  }

  @Test
  void whenTheLifelineGoesQemuIsKilledAndTheFolderIsGone() throws Exception {
    Lifeline lifeline = Lifeline.open(folder);
    Process watchdog = watchdog("echo up; while :; do sleep 100; done");
    assertEquals("up", firstLine(watchdog));

    lifeline.close();

    assertTrue(watchdog.waitFor(30, TimeUnit.SECONDS), "the watchdog ends");
    assertEquals(128 + 9, watchdog.exitValue());
    lifeline.awaitEnd();
    assertFalse(Files.exists(folder));
  }

  @Test
  void whenQemuEndsItsStatusIsLeftForTheJvm() throws Exception {
    Lifeline lifeline = Lifeline.open(folder);
    Process watchdog = watchdog("exit 7");

    assertTrue(watchdog.waitFor(30, TimeUnit.SECONDS), "the watchdog ends");
    assertEquals("7\n", Files.readString(folder.resolve("qemu.status")));
    lifeline.close();
    lifeline.awaitEnd();
    assertFalse(Files.exists(folder));
  }

  @Test
  void aContainerThatStartsAfterTheJvmsEndDoesNotWaitForIt() throws Exception {
    Lifeline lifeline = Lifeline.open(folder);
    lifeline.close();
    lifeline.awaitEnd();

    Process watchdog = watchdog("while :; do sleep 100; done");

    assertTrue(watchdog.waitFor(30, TimeUnit.SECONDS), "the watchdog ends");
    assertTrue(watchdog.exitValue() != 0, "status " + watchdog.exitValue());
  }

  @Test
  void aFolderThatIsNotThereIsToldAtOnce() {
    assertThrows(IOException.class, () -> Lifeline.open(folder.resolve("absent")));
  }

  private Process watchdog(String qemu) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of("/bin/sh", "-c", Scripts.WATCHDOG, "vsocklab-watchdog", folder.toString()));
    command.addAll(List.of("/bin/sh", "-c", qemu));
    return new ProcessBuilder(command).start();
  }

  private static String firstLine(Process process) throws IOException {
    BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
    return Objects.requireNonNull(out.readLine());
  }
}
