package dev.vsocklab.qemu.agent;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.spi.LabRequest.Until;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Programs and files, against the real agent on this kernel. */
@Timeout(60)
class GuestProgramsTest {
  private static final Duration DEADLINE = Duration.ofSeconds(20);

  private Path folder;
  private LocalAgent agent;
  private AgentClient client;
  private GuestPrograms programs;

  @BeforeEach
  void startAgent(@TempDir Path tempFolder) throws IOException {
    folder = tempFolder;
    agent = LocalAgent.start(folder);
    client = agent.client();
    programs = client.programs();
  }

  @AfterEach
  void endAgent() throws IOException {
    client.close();
    agent.close();
  }

  @Test
  void helloTellsTheKernelsRelease() throws IOException {
    String release = Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip();

    assertEquals(release, client.kernelRelease());
  }

  @Test
  void bigFileArrivesWholeWithItsMode() throws IOException {
    byte[] content = new byte[5 * 1024 * 1024 + 12345];
    new Random(1).nextBytes(content);
    Path target = folder.resolve("a/b/file");

    programs.put(
        new ByteArrayInputStream(content),
        target.toString(),
        PosixFilePermissions.fromString("rwxr-x--x"));

    assertArrayEquals(content, Files.readAllBytes(target));
    assertEquals("rwxr-x--x", PosixFilePermissions.toString(Files.getPosixFilePermissions(target)));
  }

  @Test
  void emptyFileIsAFile() throws IOException {
    programs.putText("", folder.resolve("empty").toString());

    assertEquals(0, Files.size(folder.resolve("empty")));
  }

  @Test
  void aFileThatTheMachineHadIsNotReplaced() throws IOException {
    Path own = Files.writeString(folder.resolve("own"), "as it was");

    IOException refused =
        assertThrows(IOException.class, () -> programs.putText("new", own.toString()));

    assertTrue(refused.toString().contains("File exists"), refused.toString());
    assertEquals("as it was", Files.readString(own));
  }

  @Test
  void aFileThatWasPutIsReplaced() throws IOException {
    Path file = folder.resolve("file");
    programs.putText("first, and longer", file.toString());

    programs.putText("second", file.toString());

    assertEquals("second", Files.readString(file));
  }

  @Test
  void programRunsWithArgumentsEnvironmentAndFolder() throws IOException {
    programs.makeFolder(folder.resolve("here").toString());

    GuestProgram shell =
        programs.start(
            GuestCommand.of(
                    "/bin/sh", "-c", "echo \"$1 $COLOUR\"; pwd; echo oops >&2; exit 7", "sh", "one")
                .withEnvironment("COLOUR", "blue")
                .withDirectory(folder.resolve("here").toString()));

    assertEquals(new GuestProgram.Exit(7, 0), shell.waitFor(DEADLINE));
    assertEquals("one blue\n" + folder.toRealPath().resolve("here") + "\n", shell.outputText());
    assertEquals("oops\n", shell.errorText());
  }

  @Test
  void aProgramThatIsNotThereSaysSo() {
    IOException refused = assertThrows(IOException.class, () -> programs.start("/no/such/program"));

    assertEquals(
        "Starting [/no/such/program] in local failed: No such file or directory.",
        refused.getMessage());
  }

  @Test
  void inputGoesThroughAProgramAndComesBackWhole() throws Exception {
    byte[] content = new byte[3 * 1024 * 1024 + 77];
    new Random(2).nextBytes(content);
    GuestProgram cat = programs.start(GuestCommand.of("/bin/cat").withStreamedOutput());

    CompletableFuture<byte[]> back =
        CompletableFuture.supplyAsync(
            () -> {
              try (InputStream stdout = cat.stdout()) {
                return stdout.readAllBytes();
              } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            });
    cat.stdin().write(content);
    cat.stdin().close();

    assertArrayEquals(content, back.get(20, TimeUnit.SECONDS));
    assertEquals(new GuestProgram.Exit(0, 0), cat.waitFor(DEADLINE));
  }

