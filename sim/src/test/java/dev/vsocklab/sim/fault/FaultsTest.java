package dev.vsocklab.sim.fault;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.Errno;
import dev.vsocklab.Machine;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockChannel;
import dev.vsocklab.VsockFailure;
import dev.vsocklab.VsockSocketOptions;
import dev.vsocklab.fault.BrokenPeer;
import dev.vsocklab.fault.Fault;
import dev.vsocklab.fault.Faults;
import dev.vsocklab.fault.HeaderField;
import dev.vsocklab.fault.InjectedFault;
import dev.vsocklab.fault.PacketOp;
import dev.vsocklab.fault.Virtqueue;
import dev.vsocklab.sim.SimBackend;
import dev.vsocklab.spi.BackendLab;
import dev.vsocklab.spi.LabRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What each fault does to two simulated machines, seen through the JDK's channels. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class FaultsTest {
  private static final VsockAddress SERVER = VsockAddress.host(7000);

  private BackendLab lab;
  private Machine host;
  private Machine guest;
  private ServerSocketChannel server;

  @BeforeEach
  void open() throws IOException {
    lab =
        new SimBackend()
            .open(
                new LabRequest("faults", "6.12", List.of(new LabRequest.GuestRequest(42, false))));
    host = lab.host();
    guest = lab.guest(42);
    server = host.vsock().openServerSocketChannel();
    server.bind(VsockAddress.any(7000));
  }

  @AfterEach
  void close() throws IOException {
    lab.close();
  }

  /** The guest's end and the host's. */
  private record Pair(SocketChannel agent, SocketChannel accepted) {}

  private Pair connect() throws IOException {
    SocketChannel agent = guest.vsock().openSocketChannel();
    agent.connect(SERVER);
    SocketChannel accepted = server.accept();
    accepted.setOption(VsockSocketOptions.RECEIVE_TIMEOUT, Duration.ofSeconds(20));
    agent.setOption(VsockSocketOptions.RECEIVE_TIMEOUT, Duration.ofSeconds(20));
    return new Pair(agent, accepted);
  }

  private static String read(SocketChannel channel, int bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(bytes);
    while (buffer.hasRemaining() && channel.read(buffer) >= 0) {}
    return new String(buffer.array(), 0, buffer.position(), UTF_8);
  }

  private static void write(SocketChannel channel, String text) throws IOException {
    ByteBuffer bytes = UTF_8.encode(text);
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private static Errno errno(IOException failure) {
    return ((VsockFailure) failure).errno();
  }

  /** What can be written without anybody reading. */
  private static int fill(SocketChannel channel) throws IOException {
    channel.configureBlocking(false);
    int total = 0;
    int written = 1;
    while (written > 0) {
      written = channel.write(ByteBuffer.allocate(10_000));
      total += written;
    }
    channel.configureBlocking(true);
    return total;
  }

  @Test
  void packetsWithDifferentDelaysComeInOrder() throws IOException {
    Pair pair = connect();
    try (InjectedFault fault =
        lab.inject(Faults.delay(Duration.ofMillis(1), Duration.ofMillis(20)).from(guest))) {
      for (int i = 0; i < 10; i++) {
        write(pair.agent(), String.valueOf(i));
      }
      assertEquals("0123456789", read(pair.accepted(), 10));
      assertEquals(10, fault.hits());
    }
  }

  @Test
  void whatIsDelayedIsNotThereYetAndComesWhenTheFaultEnds() throws IOException {
    Pair pair = connect();
    try (InjectedFault fault = lab.inject(Faults.delay(Duration.ofHours(1)).from(guest))) {
      write(pair.agent(), "late");
      pair.accepted().configureBlocking(false);
      assertEquals(0, pair.accepted().read(ByteBuffer.allocate(1)));
      pair.accepted().configureBlocking(true);
      assertEquals(1, fault.hits());
    }
    assertEquals("late", read(pair.accepted(), 4));
  }

  @Test
  void onlyCreditIsDelayedAndDataIsNot() throws IOException {
    Pair pair = connect();
    try (InjectedFault fault =
        lab.inject(Faults.delay(Duration.ofHours(1)).from(host).only(PacketOp.CREDIT_UPDATE))) {
      int room = fill(pair.agent());
      read(pair.accepted(), room);
      assertEquals(0, fill(pair.agent()));
      assertTrue(fault.hits() > 0);
    }
    assertTrue(fill(pair.agent()) > 0, "the credit that was held back is told at the end");
  }

  @Test
  void dataGoesThroughAtAPace() throws IOException {
    Pair pair = connect();
    try (InjectedFault fault = lab.inject(Faults.bandwidth(1_000_000).from(guest))) {
      write(pair.agent(), "x".repeat(1000));
      write(pair.agent(), "y".repeat(1000));
      assertEquals("x".repeat(1000) + "y".repeat(1000), read(pair.accepted(), 2000));
      assertEquals(2, fault.hits());
    }
  }

  @Test
  void aStalledTxQueueKeepsWhatTheGuestSendsAndLetsTheHostsThrough() throws IOException {
    Pair pair = connect();
    try (InjectedFault fault = lab.inject(Faults.stalled(Virtqueue.TX).on(guest))) {
      write(pair.agent(), "late");
      write(pair.accepted(), "early");
      assertEquals("early", read(pair.agent(), 5));
      pair.accepted().configureBlocking(false);
      assertEquals(0, pair.accepted().read(ByteBuffer.allocate(1)));
      pair.accepted().configureBlocking(true);
      assertTrue(fault.hits() > 0);
    }
    assertEquals("late", read(pair.accepted(), 4));
  }

  @Test
  void withBothQueuesStalledNeitherEndHearsOfTheOther() throws IOException {
    Pair pair = connect();
    InjectedFault fault = lab.inject(Faults.stalled(Virtqueue.BOTH).on(guest));
    write(pair.agent(), "to the host");
    write(pair.accepted(), "to the guest");
    pair.agent().configureBlocking(false);
    pair.accepted().configureBlocking(false);
    assertEquals(0, pair.accepted().read(ByteBuffer.allocate(1)));
    assertEquals(0, pair.agent().read(ByteBuffer.allocate(1)));
    pair.agent().configureBlocking(true);
    pair.accepted().configureBlocking(true);
    fault.close();
    assertEquals("to the host", read(pair.accepted(), 11));
    assertEquals("to the guest", read(pair.agent(), 12));
  }

  @Test
  void aConnectToAPausedGuestTimesOutAndDataWaitsForItToGoOn() throws IOException {
    Pair pair = connect();
    try (InjectedFault fault = lab.inject(Faults.paused().on(guest))) {
      write(pair.accepted(), "wake up");
      SocketChannel caller = host.vsock().openSocketChannel();
      caller.setOption(VsockSocketOptions.CONNECT_TIMEOUT, Duration.ofMillis(40));
      assertThrows(SocketTimeoutException.class, () -> caller.connect(VsockAddress.of(42, 7000)));
      assertEquals(2, fault.hits());
    }
    assertEquals("wake up", read(pair.agent(), 7));
  }

  @Test
  void aConnectionIsResetAtExactlyTheByte() throws IOException {
    try (InjectedFault fault = lab.inject(Faults.resetAtByte(5).from(guest))) {
      Pair pair = connect();
      write(pair.agent(), "abc");
      write(pair.agent(), "defgh");
      assertEquals("abcde", read(pair.accepted(), 100), "data, then the end, as Linux has it");
      IOException broken = assertThrows(IOException.class, () -> write(pair.agent(), "more"));
      assertEquals(Errno.EPIPE, errno(broken));
      assertEquals(1, fault.hits());
    }
  }

  @Test
  void aConnectionIsResetWhereItsSecondDataPacketWouldArrive() throws IOException {
    Pair pair = connect();
    try (InjectedFault fault = lab.inject(Faults.resetAt(PacketOp.RW).from(guest).after(1))) {
      write(pair.agent(), "abc");
      write(pair.agent(), "def");
      assertEquals("abc", read(pair.accepted(), 100));
      assertEquals(1, fault.hits());
    }
  }

  @Test
  void aConnectIsRefusedAsOftenAsWasSaidAndTheMessageNamesTheFault() throws IOException {
    try (InjectedFault fault = lab.inject(Faults.refused().to(host).port(7000).times(1))) {
      IOException refused = assertThrows(ConnectException.class, this::connect);
      assertEquals(Errno.ECONNRESET, errno(refused));
      assertTrue(String.valueOf(refused.getMessage()).contains("a fault of this lab"));
      Pair pair = connect();
      write(pair.agent(), "at last");
      assertEquals("at last", read(pair.accepted(), 7));
      assertEquals(1, fault.hits());
    }
  }

  @Test
  void withheldCreditStopsTheWriterUntilTheFaultEnds() throws Exception {
    Pair pair = connect();
    InjectedFault fault = lab.inject(Faults.creditWithheld().from(host));
    int room = fill(pair.agent());
    assertEquals(256 * 1024, room);
    read(pair.accepted(), room);
    assertEquals(0, fill(pair.agent()), "the reader has read all, and the writer does not know");
    CompletableFuture<Void> writer =
        CompletableFuture.runAsync(
            () -> {
              try {
                write(pair.agent(), "go on");
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    fault.close();
    assertEquals("go on", read(pair.accepted(), 5));
    writer.get(20, TimeUnit.SECONDS);
  }

  @Test
  void drippedCreditLetsTheWriterGoOnInSteps() throws IOException {
    Pair pair = connect();
    try (InjectedFault fault =
        lab.inject(Faults.creditDripped(100, Duration.ofMillis(1)).from(host))) {
      int room = fill(pair.agent());
      read(pair.accepted(), room);
      write(pair.agent(), "x".repeat(1000));
      assertEquals("x".repeat(1000), read(pair.accepted(), 1000));
      assertTrue(fault.hits() > 0);
    }
  }

  @Test
  void aBufferThatIsSmallerThanWhatIsInFlightLetsNothingMoreOut() throws IOException {
    Pair pair = connect();
    write(pair.agent(), "x".repeat(5000));
    try (InjectedFault fault = lab.inject(Faults.bufferShrunk(4096).from(host))) {
      write(pair.accepted(), "!");
      read(pair.agent(), 1);
      assertEquals(0, fill(pair.agent()));
      assertTrue(fault.hits() > 0);
    }
    assertEquals(256 * 1024 - 5000, fill(pair.agent()));
  }

  @Test
  void countersWrapInTheMiddleOfAConnection() throws IOException {
    try (InjectedFault fault = lab.inject(Faults.countersNearWrap(1000))) {
      Pair pair = connect();
      for (int i = 0; i < 100; i++) {
        write(pair.agent(), "x".repeat(10_000));
        assertEquals("x".repeat(10_000), read(pair.accepted(), 10_000));
      }
      assertEquals(256 * 1024, fill(pair.agent()));
      assertTrue(fault.hits() > 0);
    }
  }

  @Test
  void readsAndWritesAreCutShortAndNothingIsLost() throws IOException {
    Pair pair = connect();
    try (InjectedFault reads = lab.inject(Faults.shortReads(3));
        InjectedFault writes = lab.inject(Faults.shortWrites(4).from(guest))) {
      assertTrue(pair.agent().write(UTF_8.encode("0123456789")) < 10);
      ByteBuffer some = ByteBuffer.allocate(10);
      assertTrue(pair.accepted().read(some) <= 3);
      write(pair.accepted(), "answer");
      assertEquals("answer", read(pair.agent(), 6));
      assertTrue(reads.hits() > 0 && writes.hits() > 0);
    }
  }

  @Test
  void aCrashedGuestIsGoneAndComesBackEmpty() throws IOException {
    Pair pair = connect();
    write(pair.agent(), "last words");
    try (InjectedFault fault = lab.inject(Faults.crash().on(guest))) {
      assertEquals(1, fault.hits());
      assertEquals("last words", read(pair.accepted(), 10));
      IOException gone =
          assertThrows(IOException.class, () -> pair.accepted().read(ByteBuffer.allocate(1)));
      assertEquals(Errno.ECONNRESET, errno(gone));
      assertThrows(IOException.class, () -> pair.agent().write(ByteBuffer.allocate(1)));
    }
    Pair again = connect();
    write(again.agent(), "hello");
    assertEquals("hello", read(again.accepted(), 5));
  }

  @Test
  void aProcessThatDiesLeavesItsPeersTheEndAndItsListenersRefuse() throws IOException {
    Pair pair = connect();
    lab.inject(Faults.processDeath().on(host));
    assertEquals(-1, pair.agent().read(ByteBuffer.allocate(1)));
    assertThrows(ConnectException.class, this::connect);
    server = host.vsock().openServerSocketChannel();
    server.bind(VsockAddress.any(7000));
    assertEquals("up", echo(connect()));
  }

  private static String echo(Pair pair) throws IOException {
    write(pair.agent(), "up");
    return read(pair.accepted(), 2);
  }

  @Test
  void aTransportResetEndsConnectionsAndMovesTheGuest() throws IOException {
    Pair pair = connect();
    lab.inject(Faults.transportReset(77).on(guest));
    assertEquals(77, guest.cid());
    assertThrows(IOException.class, () -> pair.agent().read(ByteBuffer.allocate(1)));
    assertThrows(IOException.class, () -> pair.accepted().read(ByteBuffer.allocate(1)));
  }

  @Test
  void aLostResetEventLeavesTheGuestInTheDarkUntilItSends() throws IOException {
    Pair pair = connect();
    lab.inject(Faults.lostTransportReset().on(guest));
    IOException gone =
        assertThrows(IOException.class, () -> pair.accepted().read(ByteBuffer.allocate(1)));
    assertEquals(Errno.ECONNRESET, errno(gone));
    pair.agent().configureBlocking(false);
    assertEquals(0, pair.agent().read(ByteBuffer.allocate(1)));
    pair.agent().configureBlocking(true);
    write(pair.agent(), "anybody there?"); // answered with RST
    assertEquals(-1, pair.agent().read(ByteBuffer.allocate(1)));
  }

  @Test
  void aLateResetEventReachesTheGuestInTheEnd() throws IOException {
    Pair pair = connect();
    lab.inject(Faults.lateTransportReset(Duration.ofMillis(5)).on(guest));
    IOException gone =
        assertThrows(IOException.class, () -> pair.agent().read(ByteBuffer.allocate(1)));
    Errno errno = errno(gone); // the first if it waited already, the other if it came later
    assertTrue(errno == Errno.ECONNRESET || errno == Errno.ENOTCONN, errno::toString);
  }

  @Test
  void aBrokenDeviceLosesRepeatsAndMixesUpPackets() throws IOException {
    Pair pair = connect();
    assertEquals("ac", through(pair, BrokenPeer.drop().after(1).times(1), "a", "b", "c"));
    assertEquals("abbc", through(pair, BrokenPeer.duplicate().after(1).times(1), "a", "b", "c"));
    assertEquals("acb", through(pair, BrokenPeer.reorder().after(1).times(1), "a", "b", "c"));
    assertTrue(lab.report().toString().contains("a broken peer was simulated"));
  }

  private String through(Pair pair, Fault fault, String... packets) throws IOException {
    try (InjectedFault injected = lab.inject(fault.from(guest).only(PacketOp.RW))) {
      for (String packet : packets) {
        write(pair.agent(), packet);
      }
      assertEquals(1, injected.hits());
    }
    ByteBuffer all = ByteBuffer.allocate(100);
    pair.accepted().read(all);
    return new String(all.array(), 0, all.position(), UTF_8);
  }

  @Test
  void aCorruptHeaderEndsAConnectAsAProtocolError() throws IOException {
    try (InjectedFault fault =
        lab.inject(BrokenPeer.corrupt(HeaderField.OP, 5).only(PacketOp.RESPONSE))) {
      IOException failed = assertThrows(IOException.class, this::connect);
      assertEquals(Errno.EPROTO, errno(failed));
      assertEquals(1, fault.hits());
    }
  }

  @Test
  void lyingCreditLetsMoreOutThanThereIsRoomFor() throws IOException {
    Pair pair = connect();
    pair.agent().setOption(VsockSocketOptions.BUFFER_SIZE, 256L * 1024);
    try (InjectedFault fault = lab.inject(BrokenPeer.lyingCredit(1000).from(host))) {
      write(pair.accepted(), "!");
      assertTrue(fault.hits() > 0);
      assertEquals("!", read(pair.agent(), 1));
    }
  }

  @Test
  void theFirstRuleThatTakesAPacketWins() throws IOException {
    Pair pair = connect();
    try (InjectedFault first = lab.inject(Faults.resetAt(PacketOp.RW).from(guest).times(1));
        InjectedFault second = lab.inject(BrokenPeer.drop().from(guest).only(PacketOp.RW))) {
      write(pair.agent(), "a");
      assertEquals(1, first.hits());
      assertEquals(0, second.hits());
    }
  }

  @Test
  void aFaultIsForTheConnectionThatItNames() throws IOException {
    Pair struck = connect();
    Pair spared = connect();
    VsockAddress end = (VsockAddress) struck.agent().getLocalAddress();
    try (InjectedFault fault =
        lab.inject(Faults.resetAtByte(0).between(VsockAddress.of(42, end.port()), SERVER))) {
      write(struck.agent(), "a");
      write(spared.agent(), "b");
      assertEquals(-1, struck.accepted().read(ByteBuffer.allocate(1)));
      assertEquals("b", read(spared.accepted(), 1));
      assertEquals(1, fault.hits());
    }
  }

  @Test
  void whatAFaultDidIsInTheReport() throws IOException {
    Pair pair = connect();
    InjectedFault idle = lab.inject(Faults.refused().port(9999));
    InjectedFault fault = lab.inject(Faults.resetAt(PacketOp.RW).from(guest));
    write(pair.agent(), "a");
    fault.close();
    String report = lab.report().get(0).text();
    assertTrue(report.contains("the peer's program dies at this step"), report);
    assertTrue(report.contains("1 time\n  first at"), report);
    assertTrue(report.contains("did nothing"), report);
    assertEquals(0, idle.hits());
  }

  @Test
  void aFaultOfOneMachineMustNameOneOfThisLab() {
    IllegalArgumentException none =
        assertThrows(IllegalArgumentException.class, () -> lab.inject(Faults.crash()));
    assertTrue(String.valueOf(none.getMessage()).contains("[2, 42]"));
    IllegalArgumentException notGuest =
        assertThrows(IllegalArgumentException.class, () -> lab.inject(Faults.crash().on(host)));
    assertTrue(String.valueOf(notGuest.getMessage()).contains("strikes a guest"));
  }

  @Test
  void unreadableBytesStayCountable() throws IOException {
    Pair pair = connect();
    write(pair.agent(), "abc");
    assertEquals(3, ((VsockChannel) pair.accepted()).peek(ByteBuffer.allocate(9)));
    assertFalse(lab.report().isEmpty());
  }
}
