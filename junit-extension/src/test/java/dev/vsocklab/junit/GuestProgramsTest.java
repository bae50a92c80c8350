package dev.vsocklab.junit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.vsocklab.Machine;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.spi.LabRequest.FilesRequest;
import dev.vsocklab.spi.LabRequest.GuestRequest;
import dev.vsocklab.spi.LabRequest.Until;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a guest should be, which files it has and which programs run in it. */
@Timeout(60)
class GuestProgramsTest {

  /** Says hello to whoever connects, as the program would. */
  static class Greeter implements GuestStandIn {
    @Override
    public void run(Machine guest, PrintStream output) throws IOException {
      try (ServerSocketChannel server = guest.vsock().openServerSocketChannel()) {
        output.println("ready"); // before it listens: then whoever waits for that may read it
        server.bind(VsockAddress.any(7000));
        while (true) {
          try (SocketChannel channel = server.accept()) {
            channel.write(UTF_8.encode("hello"));
          }
        }
      }
    }
  }

  /** Fails like a program that does not find its configuration. */
  static class Failing implements GuestStandIn {
    @Override
    public void run(Machine guest, PrintStream output) throws IOException {
      output.println("no configuration");
      throw new IOException("status 3");
    }
  }

  @VsockTest(backends = "fake-with-programs")
  static class Wanting {
    Wanting(@Guest(42) Machine guest) {}

    @BeforeEach
    void setUp(@Guest(value = 42, memoryMib = 512) Machine guest) {}

    @Test
    void test(
        @Guest(
                value = 42,
                kernel = "1.0",
                files = {"guest/tree", "guest/tree/settings.txt:/etc/", "guest/tree:/opt/x/"},
                program = {
                  @Program(
                      value = {"/guest/tree/bin/run.sh", "a b"},
                      untilPrints = "hel+o"),
                  @Program(value = "/opt/x/bin/run.sh", untilExitsWith = 0, withinSeconds = 5)
                })
            Machine guest) {}
  }

  @VsockTest(backends = "fake-with-programs")
  static class Contradicting {
    @BeforeEach
    void setUp(@Guest(value = 42, memoryMib = 512) Machine guest) {}

    @Test
    void test(@Guest(value = 42, memoryMib = 256) Machine guest) {}
  }

  @VsockTest(backends = "fake-with-programs")
  static class OtherKernel {
    @Test
    void test(@Guest(value = 42, kernel = "5.4") Machine guest) {}
  }

  @VsockTest(backends = "fake-with-programs")
  static class MissingResource {
    @Test
    void test(@Guest(value = 42, files = "guest/tre") Machine guest) {}
  }

  @VsockTest(backends = "fake-with-programs")
  static class MissingFile {
    @Test
    void test(@Guest(value = 42, files = "/no/such/program") Machine guest) {}
  }

  @VsockTest(backends = "fake-with-programs")
  static class RelativeTarget {
    @Test
    void test(@Guest(value = 42, files = "guest/tree:opt") Machine guest) {}
  }

  @VsockTest(backends = "fake-with-programs")
  static class RelativeProgram {
    @Test
    void test(@Guest(value = 42, program = @Program("agent")) Machine guest) {}
  }

  @VsockTest(backends = "fake-with-programs")
  static class WaitingForTwoThings {
    @Test
    void test(
        @Guest(
                value = 42,
                program = @Program(value = "/agent", untilPrints = "x", untilListensOn = 7))
            Machine guest) {}
  }

  @VsockTest
  static class Played {
    @Test
    void listening(
        @Host Machine host,
        @Guest(
                value = 42,
                files = "guest/tree",
                program =
                    @Program(
                        value = "/greeter",
                        untilListensOn = 7000,
                        simulatedBy = Greeter.class))
            Machine guest)
        throws IOException {
      assertGreeted(host, guest);
    }

