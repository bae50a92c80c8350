package dev.vsocklab.contract;

import static dev.vsocklab.contract.Pair.bytes;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NoConnectionPendingException;
import java.nio.channels.NotYetBoundException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnsupportedAddressTypeException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The contract of {@link SocketChannel} and {@link ServerSocketChannel}. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
public abstract class ChannelContract {

  /** An address of a kind that no channel knows. */
  private static final class OtherAddress extends SocketAddress {
    private static final long serialVersionUID = 1L;
  }

  /** The network to test. */
  protected abstract ContractNet net();

  // -- States --

  @Test
  void unconnectedChannelRefusesWhatNeedsAConnection() throws IOException {
    try (SocketChannel channel = net().channel()) {
      ByteBuffer one = ByteBuffer.allocate(1);
      assertThrows(NotYetConnectedException.class, () -> channel.read(one));
      assertThrows(NotYetConnectedException.class, () -> channel.write(one));
      assertThrows(NotYetConnectedException.class, () -> channel.read(new ByteBuffer[] {one}));
      assertThrows(NotYetConnectedException.class, () -> channel.write(new ByteBuffer[] {one}));
      assertThrows(NotYetConnectedException.class, channel::shutdownInput);
      assertThrows(NotYetConnectedException.class, channel::shutdownOutput);
      assertThrows(NoConnectionPendingException.class, channel::finishConnect);
      assertFalse(channel.isConnected());
      assertFalse(channel.isConnectionPending());
      assertTrue(channel.isOpen());
      assertTrue(channel.isBlocking());
      assertNull(channel.getLocalAddress());
      assertNull(channel.getRemoteAddress());
    }
  }

  @Test
  void connectedChannelKnowsItsState() throws IOException {
    try (ServerSocketChannel listener = net().listener().bind(net().anyPort());
        SocketChannel near = net().channel()) {
      SocketAddress to = Pair.addressOf(net(), listener);
      assertTrue(near.connect(to));
      try (SocketChannel far = listener.accept()) {
        assertTrue(near.isConnected());
        assertFalse(near.isConnectionPending());
        assertEquals(to, near.getRemoteAddress());
        assertNotNull(near.getLocalAddress());
        assertTrue(near.finishConnect());
        assertTrue(far.isConnected());
        assertTrue(far.isBlocking());
        assertNotNull(far.getRemoteAddress());
        assertThrows(AlreadyConnectedException.class, () -> near.connect(to));
        assertThrows(AlreadyConnectedException.class, () -> far.connect(to));
        assertThrows(AlreadyBoundException.class, () -> near.bind(null));
        assertTrue(near.isOpen());
      }
    }
  }

  @Test
  void boundChannelCannotBeBoundAgain() throws IOException {
    try (SocketChannel channel = net().channel()) {
      channel.bind(null);
      assertNotNull(channel.getLocalAddress());
      assertThrows(AlreadyBoundException.class, () -> channel.bind(null));
    }
  }

  @Test
  void listenerIsBoundOnceAndBeforeItAccepts() throws IOException {
    try (ServerSocketChannel listener = net().listener()) {
      assertNull(listener.getLocalAddress());
      assertThrows(NotYetBoundException.class, listener::accept);
      listener.bind(null);
      assertNotNull(listener.getLocalAddress());
      assertThrows(AlreadyBoundException.class, () -> listener.bind(null));
    }
  }

  @Test
  void foreignAndMissingAddressesAreRefused() throws IOException {
    try (SocketChannel channel = net().channel();
        ServerSocketChannel listener = net().listener()) {
      SocketAddress other = new OtherAddress();
      assertThrows(UnsupportedAddressTypeException.class, () -> channel.connect(other));
      assertThrows(UnsupportedAddressTypeException.class, () -> channel.bind(other));
      assertThrows(UnsupportedAddressTypeException.class, () -> listener.bind(other));
      assertThrows(NullPointerException.class, () -> channel.connect(null));
      assertTrue(channel.isOpen());
    }
  }

