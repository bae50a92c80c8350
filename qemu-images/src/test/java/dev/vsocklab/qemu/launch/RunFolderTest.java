package dev.vsocklab.qemu.launch;

import static dev.vsocklab.qemu.testing.Failures.assertSays;
import static dev.vsocklab.qemu.testing.Failures.messageOf;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class RunFolderTest {
  private final Path base;

  RunFolderTest(@TempDir Path base) {
    this.base = base;
  }

  @Test
  void onlyThisUserMayLookInside() throws IOException {
    try (RunFolder folder = RunFolder.createIn(base)) {
      assertEquals(
          PosixFilePermissions.fromString("rwx------"),
          Files.getPosixFilePermissions(folder.path()));
    }
  }

  @Test
  void closingRemovesTheFolderAndAllInItAndAgainDoesNothing() throws IOException {
    RunFolder folder = RunFolder.createIn(base);
    Files.writeString(folder.socket("agent.sock"), "");

    folder.close();
    folder.close();

    assertFalse(Files.exists(folder.path()));
  }

  @Test
  void aDeadJvmsFolderIsSweptAndALivingOnesIsNot() throws IOException {
    Path dead = Files.createDirectory(base.resolve("vsocklab-vm-00000000"));
    Files.writeString(dead.resolve("lock"), "");
    Files.writeString(dead.resolve("agent.sock"), "");
    Path half = Files.createDirectory(base.resolve("vsocklab-vm-00000001"));
    Path young = Files.createDirectory(base.resolve("vsocklab-vm-00000002"));
    Path other = Files.createDirectory(base.resolve("something-else"));
    try (RunFolder mine = RunFolder.createIn(base)) {
      old(dead);
      old(half);
      old(mine.path());

      RunFolder.sweep(base);

      assertFalse(Files.exists(dead));
      assertFalse(Files.exists(half));
      assertTrue(Files.exists(young));
      assertTrue(Files.exists(other));
      assertTrue(Files.exists(mine.path()));
      assertTrue(isLocked(mine), "the sweep lost this JVM's own lock");
    }
  }

  @Test
  void aProcessThatADeadJvmAndItsWatchdogLeftIsEndedIfItsCommandLineNamesTheFolder()
      throws Exception {
    Path dead = Files.createDirectory(base.resolve("vsocklab-vm-00000003"));
    Process orphan =
        new ProcessBuilder("/bin/sh", "-c", "sleep 100; true", dead.toString()).start();
    Process stranger = new ProcessBuilder("/bin/sh", "-c", "sleep 100; true").start();
    try {
      Files.writeString(dead.resolve("qemu.pid"), stranger.pid() + "\n");
      old(dead);
      RunFolder.sweep(base);
      assertFalse(Files.exists(dead));
      assertTrue(stranger.isAlive(), "a pid that now is another process's");

      Files.createDirectory(dead);
      Files.writeString(dead.resolve("qemu.pid"), orphan.pid() + "\n");
      old(dead);
      RunFolder.sweep(base);
      assertTrue(orphan.waitFor(30, TimeUnit.SECONDS), "the orphan was killed");
    } finally {
      for (Process process : new Process[] {orphan, stranger}) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
      }
    }
  }

  @Test
  void aTemporaryFolderWithTooLongAPathIsNotUsedForSockets() throws IOException {
    Path deep = Files.createDirectories(base.resolve("d".repeat(90)));

    assertEquals(base, RunFolder.base(deep, base));
    assertSays(
        messageOf(IOException.class, () -> RunFolder.base(deep, base.resolve("absent"))),
        "-Djava.io.tmpdir");
  }

  /** Whether the kernel still has the lock, for every other process to see. */
  private static boolean isLocked(RunFolder folder) throws IOException {
    Object inode = Files.getAttribute(folder.socket("lock"), "unix:ino");
    return Files.readString(Path.of("/proc/locks")).contains(":" + inode + " ");
  }

  private static void old(Path folder) throws IOException {
    Files.setLastModifiedTime(folder, FileTime.from(Instant.now().minusSeconds(3600)));
  }
}