  @Test
  void capturedOutputKeepsTheLastMebibyte() throws IOException {
    GuestProgram shell =
        programs.start("/bin/sh", "-c", "head -c 3000000 /dev/zero; echo; echo the end");

    shell.waitFor(DEADLINE);

    assertEquals(1024 * 1024, shell.outputBytes().length);
    assertTrue(shell.outputText().endsWith("\nthe end\n"));
  }

  @Test
  void killReachesWhatTheProgramStarted() throws IOException {
    GuestProgram shell = programs.start("/bin/sh", "-c", "sleep 1000 & echo $! >&2; wait");
    shell.awaitErrorText("\n", DEADLINE);
    long child = Long.parseLong(shell.errorText().strip());

    shell.kill();

    assertEquals(new GuestProgram.Exit(-1, 9), shell.waitFor(DEADLINE)); // also stdout's end
    assertEnded(child);
  }

  @Test
  void waitingForAProgramThatRunsOnEndsAtItsDeadlineWithItsLastWords() throws IOException {
    GuestProgram shell = programs.start("/bin/sh", "-c", "echo still here >&2; sleep 1000");
    shell.awaitErrorText("still here", DEADLINE);

    IOException late = assertThrows(IOException.class, () -> shell.waitFor(Duration.ofMillis(50)));

    assertTrue(late.toString().contains("still runs after 50 ms"), late.toString());
    assertTrue(late.toString().contains("still here"), late.toString());
  }

  @Test
  void resetKillsProgramsRemovesFilesAndEndsWhatWaits() throws Exception {
    programs.putText("x", folder.resolve("made/file").toString());
    GuestProgram sleeper =
        programs.start(GuestCommand.of("/bin/sleep", "1000").withStreamedOutput());
    long pid = sleeper.pid();
    CompletableFuture<IOException> reader =
        CompletableFuture.supplyAsync(
            () -> assertThrows(IOException.class, () -> sleeper.stdout().read()));

    client.reset(DEADLINE);

    assertFalse(Files.exists(folder.resolve("made")));
    assertEnded(pid);
    assertTrue(reader.get(20, TimeUnit.SECONDS).toString().contains("is closed"));
    assertThrows(IOException.class, () -> sleeper.waitFor(DEADLINE));
    assertTrue(client.log(DEADLINE).contains("reset done"));
  }

  @Test
  void resetAgainAndAgainLeavesAnAgentThatWorks() throws IOException {
    for (int round = 0; round < 20; round++) {
      programs.putText("x", folder.resolve("file").toString());
      GuestProgram shell = programs.start("/bin/sh", "-c", "echo " + round);
      shell.waitFor(DEADLINE);
      assertEquals(round + "\n", shell.outputText());
      client.reset(DEADLINE);
    }
  }

  @Test
  void hangingUpEndsTheAgentAndItsPrograms() throws Exception {
    GuestProgram sleeper = programs.start("/bin/sleep", "1000");

    client.close();

    assertTrue(agent.lastWords().contains("the JVM's end hung up"));
    assertEnded(sleeper.pid());
    IOException gone = assertThrows(IOException.class, () -> programs.start("/bin/true"));
    assertEquals("local was closed by this test run.", gone.getMessage());
  }

  @Test
  void aLocalProgramRunsFromItsCopy() throws IOException {
    Path copy = folder.resolve("echo");
    programs.put(Path.of("/bin/echo"), copy.toString());

    GuestProgram echo = programs.start(copy.toString(), "hello");

    echo.waitFor(DEADLINE);
    assertEquals("hello\n", echo.outputText());
  }

