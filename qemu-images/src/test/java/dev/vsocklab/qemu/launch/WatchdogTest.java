package dev.vsocklab.qemu.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The watchdog, with a shell in QEMU's place. */
@Timeout(60)
class WatchdogTest {
  private final RunFolder folder;

  WatchdogTest(@TempDir Path base) throws IOException {
    this.folder = RunFolder.createIn(base);
  }

  @BeforeEach
  void onLinux() {
    assumeTrue(Files.isExecutable(Path.of("/bin/sh")), "SKIPPED, nothing was tested: no /bin/sh");
  }

  @Test
  void whenTheJvmsPipeClosesTheProcessIsKilledAndTheFolderRemoved() throws Exception {
    Process watchdog = start("echo $$; while :; do sleep 100; done");
    long pid = pid(watchdog);
    assertTrue(isAlive(pid));

    watchdog.getOutputStream().close();

    assertTrue(watchdog.waitFor(30, TimeUnit.SECONDS), "the watchdog ends");
    assertEquals(128 + 9, watchdog.exitValue());
    assertFalse(isAlive(pid));
    assertFalse(Files.exists(folder.path()));
  }

  @Test
  void whenTheProcessEndsTheWatchdogEndsWithItsStatus() throws Exception {
    Process watchdog = start("echo $$; exit 7");

    assertTrue(watchdog.waitFor(30, TimeUnit.SECONDS), "the watchdog ends");
    assertEquals(7, watchdog.exitValue());
    assertFalse(Files.exists(folder.path()));
  }

  @Test
  void anInterruptFromTheTerminalLeavesNothing() throws Exception {
    Process watchdog = start("echo $$; while :; do sleep 100; done");
    long pid = pid(watchdog);

    watchdog.destroy(); // SIGTERM; a terminal's SIGINT takes the same way
    watchdog.getOutputStream().close();

    assertTrue(watchdog.waitFor(30, TimeUnit.SECONDS), "the watchdog ends");
    assertFalse(isAlive(pid));
    assertFalse(Files.exists(folder.path()));
  }

  private Process start(String script) throws IOException {
    return new ProcessBuilder(Watchdog.command(folder, List.of("/bin/sh", "-c", script))).start();
  }

  private static long pid(Process watchdog) throws IOException {
    BufferedReader out = watchdog.inputReader(StandardCharsets.UTF_8);
    return Long.parseLong(out.readLine());
  }

  private static boolean isAlive(long pid) {
    Optional<ProcessHandle> process = ProcessHandle.of(pid);
    return process.isPresent() && process.get().isAlive();
  }
}
