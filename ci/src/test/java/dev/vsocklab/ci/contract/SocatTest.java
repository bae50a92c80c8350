package dev.vsocklab.ci.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.Machine;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.ci.contract.Crew.Task;
import dev.vsocklab.junit.Guest;
import dev.vsocklab.junit.Host;
import dev.vsocklab.junit.VsockTest;
import dev.vsocklab.qemu.agent.GuestProgram;
import dev.vsocklab.qemu.agent.GuestPrograms;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A Java end and Debian's socat, unmodified, in the guest: a program that nobody here wrote. */
@VsockTest(backends = {"vhost-user:6.1", "vhost-user:6.12"})
@Tag("guest")
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class SocatTest {
  private static final String SOCAT = "/usr/bin/socat";
  private static final long PORT = 5000;
  private static final long TOTAL_BYTES = 10L * 1024 * 1024;
  private static final int WRITE_BYTES = 64 * 1024;
  private static final Duration SOON = Duration.ofMinutes(1);

  /** How long socat lets one direction go on after the other has ended, in seconds. */
  private static final String LINGER = "60";

  private final Crew crew = new Crew(Duration.ofMinutes(4));
  private final TestStream stream = new TestStream(3);

  @AfterEach
  void endThreads() throws InterruptedException {
    crew.end();
  }

  @Test
  void socatListensInTheGuestAndSendsBackWhatItGets(@Host Machine host, @Guest(42) Machine guest)
      throws Exception {
    // An unnamed PIPE gives back what is written to it.
    GuestProgram socat = startSocat(guest, "VSOCK-LISTEN:" + PORT, "PIPE");
    socat.awaitErrorText("listening on", SOON);

    try (SocketChannel channel = host.vsock().openSocketChannel()) {
      channel.connect(VsockAddress.of(guest.cid(), PORT));
      assertSendsBack(channel);
    }
    assertEndsWell(socat);
  }

  @Test
  void socatConnectsFromTheGuestAndSendsBackWhatItGets(@Host Machine host, @Guest(42) Machine guest)
      throws Exception {
    try (Listener listener = Listener.on(host, 1)) {
      GuestProgram socat =
          startSocat(guest, "VSOCK-CONNECT:2:" + listener.address().port(), "PIPE");
      try (SocketChannel channel = listener.accept()) {
        assertSendsBack(channel);
      }
      assertEndsWell(socat);
    }
  }

  private static GuestProgram startSocat(Machine guest, String one, String two) throws IOException {
    GuestPrograms programs = guest.as(GuestPrograms.class).orElseThrow();
    programs.putProgram(Path.of(SOCAT), SOCAT);
    return programs.start(SOCAT, "-d", "-d", "-t", LINGER, one, two);
  }

  private void assertSendsBack(SocketChannel channel) throws Exception {
    Task<String> received = crew.start("reader", () -> TestStream.read(channel, TOTAL_BYTES));
    String sent = stream.write(channel, TOTAL_BYTES, WRITE_BYTES);
    channel.shutdownOutput();
    assertEquals(sent, received.await());
  }

  private static void assertEndsWell(GuestProgram socat) throws IOException {
    assertEquals(new GuestProgram.Exit(0, 0), socat.waitFor(SOON), socat::errorText);
  }
}