  @Test
  void closedChannelSaysSoOnEveryCall() throws IOException {
    Pair pair = Pair.on(net());
    pair.close();
    SocketChannel channel = pair.near();
    ByteBuffer one = ByteBuffer.allocate(1);
    assertThrows(ClosedChannelException.class, () -> channel.read(one));
    assertThrows(ClosedChannelException.class, () -> channel.write(one));
    assertThrows(ClosedChannelException.class, () -> channel.read(new ByteBuffer[] {one}));
    assertThrows(ClosedChannelException.class, () -> channel.write(new ByteBuffer[] {one}));
    assertThrows(ClosedChannelException.class, () -> channel.connect(net().nobody()));
    assertThrows(ClosedChannelException.class, channel::finishConnect);
    assertThrows(ClosedChannelException.class, () -> channel.bind(null));
    assertThrows(ClosedChannelException.class, channel::shutdownInput);
    assertThrows(ClosedChannelException.class, channel::shutdownOutput);
    assertThrows(ClosedChannelException.class, channel::getLocalAddress);
    assertThrows(ClosedChannelException.class, channel::getRemoteAddress);
    assertThrows(ClosedChannelException.class, () -> channel.configureBlocking(false));
    assertThrows(
        ClosedChannelException.class,
        () -> channel.setOption(StandardSocketOptions.SO_RCVBUF, 4096));
    assertThrows(
        ClosedChannelException.class, () -> channel.getOption(StandardSocketOptions.SO_RCVBUF));
    assertFalse(channel.isConnected());
    assertFalse(channel.isOpen());
    channel.close();
  }

  @Test
  void closedListenerSaysSoOnEveryCall() throws IOException {
    ServerSocketChannel listener = net().listener().bind(null);
    listener.close();
    assertThrows(ClosedChannelException.class, listener::accept);
    assertThrows(ClosedChannelException.class, () -> listener.bind(null));
    assertThrows(ClosedChannelException.class, listener::getLocalAddress);
    assertThrows(ClosedChannelException.class, () -> listener.configureBlocking(false));
    assertThrows(
        ClosedChannelException.class,
        () -> listener.setOption(StandardSocketOptions.SO_RCVBUF, 4096));
  }

