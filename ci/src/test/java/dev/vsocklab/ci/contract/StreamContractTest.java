package dev.vsocklab.ci.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.Errno;
import dev.vsocklab.Machine;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockCapability;
import dev.vsocklab.VsockConnectException;
import dev.vsocklab.VsockFailure;
import dev.vsocklab.VsockSocketOptions;
import dev.vsocklab.ci.contract.Crew.Task;
import dev.vsocklab.junit.Guest;
import dev.vsocklab.junit.Host;
import dev.vsocklab.junit.VsockTest;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What a stream socket does, whichever backend plays which end. */
@VsockTest
@Tag("contract")
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class StreamContractTest {
  /** Linux's default receive buffer, and so the first window. */
  private static final int CREDIT_BYTES = 262_144;

  /**
   * Where both ends are real, it sends less, so that the class takes a quarter of a minute. The
   * part vhost-more asks for all.
   */
  private static final boolean WHOLE = Boolean.getBoolean("vsocklab.contract.whole");

  private static final int KIB = 1024;
  private static final int MIB = 1024 * KIB;

  private static final long SIMULATED_BULK_BYTES = 100L * MIB;

  /** A real guest is emulated, and its sockets are driven from outside. */
  private static final long REAL_BULK_BYTES = 16L * MIB;

  /**
   * Where both ends are real, one is emulated by an emulated machine. More than a window: the rest
   * is credit renewed.
   */
  private static final long BOTH_REAL_BULK_BYTES =
      WHOLE ? 2L * MIB : CREDIT_BYTES + CREDIT_BYTES / 4;

  private static final long SIMULATED_SINGLE_BYTES = 256L * KIB;

  /** Each byte is a packet, and a call to the guest's agent and back. */
  private static final long REAL_SINGLE_BYTES = 16L * KIB;

  /** Where both ends are real, such a call goes through the host at either end. */
  private static final long BOTH_REAL_SINGLE_BYTES = WHOLE ? 256 : 32;

  private static final int CONNECTIONS = 100;

  /** Each takes a dozen calls, and a real guest on a real host answers a hundred in a second. */
  private static final int BOTH_REAL_CONNECTIONS = WHOLE ? CONNECTIONS : 32;

  private static final int PIECE_BYTES = 4 * KIB;
  private static final int BOTH_REAL_PIECE_BYTES = WHOLE ? PIECE_BYTES : 32 * KIB;

  /** Long past anything that is still going to happen. */
  private static final Duration SOON = Duration.ofMinutes(1);

  private final Crew crew = new Crew(Duration.ofMinutes(4));
  private final TestStream there = new TestStream(1);
  private final TestStream back = new TestStream(2);

  @AfterEach
  void endThreads() throws InterruptedException {
    crew.end();
  }

  @ParameterizedTest
  @EnumSource
  void whatIsSentComesBack(Direction direction, @Host Machine host, @Guest(42) Machine guest)
      throws Exception {
    try (Listener listener = Listener.on(direction.listener(host, guest), 1)) {
      Task<Void> echo = crew.start("echo", () -> echoOneConnection(listener));
      try (SocketChannel channel = direction.connector(host, guest).vsock().openSocketChannel()) {
        channel.connect(listener.address());
        assertEcho(channel, "hello".getBytes(StandardCharsets.UTF_8));
        assertEcho(channel, new byte[] {0});
        assertEcho(channel, new byte[100_000]);
      }
      echo.await();
    }
  }

  static Stream<Arguments> directionsAndWriteSizes() {
    return Stream.of(Direction.values())
        .flatMap(
            direction ->
                Stream.of(1, 4 * KIB, 64 * KIB, MIB)
                    .map(writeBytes -> Arguments.of(direction, writeBytes)));
  }

  @ParameterizedTest
  @MethodSource("directionsAndWriteSizes")
  void bulkBothWaysAtOnceArrivesAsSent(
      Direction direction, int writeBytes, @Host Machine host, @Guest(42) Machine guest)
      throws Exception {
    long totalBytes = bulkBytes(writeBytes, host, guest);
    try (Connection ends = connection(direction, host, guest)) {
      Task<String> received =
          crew.start("accepted reads", () -> TestStream.read(ends.accepted(), totalBytes));
      Task<String> receivedBack =
          crew.start("connected reads", () -> TestStream.read(ends.connected(), totalBytes));
      Task<String> sent =
          crew.start(
              "connected writes", () -> there.write(ends.connected(), totalBytes, writeBytes));
      Task<String> sentBack =
          crew.start("accepted writes", () -> back.write(ends.accepted(), totalBytes, writeBytes));

      assertEquals(sent.await(), received.await());
      assertEquals(sentBack.await(), receivedBack.await());
      assertNotEquals(sent.await(), sentBack.await(), "the two ways carry different bytes");
    }
  }

  @ParameterizedTest
  @EnumSource
  void manyConnectionsAtATimeToOnePort(
      Direction direction, @Host Machine host, @Guest(42) Machine guest) throws Exception {
    int count = realEnds(host, guest) == 2 ? BOTH_REAL_CONNECTIONS : CONNECTIONS;
    Machine connector = direction.connector(host, guest);
    try (Listener listener = Listener.on(direction.listener(host, guest), count)) {
      List<Task<SocketChannel>> connecting = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        connecting.add(crew.start("connect " + i, () -> connect(connector, listener.address())));
      }
      List<SocketChannel> accepted = new ArrayList<>();
      List<SocketChannel> connected = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        accepted.add(listener.accept());
        connected.add(connecting.get(i).await());
      }

      // All are open now, and used at the same time. Each carries its own port there and back.
      atOnce(connected, channel -> write(channel, portBytes(channel.getLocalAddress())));
      Set<Long> ports = ConcurrentHashMap.newKeySet();
      atOnce(
          accepted,
          channel -> {
            ByteBuffer port = read(channel, Long.BYTES);
            assertEquals(portBytes(channel.getRemoteAddress()), port);
            ports.add(port.getLong(0));
            write(channel, port);
          });
      assertEquals(count, ports.size(), "each connection has a port of its own");
      atOnce(
          connected,
          channel -> assertEquals(portBytes(channel.getLocalAddress()), read(channel, Long.BYTES)));
      atOnce(connected, SocketChannel::close);
      atOnce(accepted, SocketChannel::close);
    }
  }

  private interface Use {
    void of(SocketChannel channel) throws IOException;
  }

  private void atOnce(List<SocketChannel> channels, Use use) throws Exception {
    List<Task<Void>> tasks = new ArrayList<>();
    for (SocketChannel channel : channels) {
      tasks.add(
          crew.start(
              "use of " + channel,
              () -> {
                use.of(channel);
                return null;
              }));
    }
    for (Task<Void> task : tasks) {
      task.await();
    }
  }

  @ParameterizedTest
  @EnumSource
  void theConnectorEndsWritingAndGoesOnReading(
      Direction direction, @Host Machine host, @Guest(42) Machine guest) throws Exception {
    try (Connection ends = connection(direction, host, guest)) {
      assertHalfClose(ends.connected(), ends.accepted());
    }
  }

  @ParameterizedTest
  @EnumSource
  void theAcceptorEndsWritingAndGoesOnReading(
      Direction direction, @Host Machine host, @Guest(42) Machine guest) throws Exception {
    try (Connection ends = connection(direction, host, guest)) {
      assertHalfClose(ends.accepted(), ends.connected());
    }
  }

  @ParameterizedTest
  @EnumSource
  void writingToAnEndThatReadsNoMoreGivesEpipe(
      Direction direction, @Host Machine host, @Guest(42) Machine guest) throws Exception {
    try (Connection ends = connection(direction, host, guest)) {
      ends.accepted().shutdownInput();

      IOException e = assertThrows(IOException.class, () -> writeUntilItFails(ends.connected()));
      assertErrno(Errno.EPIPE, e);
      write(ends.accepted(), there.slice(0, 3));
      assertEquals(there.slice(0, 3), read(ends.connected(), 3), "the other way still works");
    }
  }

  @ParameterizedTest
  @EnumSource
  void connectToAPortThatNobodyHasIsReset(
      Direction direction, @Host Machine host, @Guest(42) Machine guest) throws Exception {
    Listener closed = Listener.on(direction.listener(host, guest), 1);
    closed.close();

    assertConnectIsReset(direction.connector(host, guest), closed.address());
  }

  @ParameterizedTest
  @EnumSource
  void connectToAPortThatIsBoundButDoesNotListenIsReset(
      Direction direction, @Host Machine host, @Guest(42) Machine guest) throws Exception {
    Machine bound = direction.listener(host, guest);
    try (SocketChannel channel = bound.vsock().openSocketChannel()) {
      channel.bind(VsockAddress.any(VsockAddress.PORT_ANY));
      long port = ((VsockAddress) channel.getLocalAddress()).port();

      assertConnectIsReset(direction.connector(host, guest), VsockAddress.of(bound.cid(), port));
    }
  }

  @ParameterizedTest
  @EnumSource
  void oneConnectionMoreThanTheBacklogFitsAndTheNextIsReset(
      Direction direction, @Host Machine host, @Guest(42) Machine guest) throws Exception {
    int backlog = 3;
    Machine connector = direction.connector(host, guest);
    List<SocketChannel> channels = new ArrayList<>();
    try (Listener listener = Listener.on(direction.listener(host, guest), backlog)) {
      for (int i = 0; i < backlog + 1; i++) {
        channels.add(connect(connector, listener.address()));
      }
      assertConnectIsReset(connector, listener.address());

      channels.add(listener.accept());
      channels.add(connect(connector, listener.address()));
      assertConnectIsReset(connector, listener.address());
    }
    for (SocketChannel channel : channels) {
      channel.close();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aNonBlockingWriterTakesExactlyTheCreditAndGoesOnAfterARead(
      Direction direction, @Host Machine host, @Guest(42) Machine guest) throws Exception {
    try (Connection ends = connection(direction, host, guest)) {
      assertTakesExactlyTheCredit(
          direction.connector(host, guest), ends.connected(), ends.accepted());
      assertTakesExactlyTheCredit(
          direction.listener(host, guest), ends.accepted(), ends.connected());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aBlockingWriterBlocksAtExactlyTheCreditAndGoesOnAfterARead(
      Direction direction, @Host Machine host, @Guest(42) Machine guest) throws Exception {
    int writeBytes = pieceBytes(host, guest);
    int totalBytes = 2 * CREDIT_BYTES;
    Progress begun = new Progress();
    Progress done = new Progress();
    try (Connection ends = connection(direction, host, guest);
        Connection other = connection(direction, host, guest)) {
      Task<Void> writer =
          crew.start(
              "writer",
              () -> {
                while (done.get() < totalBytes) {
                  ByteBuffer piece = there.slice(done.get(), writeBytes);
                  begun.advance(writeBytes);
                  write(ends.connected(), piece);
                  done.advance(writeBytes);
                }
                return null;
              });
      begun.await(CREDIT_BYTES + writeBytes, SOON);
      // Whatever the blocked write could have sent would have arrived before this does.
      assertRoundTrip(other.connected(), other.accepted());
      assertEquals(CREDIT_BYTES, done.get(), "bytes written before the reader read");

      assertEquals(there.hash(totalBytes), TestStream.read(ends.accepted(), totalBytes));
      writer.await();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aBlockedWriterWhosePeerIsKilledGetsEpipe(
      Direction direction, @Host Machine host, @Guest(42) Machine guest) throws Exception {
    int writeBytes = pieceBytes(host, guest);
    Progress done = new Progress();
    try (Connection ends = connection(direction, host, guest)) {
      Task<IOException> writer =
          crew.start(
              "writer",
              () ->
                  assertThrows(
                      IOException.class,
                      () -> {
                        while (true) {
                          write(ends.connected(), there.slice(done.get(), writeBytes));
                          done.advance(writeBytes);
                        }
                      }));
      done.await(CREDIT_BYTES, SOON);
      ends.accepted().close(); // what the kernel does to the sockets of a killed process

      assertErrno(Errno.EPIPE, writer.await());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aReaderWhosePeerIsKilledReadsWhatWasSentAndThenTheEnd(
      Direction direction, @Host Machine host, @Guest(42) Machine guest) throws Exception {
    int sentBytes = 200 * KIB; // less than the credit: nobody has to read for it to be sent
    try (Connection ends = connection(direction, host, guest)) {
      write(ends.connected(), there.slice(0, sentBytes));
      ends.connected().close();

      assertEquals(there.hash(sentBytes), TestStream.read(ends.accepted(), sentBytes));
      assertEndOfStream(ends.accepted());
      assertEndOfStream(ends.accepted());
    }
  }

  @Test
  void automaticPortsAreDistinctAndAbove1023(@Host Machine host, @Guest(42) Machine guest)
      throws IOException {
    for (Machine machine : List.of(host, guest)) {
      try (Listener one = Listener.on(machine, 1);
          Listener two = Listener.on(machine, 1)) {
        assertTrue(one.address().port() > 1023, one.address()::toString);
        assertTrue(two.address().port() > 1023, two.address()::toString);
        assertNotEquals(one.address(), two.address());
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aConnectorHasAnAutomaticPortAndBothEndsAgreeOnTheAddresses(
      Direction direction, @Host Machine host, @Guest(42) Machine guest) throws IOException {
    Machine connector = direction.connector(host, guest);
    try (Listener listener = Listener.on(direction.listener(host, guest), 1);
        Connection ends = listener.connectFrom(connector)) {
      VsockAddress local = (VsockAddress) ends.connected().getLocalAddress();
      assertEquals(VsockAddress.any(local.port()), local, "Linux binds it to any CID");
      assertTrue(local.port() > 1023, local::toString);
      assertEquals(listener.address(), ends.connected().getRemoteAddress());
      assertEquals(
          VsockAddress.of(connector.cid(), local.port()), ends.accepted().getRemoteAddress());
      assertEquals(listener.address(), ends.accepted().getLocalAddress());
    }
  }

  private static Connection connection(Direction direction, Machine host, Machine guest)
      throws IOException {
    return Connection.between(direction.listener(host, guest), direction.connector(host, guest));
  }

  private static SocketChannel connect(Machine machine, VsockAddress address) throws IOException {
    SocketChannel channel = machine.vsock().openSocketChannel();
    // Not Linux's two seconds: a hundred of them take an emulated machine longer, if others are
    // busy.
    channel.setOption(VsockSocketOptions.CONNECT_TIMEOUT, SOON);
    channel.connect(address);
    return channel;
  }

  private static long bulkBytes(int writeBytes, Machine... machines) {
    long real = realEnds(machines);
    boolean single = writeBytes == 1;
    if (real == 0) {
      return single ? SIMULATED_SINGLE_BYTES : SIMULATED_BULK_BYTES;
    }
    return real == 1
        ? single ? REAL_SINGLE_BYTES : REAL_BULK_BYTES
        : single ? BOTH_REAL_SINGLE_BYTES : BOTH_REAL_BULK_BYTES;
  }

  /** Divides the credit: a blocking writer stops between two pieces. */
  private static int pieceBytes(Machine host, Machine guest) {
    return realEnds(host, guest) == 2 ? BOTH_REAL_PIECE_BYTES : PIECE_BYTES;
  }

  private static long realEnds(Machine... machines) {
    return Stream.of(machines)
        .filter(machine -> machine.vsock().capabilities().contains(VsockCapability.REAL_KERNEL))
        .count();
  }

  private static @Nullable Void echoOneConnection(Listener listener) throws IOException {
    try (SocketChannel channel = listener.accept()) {
      ByteBuffer buffer = ByteBuffer.allocate(64 * KIB);
      while (channel.read(buffer) >= 0) {
        write(channel, buffer.flip());
        buffer.clear();
      }
    }
    return null;
  }

  private void assertEcho(SocketChannel channel, byte[] message) throws Exception {
    // Written beside the reading: a message may be larger than both ends' buffers.
    Task<Void> writer =
        crew.start(
            "echo writer",
            () -> {
              write(channel, ByteBuffer.wrap(message));
              return null;
            });
    assertEquals(ByteBuffer.wrap(message), read(channel, message.length));
    writer.await();
  }

  private void assertHalfClose(SocketChannel ending, SocketChannel other) throws IOException {
    write(ending, there.slice(0, 1000));
    ending.shutdownOutput();

    assertEquals(there.slice(0, 1000), read(other, 1000));
    assertEndOfStream(other);
    write(other, back.slice(0, 1000));
    assertEquals(back.slice(0, 1000), read(ending, 1000), "the other way still works");
    other.shutdownOutput();
    assertEndOfStream(ending);
  }

  private static void assertConnectIsReset(Machine connector, VsockAddress address)
      throws IOException {
    try (SocketChannel channel = connector.vsock().openSocketChannel()) {
      VsockConnectException e =
          assertThrows(VsockConnectException.class, () -> channel.connect(address));
      assertEquals(Errno.ECONNRESET, e.errno());
      assertEquals(address, e.remoteAddress().orElseThrow());
    }
  }

  private static void assertErrno(Errno expected, IOException e) {
    if (e instanceof VsockFailure failure) {
      assertEquals(expected, failure.errno(), e::toString);
    } else {
      throw new AssertionError("An exception without errno", e);
    }
  }

  private void assertTakesExactlyTheCredit(
      Machine machine, SocketChannel writer, SocketChannel reader) throws Exception {
    int moreBytes = 10_000;
    writer.configureBlocking(false);
    assertEquals(CREDIT_BYTES, writeWhatFits(writer, 0), "bytes written before the reader read");

    assertEquals(there.hash(CREDIT_BYTES), TestStream.read(reader, CREDIT_BYTES));
    try (Selector selector = machine.vsock().openSelector()) {
      writer.register(selector, SelectionKey.OP_WRITE);
      assertEquals(1, selector.select(SOON.toMillis()), "writable after a read");
    }
    writer.configureBlocking(true);
    write(writer, back.slice(0, moreBytes));
    assertEquals(back.slice(0, moreBytes), read(reader, moreBytes));
  }

  private long writeWhatFits(SocketChannel writer, long startPosition) throws IOException {
    long position = startPosition;
    while (true) {
      int count = writer.write(there.slice(position, 100_000)); // no divisor of the credit
      if (count == 0) {
        return position - startPosition;
      }
      position += count;
    }
  }

  private void assertRoundTrip(SocketChannel one, SocketChannel two) throws IOException {
    write(one, there.slice(0, 8));
    assertEquals(there.slice(0, 8), read(two, 8));
    write(two, back.slice(0, 8));
    assertEquals(back.slice(0, 8), read(one, 8));
  }

  private static void assertEndOfStream(SocketChannel channel) throws IOException {
    assertEquals(-1, channel.read(ByteBuffer.allocate(1)), "read at the end of the stream");
  }

  /** The peer's decision takes its time to arrive; credit ends this loop if it never does. */
  private void writeUntilItFails(SocketChannel channel) throws IOException {
    for (int written = 0; written <= CREDIT_BYTES; written++) {
      write(channel, there.slice(written, 1));
    }
  }

  private static void write(SocketChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private static ByteBuffer read(SocketChannel channel, int lengthBytes) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(lengthBytes);
    while (bytes.hasRemaining()) {
      assertTrue(channel.read(bytes) >= 0, () -> "the stream ended after " + bytes.position());
    }
    return bytes.flip();
  }

  private static ByteBuffer portBytes(SocketAddress address) {
    return ByteBuffer.allocate(Long.BYTES).putLong(((VsockAddress) address).port()).flip();
  }
}
