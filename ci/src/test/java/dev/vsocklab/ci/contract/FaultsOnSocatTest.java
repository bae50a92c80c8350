package dev.vsocklab.ci.contract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.Lab;
import dev.vsocklab.Machine;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockSocketOptions;
import dev.vsocklab.fault.Faults;
import dev.vsocklab.fault.InjectedFault;
import dev.vsocklab.fault.PacketOp;
import dev.vsocklab.fault.Virtqueue;
import dev.vsocklab.junit.Guest;
import dev.vsocklab.junit.Host;
import dev.vsocklab.junit.VsockTest;
import dev.vsocklab.qemu.agent.GuestProgram;
import dev.vsocklab.qemu.agent.GuestPrograms;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What faults do to a program that nobody here wrote, in a kernel that nobody here wrote. */
@VsockTest(backends = {"vhost-user:6.1", "vhost-user:6.12"})
@Tag("guest")
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class FaultsOnSocatTest {
  private static final String SOCAT = "/usr/bin/socat";
  private static final String FILE = "/tmp/much";
  private static final int FILE_BYTES = 400_000;
  private static final int DEFAULT_BUFFER_BYTES = 256 * 1024;
  private static final long PORT = 5000;
  private static final Duration SOON = Duration.ofMinutes(1);

  /** Long enough for whatever is on its way, on a slow machine. */
  private static final Duration QUIET = Duration.ofSeconds(3);

  @Test
  void socatStopsWhereItsCreditEndsAndGoesOnWhenItIsTold(
      Lab lab, @Host Machine host, @Guest(42) Machine guest) throws Exception {
    try (Listener listener = Listener.on(host, 1)) {
      InjectedFault fault = lab.inject(Faults.creditWithheld().from(host));
      GuestProgram socat = sendFile(guest, listener);
      try (SocketChannel channel = listener.accept()) {
        assertEquals(DEFAULT_BUFFER_BYTES, readUntilQuiet(channel), "all that was announced");

        fault.close();
        assertEquals(FILE_BYTES - DEFAULT_BUFFER_BYTES, readToTheEnd(channel));
      }
      assertEquals(new GuestProgram.Exit(0, 0), socat.waitFor(SOON), socat::errorText);
      saw("credit withheld, then told", socat);
    }
  }

  @Test
  void socatIsResetInTheMiddleOfItsFile(Lab lab, @Host Machine host, @Guest(42) Machine guest)
      throws Exception {
    try (Listener listener = Listener.on(host, 1);
        InjectedFault fault = lab.inject(Faults.resetAtByte(100_000).from(guest))) {
      GuestProgram socat = sendFile(guest, listener);
      try (SocketChannel channel = listener.accept()) {
        assertEquals(100_000, readToTheEnd(channel), "exactly so much arrives");
      }
      assertEquals(1, socat.waitFor(SOON).code(), socat::errorText);
      String error = socat.errorText();
      assertTrue(
          error.contains("Broken pipe") || error.contains("Connection reset by peer"), error);
      assertEquals(1, fault.hits());
      saw("reset at byte 100000", socat);
    }
  }

  @Test
  void socatCannotConnectWhileItsTxQueueIsStalled(
      Lab lab, @Host Machine host, @Guest(42) Machine guest) throws Exception {
    try (Listener listener = Listener.on(host, 1)) {
      InjectedFault fault = lab.inject(Faults.stalled(Virtqueue.TX).on(guest));
      GuestProgram socat = sendFile(guest, listener);
      assertEquals(1, socat.waitFor(SOON).code(), socat::errorText);
      assertTrue(socat.errorText().contains("Connection timed out"), socat.errorText());
      saw("tx queue stalled", socat);

      fault.close();
      listener.accept().close(); // its REQUEST came late; the guest's kernel answers with RST
      GuestProgram again = sendFile(guest, listener);
      try (SocketChannel channel = listener.accept()) {
        assertEquals(FILE_BYTES, readToTheEnd(channel));
      }
      assertEquals(new GuestProgram.Exit(0, 0), again.waitFor(SOON), again::errorText);
    }
  }

  @Test
  void socatHearsNothingWhileItsRxQueueIsStalledAndLosesNothing(
      Lab lab, @Host Machine host, @Guest(42) Machine guest) throws Exception {
    GuestProgram socat = start(guest, "VSOCK-LISTEN:" + PORT, "PIPE");
    socat.awaitErrorText("listening on", SOON);
    try (SocketChannel channel = host.vsock().openSocketChannel()) {
      channel.connect(VsockAddress.of(guest.cid(), PORT));
      try (InjectedFault fault = lab.inject(Faults.stalled(Virtqueue.RX).on(guest))) {
        channel.write(UTF_8.encode("are you there?"));
        assertEquals(0, readUntilQuiet(channel));
        assertEquals(1, fault.hits());
      }
      assertEquals("are you there?", read(channel, 14));
    }
    assertEquals(new GuestProgram.Exit(0, 0), socat.waitFor(SOON), socat::errorText);
    saw("rx queue stalled, then served", socat);
  }

  @Test
  void socatSleepsWhileItsGuestIsPausedAndLosesNothing(
      Lab lab, @Host Machine host, @Guest(42) Machine guest) throws Exception {
    GuestProgram socat = start(guest, "VSOCK-LISTEN:" + PORT, "PIPE");
    socat.awaitErrorText("listening on", SOON);
    try (SocketChannel channel = host.vsock().openSocketChannel()) {
      channel.connect(VsockAddress.of(guest.cid(), PORT));
      try (InjectedFault fault = lab.inject(Faults.paused().on(guest))) {
        channel.write(UTF_8.encode("good night"));
        assertEquals(0, readUntilQuiet(channel));
        assertEquals(1, fault.hits());
      }
      assertEquals("good night", read(channel, 10));
    }
    assertEquals(new GuestProgram.Exit(0, 0), socat.waitFor(SOON), socat::errorText);
    saw("guest paused, then resumed", socat);
  }

  @Test
  void socatIsResetByItsTransport(Lab lab, @Host Machine host, @Guest(42) Machine guest)
      throws Exception {
    GuestProgram socat = start(guest, "VSOCK-LISTEN:" + PORT, "PIPE");
    socat.awaitErrorText("listening on", SOON);
    try (SocketChannel channel = host.vsock().openSocketChannel()) {
      channel.connect(VsockAddress.of(guest.cid(), PORT));
      channel.write(UTF_8.encode("hello"));
      assertEquals("hello", read(channel, 5));
      lab.inject(Faults.transportReset().on(guest));
      assertThrows(IOException.class, () -> channel.read(ByteBuffer.allocate(1)));
    }
    assertEquals(1, socat.waitFor(SOON).code(), socat::errorText);
    // It was in poll: only a read that sleeps gets ECONNRESET, a later one ENOTCONN.
    assertTrue(
        socat.errorText().contains("Transport endpoint is not connected"), socat.errorText());
    saw("transport reset", socat);
  }

  @Test
  void socatIsRefusedAndDelayedLikeAnybody(Lab lab, @Host Machine host, @Guest(42) Machine guest)
      throws Exception {
    try (Listener listener = Listener.on(host, 1);
        InjectedFault refusal = lab.inject(Faults.refused().from(guest).times(1));
        InjectedFault delay =
            lab.inject(Faults.delay(Duration.ofMillis(20)).from(guest).only(PacketOp.RW))) {
      GuestProgram socat = sendFile(guest, listener);
      assertEquals(1, socat.waitFor(SOON).code(), socat::errorText);
      assertTrue(socat.errorText().contains("Connection reset by peer"), socat.errorText());
      saw("refused", socat);
      GuestProgram again = sendFile(guest, listener);
      try (SocketChannel channel = listener.accept()) {
        assertEquals(FILE_BYTES, readToTheEnd(channel));
      }
      assertEquals(new GuestProgram.Exit(0, 0), again.waitFor(SOON), again::errorText);
      assertEquals(1, refusal.hits());
      assertTrue(delay.hits() > 0);
    }
  }

  private static GuestProgram sendFile(Machine guest, Listener listener) throws IOException {
    GuestPrograms programs = guest.as(GuestPrograms.class).orElseThrow();
    programs.makeFolder("/tmp");
    programs.putText("x".repeat(FILE_BYTES), FILE);
    return start(guest, "-u", "OPEN:" + FILE, "VSOCK-CONNECT:2:" + listener.address().port());
  }

  private static GuestProgram start(Machine guest, String... arguments) throws IOException {
    GuestPrograms programs = guest.as(GuestPrograms.class).orElseThrow();
    programs.putProgram(Path.of(SOCAT), SOCAT);
    String[] command = new String[arguments.length + 3];
    command[0] = SOCAT;
    command[1] = "-d";
    command[2] = "-d";
    System.arraycopy(arguments, 0, command, 3, arguments.length);
    return programs.start(command);
  }

  private static int readUntilQuiet(SocketChannel channel) throws IOException {
    channel.setOption(VsockSocketOptions.RECEIVE_TIMEOUT, QUIET);
    int total = 0;
    try {
      total += readToTheEnd(channel);
    } catch (SocketTimeoutException e) {
      total += e.bytesTransferred;
    }
    channel.setOption(VsockSocketOptions.RECEIVE_TIMEOUT, Duration.ZERO);
    return total;
  }

  /** Bytes up to the end; what was read before a timeout stands in the exception. */
  private static int readToTheEnd(SocketChannel channel) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);
    int total = 0;
    try {
      int count = channel.read(buffer);
      while (count >= 0) {
        total += count;
        count = channel.read(buffer.clear());
      }
      return total;
    } catch (SocketTimeoutException e) {
      e.bytesTransferred = total;
      throw e;
    }
  }

  private static String read(SocketChannel channel, int bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(bytes);
    int count = 0;
    while (buffer.hasRemaining() && count >= 0) {
      count = channel.read(buffer);
    }
    return new String(buffer.array(), 0, buffer.position(), UTF_8);
  }

  /** For whoever reads the log: the program's own last words. */
  private static void saw(String fault, GuestProgram socat) {
    String words =
        socat
            .errorText()
            .lines()
            .filter(line -> line.contains(" E ") || line.contains(" exit"))
            .map(line -> line.replaceFirst("^.*socat\\[\\d+\\] ", ""))
            .collect(Collectors.joining("; "));
    System.out.println("socat, " + fault + ": " + words);
  }
}