  @Test
  void aTreeArrivesWholeWithItsExecutableBitsAndWithoutItsLinks() throws IOException {
    Path tree = Files.createDirectories(folder.resolve("tree"));
    byte[] big = new byte[3 * 1024 * 1024 + 1];
    new Random(3).nextBytes(big);
    Files.createDirectories(tree.resolve("a/empty"));
    for (int i = 0; i < 200; i++) {
      Files.writeString(tree.resolve("a/file" + i), "content " + i);
    }
    Files.write(tree.resolve("big"), big);
    Files.writeString(tree.resolve("script"), "#!/bin/sh\necho from a script\n");
    Files.setPosixFilePermissions(
        tree.resolve("a/file7"), PosixFilePermissions.fromString("rwxr-x---"));
    Files.createSymbolicLink(tree.resolve("link"), Path.of("a/file1"));

    programs.putTree(tree, folder.resolve("there/b").toString());

    Path there = folder.resolve("there/b");
    assertTrue(Files.isDirectory(there.resolve("a/empty")));
    for (int i = 0; i < 200; i++) {
      assertEquals("content " + i, Files.readString(there.resolve("a/file" + i)));
    }
    assertArrayEquals(big, Files.readAllBytes(there.resolve("big")));
    assertTrue(Files.isExecutable(there.resolve("a/file7")));
    assertEquals("content 1", Files.readString(there.resolve("link")));
    assertFalse(Files.isSymbolicLink(there.resolve("link")));
    GuestProgram script = programs.start(there.resolve("script").toString());
    script.waitFor(DEADLINE);
    assertEquals("from a script\n", script.outputText());
    client.reset(DEADLINE);
    assertFalse(Files.exists(folder.resolve("there")));
  }

  @Test
  void aFolderThatLeadsBackIntoItselfIsRefused() throws IOException {
    Path tree = Files.createDirectories(folder.resolve("tree"));
    Files.createSymbolicLink(tree.resolve("loop"), tree);

    IOException refused =
        assertThrows(
            IOException.class, () -> programs.putTree(tree, folder.resolve("there").toString()));

    assertTrue(refused.toString().contains("leads back"), refused.toString());
  }

  @Test
  void aProgramIsAwaitedUntilItPrinted() throws IOException {
    GuestProgram shell = programs.start("/bin/sh", "-c", "echo ready to go >&2; sleep 1000");

    shell.await(new Until.Printed(Pattern.compile("^ready")), DEADLINE);

    assertTrue(shell.story().contains("runs."), shell.story());
    assertTrue(shell.story().contains("ready to go"), shell.story());
    assertEquals(List.of(shell), programs.started());
  }

  @Test
  void aProgramThatEndsBeforeItPrintedTellsItsStatusAndLastWords() throws IOException {
    GuestProgram shell = programs.start("/bin/sh", "-c", "echo no configuration >&2; exit 3");

    IOException early =
        assertThrows(
            IOException.class,
            () -> shell.await(new Until.Printed(Pattern.compile("ready")), DEADLINE));

    assertTrue(
        early.toString().contains("ended with status 3 before it printed \"ready\"."),
        early.toString());
    assertTrue(early.toString().contains("no configuration"), early.toString());
  }

  @Test
  void whatAProgramPrintedJustBeforeItsEndCounts() throws IOException {
    for (int round = 0; round < 20; round++) {
      programs
          .start("/bin/sh", "-c", "echo ready")
          .await(new Until.Printed(Pattern.compile("ready")), DEADLINE);
    }
  }

  @Test
  void aProgramIsAwaitedUntilItEndedWithAStatusAndAnotherIsAFailure() throws IOException {
    programs.start("/bin/sh", "-c", "exit 4").await(new Until.Exited(4), DEADLINE);

    IOException other =
        assertThrows(
            IOException.class,
            () -> programs.start("/bin/sh", "-c", "exit 5").await(new Until.Exited(4), DEADLINE));

    assertTrue(
        other.toString().contains("ended with status 5 before it ended with status 4."),
        other.toString());
  }

  @Test
  void aProgramThatDoesNotComeSoFarInTimeSaysSo() throws IOException {
    GuestProgram sleeper = programs.start("/bin/sleep", "1000");

    IOException late =
        assertThrows(
            IOException.class,
            () -> sleeper.await(new Until.Printed(Pattern.compile("x")), Duration.ofMillis(50)));

    assertTrue(
        late.toString().contains("50 ms were over before it printed \"x\"; it still runs."),
        late.toString());
  }

  @Test
  void logTellsStartsAndEnds() throws IOException {
    programs.start("/bin/true").waitFor(DEADLINE);

    String log = client.log(DEADLINE);

    assertTrue(log.contains("start /bin/true: runs"), log);
    assertTrue(log.contains("ended: status 0"), log);
  }

  private static void assertEnded(long pid) {
    ProcessHandle.of(pid)
        .ifPresent(process -> process.onExit().orTimeout(20, TimeUnit.SECONDS).join());
  }
}
