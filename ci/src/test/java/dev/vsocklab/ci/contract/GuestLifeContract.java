package dev.vsocklab.ci.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.Errno;
import dev.vsocklab.Machine;
import dev.vsocklab.VsockFailure;
import dev.vsocklab.VsockNoRouteException;
import dev.vsocklab.VsockSocketOptions;
import dev.vsocklab.VsockTimeoutException;
import dev.vsocklab.ci.contract.Crew.Task;
import dev.vsocklab.junit.Guest;
import dev.vsocklab.junit.Host;
import dev.vsocklab.qemu.GuestPower;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the host's Java code sees when its guest is reset, paused or killed. */
abstract class GuestLifeContract {
  private static final Duration SOON = Duration.ofMinutes(2);
  private static final int CREDIT_BYTES = 262_144;
  private static final int WRITE_BYTES = 4096;
  private static final long TRANSFER_BYTES = 8L * 1024 * 1024;

  private final Crew crew = new Crew(Duration.ofMinutes(15));
  private final TestStream stream = new TestStream(4);

  @AfterEach
  void endThreads() throws InterruptedException {
    crew.end();
  }

  @Test
  void aRebootResetsWhatTheHostHadAndTheGuestCanBeReachedAgain(
      @Host Machine host, @Guest(42) Machine guest) throws Exception {
    try (Connection ends = Connection.between(guest, host);
        Connection other = Connection.between(host, guest)) {
      Task<IOException> blocked = crew.start("reader", () -> readUntilItFails(ends.connected()));
      power(guest).reboot();

      assertErrno(Set.of(Errno.ECONNRESET), blocked.await());
      assertErrno(Set.of(Errno.ECONNRESET), readUntilItFails(other.accepted()));
      assertErrno(Set.of(Errno.EPIPE, Errno.ECONNRESET), writeUntilItFails(ends.connected()));
      assertThrows(IOException.class, () -> ends.accepted().read(ByteBuffer.allocate(1)));
    }
    assertRoundTrips(host, guest);
  }

  @Test
  void aPausedGuestHoldsATransferUpAndLosesNothing(@Host Machine host, @Guest(42) Machine guest)
      throws Exception {
    Progress written = new Progress();
    try (Connection ends = Connection.between(guest, host);
        Listener listener = Listener.on(guest, 1)) {
      Task<String> writer = crew.start("writer", () -> writeCounted(ends.connected(), written));
      Task<String> reader =
          crew.start("reader", () -> TestStream.read(ends.accepted(), TRANSFER_BYTES));
      written.await(2 * CREDIT_BYTES, SOON);
      power(guest).pause();
      try {
        try (SocketChannel channel = host.vsock().openSocketChannel()) {
          channel.setOption(VsockSocketOptions.CONNECT_TIMEOUT, Duration.ofMillis(300));
          assertThrows(VsockTimeoutException.class, () -> channel.connect(listener.address()));
        }
        assertTrue(written.get() < TRANSFER_BYTES, "a paused guest takes nothing");
      } finally {
        power(guest).resume();
      }
      assertEquals(writer.await(), reader.await());
    }
    assertRoundTrips(host, guest);
  }

  @Test
  void aKilledGuestResetsATransferAndIsGone(
      @Host Machine host, @Guest(value = 42, fresh = true) Machine guest) throws Exception {
    Progress written = new Progress();
    try (Connection ends = Connection.between(guest, host);
        Connection other = Connection.between(host, guest);
        Listener listener = Listener.on(guest, 1)) {
      Task<IOException> reader = crew.start("reader", () -> readUntilItFails(other.accepted()));
      Task<IOException> writer =
          crew.start(
              "writer",
              () -> assertThrows(IOException.class, () -> writeForever(ends.connected(), written)));
      Task<IOException> guestReader =
          crew.start(
              "guest reader",
              () ->
                  assertThrows(
                      IOException.class, () -> TestStream.read(ends.accepted(), Long.MAX_VALUE)));
      written.await(2 * CREDIT_BYTES, SOON);
      power(guest).kill();

      assertErrno(Set.of(Errno.EPIPE, Errno.ECONNRESET), writer.await());
      assertErrno(Set.of(Errno.ECONNRESET), reader.await());
      guestReader.await();
      try (SocketChannel channel = host.vsock().openSocketChannel()) {
        assertThrows(VsockNoRouteException.class, () -> channel.connect(listener.address()));
      }
    }
  }

  @Test
  void theNextTestGetsALiveGuest(@Host Machine host, @Guest(42) Machine guest) throws Exception {
    assertRoundTrips(host, guest);
  }

  private static GuestPower power(Machine guest) {
    return guest.as(GuestPower.class).orElseThrow();
  }

  private void assertRoundTrips(Machine host, Machine guest) throws IOException {
    for (Direction direction : Direction.values()) {
      try (Connection ends =
          Connection.between(direction.listener(host, guest), direction.connector(host, guest))) {
        String sent = stream.write(ends.connected(), 1000, 1000);
        assertEquals(sent, TestStream.read(ends.accepted(), 1000));
        assertEquals(
            stream.write(ends.accepted(), 500, 500), TestStream.read(ends.connected(), 500));
      }
    }
  }

  private String writeCounted(SocketChannel channel, Progress written) throws IOException {
    while (written.get() < TRANSFER_BYTES) {
      writeOnce(channel, written);
    }
    return stream.hash(TRANSFER_BYTES);
  }

  private void writeForever(SocketChannel channel, Progress written) throws IOException {
    while (true) {
      writeOnce(channel, written);
    }
  }

  private void writeOnce(SocketChannel channel, Progress written) throws IOException {
    ByteBuffer piece = stream.slice(written.get(), WRITE_BYTES);
    while (piece.hasRemaining()) {
      channel.write(piece);
    }
    written.advance(WRITE_BYTES);
  }

  private static IOException readUntilItFails(SocketChannel channel) {
    return assertThrows(
        IOException.class,
        () -> {
          int count = channel.read(ByteBuffer.allocate(64 * 1024));
          while (count >= 0) {
            count = channel.read(ByteBuffer.allocate(64 * 1024));
          }
        },
        "the stream ended as if the peer had closed it");
  }

  private IOException writeUntilItFails(SocketChannel channel) {
    Progress written = new Progress();
    return assertThrows(IOException.class, () -> writeForever(channel, written));
  }

  private static void assertErrno(Set<Errno> expected, IOException e) {
    if (e instanceof VsockFailure failure) {
      assertTrue(expected.contains(failure.errno()), () -> "not one of " + expected + ": " + e);
    } else {
      throw new AssertionError("An exception without errno", e);
    }
  }
}