    @Test
    void printing(
        @Host Machine host,
        @Guest(
                value = 42,
                program =
                    @Program(
                        value = "/greeter",
                        untilPrints = "^rea.y",
                        simulatedBy = Greeter.class))
            Machine guest)
        throws IOException {
      assertGreeted(host, guest);
    }

    private static void assertGreeted(Machine host, Machine guest) throws IOException {
      try (SocketChannel channel = host.vsock().openSocketChannel()) {
        channel.connect(VsockAddress.of(guest.cid(), 7000));
        assertEquals("hello", new String(Channels.newInputStream(channel).readAllBytes(), UTF_8));
      }
    }
  }

  @VsockTest
  static class PlayedAndFailing {
    @Test
    void test(
        @Guest(
                value = 42,
                program =
                    @Program(
                        value = "/greeter",
                        untilListensOn = 7000,
                        simulatedBy = Greeter.class))
            Machine guest) {
      fail("its own failure");
    }
  }

  @VsockTest
  static class PlayedBadly {
    @Test
    void test(
        @Guest(
                value = 42,
                program =
                    @Program(value = "/agent", untilListensOn = 7000, simulatedBy = Failing.class))
            Machine guest) {}
  }

  @VsockTest
  static class NotPlayed {
    @Test
    void test(@Guest(value = 42, program = @Program("/agent")) Machine guest) {}

    @Test
    void withoutProgram(@Guest(42) Machine guest) {}
  }

  @Test
  void allMentionsOfAGuestAreOneRequest() {
    SampleRun run = SampleRun.of(Wanting.class).run().passed(1);
    GuestRequest guest = run.labs().get(0).request().guests().get(0);

    assertEquals("1.0", guest.kernel());
    assertEquals(512, guest.memoryMib());
    assertEquals(
        List.of("/guest/tree", "/etc/settings.txt", "/opt/x"),
        guest.files().stream().map(FilesRequest::guestPath).toList());
    assertTrue(guest.files().stream().allMatch(files -> Files.exists(files.source())));
    assertEquals(List.of("/guest/tree/bin/run.sh", "a b"), guest.programs().get(0).arguments());
    assertTrue(guest.programs().get(0).until() instanceof Until.Printed);
    assertEquals(new Until.Exited(0), guest.programs().get(1).until());
    assertEquals(Duration.ofSeconds(5), guest.programs().get(1).deadline());
  }

  @Test
  void theClassesGuestsArePreparedBeforeItsTests() {
    SampleRun.of(Wanting.class).run().passed(1);

    assertEquals(
        List.of(new GuestRequest(42, false, "1.0", 512, List.of(), List.of())),
        FakeBackend.prepared());
  }

  @Test
  void aFileInAJarIsFound(@TempDir Path folder) throws Exception {
    Path jar = folder.resolve("resources.jar");
    try (OutputStream out = Files.newOutputStream(jar);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      zip.putNextEntry(new ZipEntry("in-a-jar/"));
      zip.putNextEntry(new ZipEntry("in-a-jar/file"));
      zip.write("content".getBytes(UTF_8));
    }
    try (GuestFiles files = new GuestFiles();
        URLClassLoader classPath = new URLClassLoader(new URL[] {jar.toUri().toURL()})) {
      FilesRequest tree = files.find("this test", "in-a-jar", classPath);

      assertEquals("content", Files.readString(tree.source().resolve("file")));
      assertEquals("/in-a-jar", tree.guestPath());
    }
  }

  @Test
  void twoMentionsThatSayDifferentThings() {
    assertMessage(
        Contradicting.class,
        "Contradicting.setUp and Contradicting.test say different things of guest 42's memoryMib,"
            + " but it is one guest. Say it in one place.");
  }

  @Test
  void aKernelThatTheBackendDoesNotHave() {
    assertMessage(
        OtherKernel.class,
        "@Guest(42) in OtherKernel.test wants kernel 5.4, but backend fake-with-programs has 2.0,"
            + " 1.0. Write one of these, or nothing for the class's.");
  }