  @Test
  void unknownOptionsAndNullsAreRefused() throws IOException {
    try (SocketChannel channel = net().channel()) {
      assertThrows(NullPointerException.class, () -> channel.setOption(null, 1));
      assertThrows(NullPointerException.class, () -> channel.getOption(null));
      assertThrows(
          UnsupportedOperationException.class,
          () -> channel.setOption(StandardSocketOptions.IP_MULTICAST_TTL, 1));
      assertThrows(
          UnsupportedOperationException.class,
          () -> channel.getOption(StandardSocketOptions.IP_MULTICAST_TTL));
      assertThrows(
          IllegalArgumentException.class,
          () -> channel.setOption(StandardSocketOptions.SO_RCVBUF, null));
      assertTrue(channel.supportedOptions().contains(StandardSocketOptions.SO_RCVBUF));
      assertSame(channel, channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true));
      assertTrue(channel.getOption(StandardSocketOptions.SO_KEEPALIVE));
    }
  }

  @Test
  void lingerIsKept() throws IOException {
    try (SocketChannel channel = net().channel()) {
      assertEquals(-1, channel.getOption(StandardSocketOptions.SO_LINGER));
      channel.setOption(StandardSocketOptions.SO_LINGER, 3);
      assertEquals(3, channel.getOption(StandardSocketOptions.SO_LINGER));
      channel.setOption(StandardSocketOptions.SO_LINGER, -1);
      assertEquals(-1, channel.getOption(StandardSocketOptions.SO_LINGER));
    }
  }

  // -- Connecting --

  @Test
  void refusedConnectThrowsAndClosesTheChannel() throws IOException {
    SocketChannel channel = net().channel();
    assertThrows(ConnectException.class, () -> channel.connect(net().nobody()));
    assertFalse(channel.isOpen());
    assertFalse(channel.isConnected());
  }

  @Test
  void refusedNonBlockingConnectThrowsInFinishConnectAndNeverReportsTrue() throws IOException {
    SocketChannel channel = net().channel();
    channel.configureBlocking(false);
    assertThrows(
        ConnectException.class,
        () -> {
          boolean connected = channel.connect(net().nobody());
          while (!connected) {
            connected = channel.finishConnect();
            Thread.onSpinWait();
          }
        });
    assertFalse(channel.isOpen());
    assertFalse(channel.isConnected());
    assertFalse(channel.isConnectionPending());
  }

  @Test
  void nonBlockingConnectIsFinishedByFinishConnect() throws IOException {
    try (ServerSocketChannel listener = net().listener().bind(net().anyPort());
        SocketChannel channel = net().channel()) {
      channel.configureBlocking(false);
      boolean connected = channel.connect(Pair.addressOf(net(), listener));
      assertEquals(!connected, channel.isConnectionPending());
      while (!connected) {
        connected = channel.finishConnect();
        Thread.onSpinWait();
      }
      assertTrue(channel.isConnected());
      assertFalse(channel.isConnectionPending());
      assertNotNull(channel.getLocalAddress());
      listener.accept().close();
    }
  }

  @Test
  void finishConnectInBlockingModeWaitsForTheAnswer() throws IOException {
    try (ServerSocketChannel listener = net().listener().bind(net().anyPort());
        SocketChannel channel = net().channel()) {
      channel.configureBlocking(false);
      boolean connected = channel.connect(Pair.addressOf(net(), listener));
      channel.configureBlocking(true);
      assertTrue(connected || channel.finishConnect());
      assertTrue(channel.isConnected());
    }
  }

  // -- Reading and writing --

  @Test
  void bytesCrossInOrder() throws IOException {
    try (Pair pair = Pair.on(net())) {
      assertEquals(5, pair.near().write(bytes("hello")));
      assertEquals("hello", Pair.read(pair.far(), 5));
      assertEquals(5, pair.far().write(bytes("world")));
      assertEquals("world", Pair.read(pair.near(), 5));
    }
  }

  @Test
  void directBuffersAndSlicesKeepTheirPositions() throws IOException {
    try (Pair pair = Pair.on(net())) {
      ByteBuffer src = ByteBuffer.allocateDirect(10).put(bytes("0123456789")).position(2).limit(5);
      assertEquals(3, pair.near().write(src));
      assertEquals(5, src.position());
      ByteBuffer dst = ByteBuffer.allocateDirect(10).position(4);
      while (dst.position() < 7) {
        assertTrue(pair.far().read(dst) > 0);
      }
      assertEquals(bytes("234"), dst.flip().position(4));
    }
  }

  @Test
  void emptyBuffersReadAndWriteNothing() throws IOException {
    try (Pair pair = Pair.on(net())) {
      assertEquals(0, pair.near().read(ByteBuffer.allocate(0)));
      assertEquals(0, pair.near().write(ByteBuffer.allocate(0)));
      assertEquals(0, pair.near().read(new ByteBuffer[0]));
      assertEquals(0, pair.near().write(new ByteBuffer[0]));
      assertEquals(0, pair.near().write(new ByteBuffer[] {bytes(""), bytes("")}));
      pair.near().configureBlocking(false);
      assertEquals(0, pair.near().read(ByteBuffer.allocate(0)));
      assertEquals(0, pair.near().write(ByteBuffer.allocate(0)));
    }
  }

  @Test
  void readOnlyBufferCannotBeReadInto() throws IOException {
    try (Pair pair = Pair.on(net())) {
      ByteBuffer readOnly = ByteBuffer.allocate(1).asReadOnlyBuffer();
      assertThrows(IllegalArgumentException.class, () -> pair.near().read(readOnly));
      pair.near().write(ByteBuffer.allocate(1).asReadOnlyBuffer());
      assertEquals(1, Pair.read(pair.far(), 1).length());
    }
  }

  @Test
  void nonBlockingCallsReturnAtOnce() throws IOException {
    try (Pair pair = Pair.on(net());
        ServerSocketChannel listener = net().listener().bind(net().anyPort())) {
      pair.near().configureBlocking(false);
      assertEquals(0, pair.near().read(ByteBuffer.allocate(8)));
      assertEquals(0, pair.near().read(new ByteBuffer[] {ByteBuffer.allocate(8)}));
      listener.configureBlocking(false);
      assertNull(listener.accept());
    }
  }

  @Test
  void nonBlockingWriterIsStoppedByAReaderThatStopsAndGoesOnAfterIt() throws IOException {
    try (Pair pair = Pair.on(net())) {
      pair.near().configureBlocking(false);
      long filled = Pair.fill(pair.near());
      assertTrue(filled > 0);
      long read = 0;
      ByteBuffer dst = ByteBuffer.allocate(64 * 1024);
      while (read < filled) {
        read += pair.far().read(dst.clear());
      }
      assertEquals(filled, read);
      Pair.writeOnceThereIsRoom(pair.near(), ByteBuffer.allocate(8));
    }
  }

  @Test
  void blockingWriteWritesEverything() throws Exception {
    byte[] sent = new byte[3_000_000];
    new Random(7).nextBytes(sent);
    try (Pair pair = Pair.on(net())) {
      ByteBuffer src = ByteBuffer.wrap(sent);
      Background<Integer> writer = Background.run(() -> pair.near().write(src));
      ByteBuffer dst = ByteBuffer.allocate(sent.length);
      while (dst.hasRemaining()) {
        assertTrue(pair.far().read(dst) > 0);
      }
      assertEquals(sent.length, writer.result());
      assertArrayEquals(sent, dst.array());
    }
  }

  @Test
  void gatheringWriteAndScatteringReadKeepTheOrder() throws Exception {
    byte[] middle = new byte[300_000];
    new Random(8).nextBytes(middle);
    try (Pair pair = Pair.on(net())) {
      ByteBuffer[] srcs = {
        bytes("skipped"), bytes("ab"), bytes(""), ByteBuffer.wrap(middle), bytes("c"), bytes("de")
      };
      Background<Long> writer = Background.run(() -> pair.near().write(srcs, 1, 5));
      ByteBuffer[] dsts = {
        ByteBuffer.allocate(1), ByteBuffer.allocate(0), ByteBuffer.allocate(300_004)
      };
      long total = 0;
      while (total < 300_005) {
        long n = pair.far().read(dsts);
        assertTrue(n > 0);
        total += n;
      }
      assertEquals(300_005, writer.result());
      assertEquals(7, srcs[0].remaining());
      for (int i = 1; i < srcs.length; i++) {
        assertFalse(srcs[i].hasRemaining());
      }
      assertEquals('a', dsts[0].get(0));
      assertEquals('b', dsts[2].get(0));
      assertEquals(ByteBuffer.wrap(middle), dsts[2].slice(1, 300_000));
      assertEquals(bytes("cde"), dsts[2].slice(300_001, 3));
    }
  }

  @Test
  void nonBlockingGatheringWriteMovesPositionsByWhatWentOut() throws Exception {
    try (Pair pair = Pair.on(net())) {
      pair.near().configureBlocking(false);
      long total = 0;
      long n;
      ByteBuffer[] srcs;
      do {
        srcs =
            new ByteBuffer[] {
              ByteBuffer.allocate(700), ByteBuffer.allocate(3), ByteBuffer.allocate(70_000)
            };
        n = pair.near().write(srcs);
        total += n;
      } while (n == 70_703);
      long left = (long) srcs[0].remaining() + srcs[1].remaining() + srcs[2].remaining();
      assertEquals(70_703 - n, left);
      pair.near().shutdownOutput();
      long read = 0;
      ByteBuffer dst = ByteBuffer.allocate(64 * 1024);
      for (int got = 0; got >= 0; got = pair.far().read(dst.clear())) {
        read += got;
      }
      assertEquals(total, read);
    }
  }

  @Test
  void wrongRangesOfBuffersAreRefused() throws IOException {
    try (Pair pair = Pair.on(net())) {
      ByteBuffer[] one = {ByteBuffer.allocate(1)};
      assertThrows(IndexOutOfBoundsException.class, () -> pair.near().read(one, 1, 1));
      assertThrows(IndexOutOfBoundsException.class, () -> pair.near().write(one, 0, 2));
      assertThrows(NullPointerException.class, () -> pair.near().read((ByteBuffer) null));
      assertThrows(NullPointerException.class, () -> pair.near().write((ByteBuffer) null));
    }
  }

  @Test
  void aBlockedReaderDoesNotStopAWriter() throws Exception {
    try (Pair pair = Pair.on(net())) {
      Background<String> reader = Background.waiting("read", () -> Pair.read(pair.near(), 4));
      assertEquals(4, pair.near().write(bytes("ping")));
      assertEquals("ping", Pair.read(pair.far(), 4));
      pair.far().write(bytes("pong"));
      assertEquals("pong", reader.result());
    }
  }

  // -- Ending one direction --

  @Test
  void shutdownOutputEndsThePeersStreamAndThisWriter() throws IOException {
    try (Pair pair = Pair.on(net())) {
      pair.near().write(bytes("last"));
      assertSame(pair.near(), pair.near().shutdownOutput());
      pair.near().shutdownOutput();
      assertEquals("last", Pair.read(pair.far(), 100));
      assertEquals(-1, pair.far().read(ByteBuffer.allocate(1)));
      assertThrows(ClosedChannelException.class, () -> pair.near().write(bytes("x")));
      assertThrows(ClosedChannelException.class, () -> pair.near().write(bytes("")));
      assertTrue(pair.near().isOpen());
      pair.far().write(bytes("answer"));
      assertEquals("answer", Pair.read(pair.near(), 6));
    }
  }

  @Test
  void shutdownInputEndsThisReader() throws IOException {
    try (Pair pair = Pair.on(net())) {
      assertSame(pair.near(), pair.near().shutdownInput());
      pair.near().shutdownInput();
      assertEquals(-1, pair.near().read(ByteBuffer.allocate(1)));
      assertEquals(-1, pair.near().read(ByteBuffer.allocate(0)));
      assertEquals(-1, pair.near().read(new ByteBuffer[] {ByteBuffer.allocate(1)}));
      pair.near().configureBlocking(false);
      assertEquals(-1, pair.near().read(ByteBuffer.allocate(1)));
    }
  }

  @Test
  void shutdownInputWakesABlockedReaderWithTheEndOfTheStream() throws Exception {
    try (Pair pair = Pair.on(net())) {
      Background<Integer> reader =
          Background.waiting("read", () -> pair.near().read(ByteBuffer.allocate(1)));
      pair.near().shutdownInput();
      assertEquals(-1, reader.result());
    }
  }

  @Test
  void shutdownOutputWakesABlockedWriter() throws Exception {
    try (Pair pair = Pair.on(net())) {
      Background<Object> writer = blockedWriter(pair.near());
      pair.near().shutdownOutput();
      assertInstanceOf(ClosedChannelException.class, writer.failure());
    }
  }

  @Test
  void connectionWhosePeerLeftBeforeItWasAcceptedIsAcceptedAtItsEnd() throws IOException {
    try (ServerSocketChannel listener = net().listener().bind(net().anyPort())) {
      SocketChannel near = net().channel();
      near.connect(Pair.addressOf(net(), listener));
      near.close();
      try (SocketChannel far = listener.accept()) {
        assertNotNull(far.getRemoteAddress());
        assertEquals(-1, far.read(ByteBuffer.allocate(1)));
      }
    }
  }

  @Test
  void peersCloseIsTheEndOfTheStreamAfterItsData() throws IOException {
    try (Pair pair = Pair.on(net())) {
      pair.far().write(bytes("bye"));
      pair.far().close();
      assertEquals("bye", Pair.read(pair.near(), 100));
      assertEquals(-1, pair.near().read(ByteBuffer.allocate(1)));
    }
  }

  // -- Closing and interrupting while a call waits --

  /** Writes until it waits, and then on: how much TCP takes before it does is not certain. */
  private static Background<Object> blockedWriter(SocketChannel channel) {
    return Background.waiting(
        "write",
        () -> {
          ByteBuffer chunk = ByteBuffer.allocate(1 << 20);
          while (true) {
            channel.write(chunk.clear());
          }
        });
  }

  @Test
  void closeWakesABlockedReader() throws Exception {
    try (Pair pair = Pair.on(net())) {
      Background<Integer> reader =
          Background.waiting("read", () -> pair.near().read(ByteBuffer.allocate(1)));
      pair.near().close();
      assertSame(AsynchronousCloseException.class, reader.failure().getClass());
    }
  }

  @Test
  void closeWakesABlockedWriter() throws Exception {
    try (Pair pair = Pair.on(net())) {
      Background<Object> writer = blockedWriter(pair.near());
      pair.near().close();
      assertInstanceOf(ClosedChannelException.class, writer.failure());
    }
  }

  @Test
  void closeWakesABlockedAccept() throws Exception {
    ServerSocketChannel listener = net().listener().bind(net().anyPort());
    Background<SocketChannel> accepter = Background.waiting("accept", listener::accept);
    listener.close();
    assertSame(AsynchronousCloseException.class, accepter.failure().getClass());
  }

  @Test
  void interruptClosesTheChannelOfABlockedReader() throws Exception {
    try (Pair pair = Pair.on(net())) {
      Background<Boolean> reader =
          Background.waiting(
              "read",
              () -> {
                assertThrows(
                    ClosedByInterruptException.class,
                    () -> pair.near().read(ByteBuffer.allocate(1)));
                return Thread.currentThread().isInterrupted();
              });
      reader.interrupt();
      assertTrue(reader.result(), "the interrupt status is kept");
      assertFalse(pair.near().isOpen());
    }
  }

  @Test
  void interruptClosesTheChannelOfABlockedWriter() throws Exception {
    try (Pair pair = Pair.on(net())) {
      Background<Object> writer = blockedWriter(pair.near());
      writer.interrupt();
      assertInstanceOf(ClosedByInterruptException.class, writer.failure());
      assertFalse(pair.near().isOpen());
    }
  }

  @Test
  void interruptClosesTheListenerOfABlockedAccept() throws Exception {
    try (ServerSocketChannel listener = net().listener().bind(net().anyPort())) {
      Background<SocketChannel> accepter = Background.waiting("accept", listener::accept);
      accepter.interrupt();
      assertInstanceOf(ClosedByInterruptException.class, accepter.failure());
      assertFalse(listener.isOpen());
    }
  }

  @Test
  void interruptedThreadsBlockingCallsCloseTheChannelEvenIfTheyNeedNotWait() throws Exception {
    try (Pair pair = Pair.on(net());
        Pair other = Pair.on(net())) {
      pair.far().write(bytes("there"));
      Background<Boolean> interrupted =
          Background.run(
              () -> {
                Thread.currentThread().interrupt();
                assertThrows(
                    ClosedByInterruptException.class,
                    () -> pair.near().read(ByteBuffer.allocate(1)));
                assertThrows(
                    ClosedByInterruptException.class, () -> other.near().write(bytes("x")));
                return Thread.currentThread().isInterrupted();
              });
      assertTrue(interrupted.result());
      assertFalse(pair.near().isOpen());
      assertFalse(other.near().isOpen());
    }
  }

  @Test
  void interruptedThreadsNonBlockingCallsGoOn() throws Exception {
    try (Pair pair = Pair.on(net())) {
      pair.near().configureBlocking(false);
      Background<Integer> interrupted =
          Background.run(
              () -> {
                Thread.currentThread().interrupt();
                return pair.near().write(bytes("x")) + pair.near().read(ByteBuffer.allocate(1));
              });
      assertEquals(1, interrupted.result());
      assertTrue(pair.near().isOpen());
    }
  }

  @Test
  void configureBlockingWaitsForTheReaderThatBlocks() throws Exception {
    try (Pair pair = Pair.on(net())) {
      Background<Integer> reader =
          Background.waiting("read", () -> pair.near().read(ByteBuffer.allocate(1)));
      Background<Object> changer =
          Background.waiting("configureBlocking", () -> pair.near().configureBlocking(false));
      assertFalse(reader.isDone());
      pair.far().write(bytes("x"));
      assertEquals(1, reader.result());
      changer.result();
      assertFalse(pair.near().isBlocking());
      assertEquals(0, pair.near().read(ByteBuffer.allocate(1)));
    }
  }
}
