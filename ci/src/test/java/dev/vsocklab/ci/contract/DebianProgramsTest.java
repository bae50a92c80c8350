package dev.vsocklab.ci.contract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.Machine;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.junit.Guest;
import dev.vsocklab.junit.Host;
import dev.vsocklab.junit.Program;
import dev.vsocklab.junit.VsockTest;
import dev.vsocklab.qemu.agent.GuestProgram;
import dev.vsocklab.qemu.agent.GuestPrograms;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Programs of Debian's, unmodified, in the guest and Java ends on the host: what a user's own agent
 * would be. They come into the guest as any test's files do.
 */
@VsockTest(backends = {"vhost-user:6.1", "vhost-user:6.12"})
@Tag("guest")
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class DebianProgramsTest {
  private static final String PYTHON = "/usr/bin/python3.11";
  private static final String PYTHONS_LIBRARY = "/usr/lib/python3.11";
  private static final String NCAT = "/usr/bin/ncat";
  private static final String QEMU_GA = "/usr/sbin/qemu-ga";

  /** Fetched by ci/test: to install it would start a service. */
  private static final String QEMU_GA_HERE = "target/qemu-guest-agent/usr/sbin/qemu-ga:" + QEMU_GA;

  private static final long PORT = 7000;
  private static final Duration SOON = Duration.ofMinutes(1);

  @Test
  void aPythonProgramListensAndJavaConnects(
      @Host Machine host,
      @Guest(
              value = 42,
              files = {"guest/echo.py", PYTHON, PYTHONS_LIBRARY},
              program =
                  @Program(
                      value = {PYTHON, "/guest/echo.py", "7000"},
                      untilListensOn = PORT,
                      withinSeconds = 180))
          Machine guest)
      throws IOException {
    try (Lines lines = Lines.over(connect(host, guest))) {
      assertEquals("hello from python, CID 2", lines.read());
      lines.write("one line, UTF-8: ä€");
      assertEquals("one line, UTF-8: ä€", lines.read());
    }
  }

  @Test
  void aPythonProgramConnectsAndJavaListens(
      @Host Machine host,
      @Guest(
              value = 42,
              files = {"guest/report.py:/opt/", PYTHON, PYTHONS_LIBRARY})
          Machine guest)
      throws IOException {
    try (Listener listener = Listener.on(host, 1)) {
      GuestProgram python =
          programs(guest).start(PYTHON, "/opt/report.py", Long.toString(listener.address().port()));
      try (Lines lines = Lines.over(listener.accept())) {
        assertTrue(lines.read().matches("6\\.\\d+\\..*"), "uname -r");
        lines.write("thanks");
      }
      assertEquals(new GuestProgram.Exit(0, 0), python.waitFor(SOON), python::errorText);
      assertEquals("told thanks\n", python.outputText());
    }
  }

  @Test
  void ncatListensAndJavaConnects(
      @Host Machine host,
      @Guest(
              value = 42,
              files = NCAT,
              program =
                  @Program(
                      value = {NCAT, "--vsock", "--listen", "-v", "7000"},
                      untilPrints = "Listening on"))
          Machine guest)
      throws IOException {
    GuestProgram ncat = guest.as(GuestProgram.class).orElseThrow();
    try (Lines lines = Lines.over(connect(host, guest))) {
      lines.write("from the host");
      ncat.stdin().write("from the guest\n".getBytes(UTF_8));
      assertEquals("from the guest", lines.read());
      awaitItsEndOfWriting(ncat, lines);
    }
    assertEquals(new GuestProgram.Exit(0, 0), ncat.waitFor(SOON), ncat::errorText);
    assertEquals("from the host\n", ncat.outputText());
  }

  @Test
  void ncatConnectsAndJavaListens(
      @Host Machine host, @Guest(value = 42, files = NCAT) Machine guest) throws IOException {
    try (Listener listener = Listener.on(host, 1)) {
      GuestProgram ncat =
          programs(guest).start(NCAT, "--vsock", "2", Long.toString(listener.address().port()));
      try (Lines lines = Lines.over(listener.accept())) {
        ncat.stdin().write("from the guest\n".getBytes(UTF_8));
        assertEquals("from the guest", lines.read());
        lines.write("from the host");
        awaitItsEndOfWriting(ncat, lines);
      }
      assertEquals(new GuestProgram.Exit(0, 0), ncat.waitFor(SOON), ncat::errorText);
      assertEquals("from the host\n", ncat.outputText());
    }
  }

  /**
   * If the host closed first, ncat would end with an error at times: it shuts down what is gone.
   */
  private static void awaitItsEndOfWriting(GuestProgram ncat, Lines lines) throws IOException {
    ncat.stdin().close();
    assertEquals(Lines.END, lines.read());
  }

  @Test
  void qemusGuestAgentAnswersJava(
      @Host Machine host,
      @Guest(
              value = 42,
              files = QEMU_GA_HERE,
              program =
                  @Program(
                      value = {
                        QEMU_GA,
                        "-m",
                        "vsock-listen",
                        "-p",
                        "4294967295:7000",
                        "-t",
                        "/tmp"
                      },
                      untilListensOn = PORT,
                      withinSeconds = 180))
          Machine guest)
      throws IOException {
    try (Lines lines = Lines.over(connect(host, guest))) {
      lines.write("{\"execute\": \"guest-sync\", \"arguments\": {\"id\": 4711}}");
      assertEquals("{\"return\": 4711}", lines.read());
      lines.write("{\"execute\": \"guest-info\"}");
      assertTrue(lines.read().contains("\"version\""), "guest-info");
      lines.write("{\"execute\": \"guest-get-osinfo\"}");
      assertTrue(lines.read().contains("\"kernel-release\": \"6."), "guest-get-osinfo");
    }
  }

  private static SocketChannel connect(Machine host, Machine guest) throws IOException {
    SocketChannel channel = host.vsock().openSocketChannel();
    channel.connect(VsockAddress.of(guest.cid(), PORT));
    return channel;
  }

  private static GuestPrograms programs(Machine guest) {
    return guest.as(GuestPrograms.class).orElseThrow();
  }

  /** A connection on which both ends speak in lines. */
  private record Lines(SocketChannel channel, BufferedReader in, Writer out)
      implements AutoCloseable {
    static final String END = "(the end of the stream)";

    static Lines over(SocketChannel channel) {
      return new Lines(
          channel,
          new BufferedReader(new InputStreamReader(Channels.newInputStream(channel), UTF_8)),
          Channels.newWriter(channel, UTF_8));
    }

    String read() throws IOException {
      String line = in.readLine();
      return line == null ? END : line;
    }

    void write(String line) throws IOException {
      out.write(line + "\n");
      out.flush();
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