  @Test
  void aFileThatIsNotThere() {
    assertMessage(
        MissingResource.class,
        "@Guest(42) in MissingResource.test: its file \"guest/tre\" is neither on the test's class"
            + " path nor in "
            + Path.of("").toAbsolutePath()
            + ". Put it into src/test/resources, or name another one.");
    assertMessage(
        MissingFile.class,
        "@Guest(42) in MissingFile.test: its file /no/such/program is not on this machine. Create"
            + " or install it, or name another one; without the leading slash it would be looked"
            + " for among the test's resources.");
  }

  @Test
  void aTargetThatIsNotAbsolute() {
    assertMessage(
        RelativeTarget.class,
        "@Guest(42) in RelativeTarget.test: files = \"guest/tree:opt\" is neither SOURCE nor"
            + " SOURCE:TARGET with an absolute target. Write for example"
            + " \"guest/agent.py:/opt/agent.py\".");
  }

  @Test
  void aProgramThatIsNotAbsolute() {
    assertMessage(
        RelativeProgram.class,
        "@Guest(42) in RelativeProgram.test: A guest's program needs its absolute path there, not"
            + " [agent]: no shell searches for it. Write for example {\"/opt/agent\", \"--port\","
            + " \"7000\"}.");
  }

  @Test
  void aProgramThatWaitsForTwoThings() {
    assertMessage(
        WaitingForTwoThings.class,
        "@Guest(42) in WaitingForTwoThings.test: a @Program waits for one thing, at least a second,"
            + " and /agent asks for 2 within 60 s. Change that.");
  }

  @Test
  void javaCodePlaysTheProgramOnTheSimulator() {
    SampleRun.of(Played.class).run().passed(2);
  }

  @Test
  void whatAStandInPrintedIsInTheReport() {
    Throwable failure = SampleRun.of(PlayedAndFailing.class).run().failure();

    assertEquals("its own failure", failure.getMessage());
    String report =
        Arrays.stream(failure.getSuppressed())
            .map(Throwable::getMessage)
            .collect(Collectors.joining());
    assertTrue(
        report.contains(
            "== program /greeter of vm(42), played by Greeter ==\n  runs. It printed:\n  ready"),
        report);
  }

  @Test
  void aStandInThatFailsBeforeItIsReady() {
    assertEquals(
        "/agent of vm(42), played by Failing failed with java.io.IOException: status 3 before it"
            + " listened on vsock port 7000. It printed:\nno configuration\n",
        SampleRun.of(PlayedBadly.class).run().failure().getMessage());
  }

  @Test
  void aTestWhoseProgramNobodyPlaysIsSkippedWithTheReason() {
    SampleRun run = SampleRun.of(NotPlayed.class).run().passed(1);

    assertEquals(
        Map.of(
            "test(Machine)",
            "@Guest(42) in NotPlayed.test runs /agent, but the guests of backend sim run no"
                + " programs. Choose one with real guests, for example"
                + " -Dvsocklab.backends=vhost-user, or name Java code that plays it:"
                + " @Program(simulatedBy = …)."),
        run.skipped().entrySet().stream()
            .collect(
                Collectors.toMap(
                    entry -> entry.getKey().replaceFirst(" \\[.*", ""), Map.Entry::getValue)));
  }

  @Test
  void orFailsWhereTheBackendIsRequired() {
    SampleRun run = SampleRun.of(NotPlayed.class).property("vsocklab.require", "sim").run();

    String message = SampleRun.message(run.failure());
    assertTrue(message.contains("run no programs"), message);
    assertTrue(message.endsWith("It must run: vsocklab.require names it."), message);
  }

  private static void assertMessage(Class<?> sample, String message) {
    assertEquals(message, SampleRun.of(sample).run().failure().getMessage());
  }
}
