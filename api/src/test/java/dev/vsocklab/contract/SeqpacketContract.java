package dev.vsocklab.contract;

import static dev.vsocklab.contract.MessagePair.CREDIT_BYTES;
import static dev.vsocklab.contract.Pair.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.Errno;
import dev.vsocklab.SeqpacketChannel;
import dev.vsocklab.SeqpacketChannel.Message;
import dev.vsocklab.SeqpacketServerChannel;
import dev.vsocklab.VsockBindException;
import dev.vsocklab.VsockConnectException;
import dev.vsocklab.VsockSocketException;
import dev.vsocklab.VsockSocketOptions;
import dev.vsocklab.VsockTimeoutException;
import java.io.IOException;
import java.net.InetSocketAddress;
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
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnsupportedAddressTypeException;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The contract of {@link SeqpacketChannel} and {@link SeqpacketServerChannel}: what the JDK
 * promises of channels, and what Linux makes of messages.
 */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
public abstract class SeqpacketContract {
  private static final Duration SHORT = Duration.ofMillis(50);

  /** The network to test. */
  protected abstract VsockNet net();

  /** What a message gives that is too long: ENOMEM before Linux 6.4. */
  protected Errno errnoOfTooLong() {
    return Errno.EMSGSIZE;
  }

  /** Whether the reader's kernel peeks at messages: not before Linux 6.6. */
  protected boolean peeksAtMessages() {
    return true;
  }

  // -- States --

  @Test
  void unconnectedChannelRefusesWhatNeedsAConnection() throws IOException {
    try (SeqpacketChannel channel = net().seqpacketChannel()) {
      ByteBuffer one = ByteBuffer.allocate(1);
      assertThrows(NotYetConnectedException.class, () -> channel.read(one));
      assertThrows(NotYetConnectedException.class, () -> channel.receive(one));
      assertThrows(NotYetConnectedException.class, () -> channel.peek(one));
      assertThrows(NotYetConnectedException.class, () -> channel.write(one));
      assertThrows(NotYetConnectedException.class, channel::unreadBytes);
      assertThrows(NotYetConnectedException.class, channel::shutdownInput);
      assertThrows(NotYetConnectedException.class, channel::shutdownOutput);
      assertThrows(NoConnectionPendingException.class, channel::finishConnect);
      assertFalse(channel.isConnected());
      assertFalse(channel.isConnectionPending());
      assertTrue(channel.isBlocking());
      assertNull(channel.getLocalAddress());
      assertNull(channel.getRemoteAddress());
      channel.bind(null);
      assertNotNull(channel.getLocalAddress());
      assertThrows(AlreadyBoundException.class, () -> channel.bind(null));
    }
  }

  @Test
  void connectedChannelKnowsItsState() throws IOException {
    try (SeqpacketServerChannel listener = net().seqpacketListener().bind(net().anyPort());
        SeqpacketChannel near = net().seqpacketChannel()) {
      SocketAddress to = MessagePair.addressOf(net(), listener);
      assertTrue(near.connect(to));
      try (SeqpacketChannel far = Objects.requireNonNull(listener.accept())) {
        assertTrue(near.isConnected());
        assertTrue(near.finishConnect());
        assertEquals(to, near.getRemoteAddress());
        assertNotNull(near.getLocalAddress());
        assertTrue(far.isConnected());
        assertTrue(far.isBlocking());
        assertNotNull(far.getRemoteAddress());
        assertThrows(AlreadyConnectedException.class, () -> near.connect(to));
      }
    }
  }

  @Test
  void closedChannelsSaySoOnEveryCall() throws IOException {
    MessagePair pair = MessagePair.on(net());
    pair.close();
    SeqpacketChannel channel = pair.near();
    ByteBuffer one = ByteBuffer.allocate(1);
    assertThrows(ClosedChannelException.class, () -> channel.read(one));
    assertThrows(ClosedChannelException.class, () -> channel.receive(one));
    assertThrows(ClosedChannelException.class, () -> channel.peek(one));
    assertThrows(ClosedChannelException.class, () -> channel.write(one));
    assertThrows(ClosedChannelException.class, () -> channel.write(one, true));
    assertThrows(ClosedChannelException.class, channel::unreadBytes);
    assertThrows(ClosedChannelException.class, channel::finishConnect);
    assertThrows(ClosedChannelException.class, channel::getRemoteAddress);
    assertThrows(ClosedChannelException.class, () -> channel.configureBlocking(false));
    assertFalse(channel.isConnected());
    SeqpacketServerChannel listener = net().seqpacketListener().bind(null);
    listener.close();
    assertThrows(ClosedChannelException.class, listener::accept);
    assertThrows(ClosedChannelException.class, () -> listener.bind(null));
    assertThrows(ClosedChannelException.class, listener::getLocalAddress);
  }

  @Test
  void listenerIsBoundOnceAndBeforeItAccepts() throws IOException {
    try (SeqpacketServerChannel listener = net().seqpacketListener()) {
      assertNull(listener.getLocalAddress());
      assertThrows(NotYetBoundException.class, listener::accept);
      assertSame(listener, listener.bind(null));
      assertNotNull(listener.getLocalAddress());
      assertThrows(AlreadyBoundException.class, () -> listener.bind(null));
      listener.configureBlocking(false);
      assertNull(listener.accept());
    }
  }

  @Test
  void portIsSharedWithStreamSockets() throws IOException {
    try (SeqpacketServerChannel messages = net().seqpacketListener().bind(net().anyPort());
        ServerSocketChannel stream = net().listener()) {
      SocketAddress taken = messages.getLocalAddress();
      assertThrows(VsockBindException.class, () -> stream.bind(taken));
    }
  }

  @Test
  void listenerRefusesTheOtherType() throws IOException {
    try (SeqpacketServerChannel messages = net().seqpacketListener().bind(net().anyPort());
        ServerSocketChannel stream = net().listener().bind(net().anyPort())) {
      SeqpacketChannel toStream = net().seqpacketChannel();
      SocketAddress streams = Pair.addressOf(net(), stream);
      assertThrows(VsockConnectException.class, () -> toStream.connect(streams));
      assertFalse(toStream.isOpen());
      SocketChannel toMessages = net().channel();
      SocketAddress ofMessages = MessagePair.addressOf(net(), messages);
      assertThrows(VsockConnectException.class, () -> toMessages.connect(ofMessages));
    }
  }

  @Test
  void nonBlockingConnectIsFinishedOrRefusedByFinishConnect() throws IOException {
    try (SeqpacketServerChannel listener = net().seqpacketListener().bind(net().anyPort());
        SeqpacketChannel channel = net().seqpacketChannel();
        SeqpacketChannel refused = net().seqpacketChannel()) {
      channel.configureBlocking(false);
      finish(channel, MessagePair.addressOf(net(), listener));
      assertTrue(channel.isConnected());
      assertFalse(channel.isConnectionPending());
      refused.configureBlocking(false);
      assertThrows(VsockConnectException.class, () -> finish(refused, net().nobody()));
      assertFalse(refused.isOpen());
    }
  }

  private static void finish(SeqpacketChannel channel, SocketAddress to) throws IOException {
    boolean connected = channel.connect(to);
    assertEquals(!connected, channel.isConnectionPending());
    while (!connected) {
      connected = channel.finishConnect();
      Thread.onSpinWait();
    }
  }

  @Test
  void optionsAreKeptAndUnknownOnesRefused() throws IOException {
    try (SeqpacketChannel channel = net().seqpacketChannel();
        SeqpacketServerChannel listener = net().seqpacketListener()) {
      assertSame(channel, channel.setOption(VsockSocketOptions.BUFFER_SIZE, 8192L));
      assertEquals(8192L, channel.getOption(VsockSocketOptions.BUFFER_SIZE));
      listener.setOption(VsockSocketOptions.BUFFER_SIZE, 8192L);
      assertEquals(8192L, listener.getOption(VsockSocketOptions.BUFFER_SIZE));
      Duration second = Duration.ofSeconds(1);
      channel.setOption(VsockSocketOptions.CONNECT_TIMEOUT, second);
      assertEquals(second, channel.getOption(VsockSocketOptions.CONNECT_TIMEOUT));
      assertTrue(channel.supportedOptions().contains(StandardSocketOptions.SO_LINGER));
      assertThrows(
          UnsupportedOperationException.class,
          () -> channel.setOption(StandardSocketOptions.TCP_NODELAY, true));
      assertThrows(
          UnsupportedOperationException.class,
          () -> listener.getOption(StandardSocketOptions.TCP_NODELAY));
    }
  }

  // -- Messages --

  @Test
  void oneWriteIsOneMessage() throws IOException {
    try (MessagePair pair = MessagePair.on(net())) {
      assertEquals(1, pair.near().write(bytes("a")));
      assertEquals(5, pair.near().write(bytes("hello")));
      String longest = "x".repeat(3000);
      assertEquals(3000, pair.near().write(bytes(longest)));
      assertEquals("a", MessagePair.read(pair.far()));
      assertEquals("hello", MessagePair.read(pair.far()));
      assertEquals(longest, MessagePair.read(pair.far()));
      pair.far().write(bytes("answer"));
      assertEquals("answer", MessagePair.read(pair.near()));
    }
  }

  @Test
  void whatDoesNotFitIsGoneAndToldByReceive() throws IOException {
    try (MessagePair pair = MessagePair.on(net())) {
      pair.near().write(bytes("0123456789"));
      pair.near().write(bytes("0123456789"));
      pair.near().write(bytes("next"));
      ByteBuffer four = ByteBuffer.allocate(4);
      assertEquals(4, pair.far().read(four));
      assertEquals(bytes("0123"), four.flip());
      assertEquals(new Message(10, true, false), pair.far().receive(four.clear()));
      assertEquals(4, four.position());
      assertEquals(new Message(4, false, false), pair.far().receive(four.clear()));
      assertEquals(bytes("next"), four.flip());
    }
  }

  @Test
  void directBuffersKeepTheirPositions() throws IOException {
    try (MessagePair pair = MessagePair.on(net())) {
      ByteBuffer src = ByteBuffer.allocateDirect(10).put(bytes("0123456789")).position(2).limit(5);
      assertEquals(3, pair.near().write(src));
      assertEquals(5, src.position());
      ByteBuffer dst = ByteBuffer.allocateDirect(10).position(4);
      assertEquals(3, pair.far().read(dst));
      assertEquals(bytes("234"), dst.flip().position(4));
    }
  }

  @Test
  void endOfRecordIsToldOfTheMessageThatHasIt() throws IOException {
    try (MessagePair pair = MessagePair.on(net())) {
      pair.near().write(bytes("one"), false);
      pair.near().write(bytes("two"), true);
      pair.near().write(bytes("three"));
      ByteBuffer dst = ByteBuffer.allocate(16);
      assertEquals(new Message(3, false, false), pair.far().receive(dst.clear()));
      assertEquals(new Message(3, false, true), pair.far().receive(dst.clear()));
      assertEquals(new Message(5, false, false), pair.far().receive(dst.clear()));
    }
  }

  @Test
  void messageOfNoBytesDoesNotExist() throws IOException {
    try (MessagePair pair = MessagePair.on(net())) {
      assertEquals(0, pair.near().write(bytes("")));
      assertEquals(0, pair.near().write(bytes(""), true));
      pair.near().write(bytes("first"));
      assertEquals(0, pair.far().read(ByteBuffer.allocate(0)));
      assertEquals(new Message(0, false, false), pair.far().receive(ByteBuffer.allocate(0)));
      assertEquals("first", MessagePair.read(pair.far()));
    }
  }

  @Test
  void messageThatIsTooLongSaysTheNumbersAndSendsNothing() throws IOException {
    try (MessagePair pair = MessagePair.on(net())) {
      ByteBuffer src = ByteBuffer.allocate(CREDIT_BYTES + 1);
      VsockSocketException e =
          assertThrows(VsockSocketException.class, () -> pair.near().write(src));
      assertSame(errnoOfTooLong(), e.errno());
      assertTrue(e.toString().contains("" + (CREDIT_BYTES + 1)), e::toString);
      assertTrue(e.toString().contains("" + CREDIT_BYTES), e::toString);
      assertEquals(0, src.position());
      assertEquals(CREDIT_BYTES, pair.near().write(src.limit(CREDIT_BYTES)));
      assertEquals(CREDIT_BYTES, MessagePair.read(pair.far()).length());
    }
  }

  @Test
  void peekLeavesTheMessageWhereTheKernelPeeks() throws IOException {
    try (MessagePair pair = MessagePair.on(net())) {
      pair.near().write(bytes("0123456789"), true);
      ByteBuffer four = ByteBuffer.allocate(4);
      if (!peeksAtMessages()) {
        VsockSocketException e =
            assertThrows(VsockSocketException.class, () -> pair.far().peek(four));
        assertSame(Errno.ENOMEM, e.errno());
        assertEquals("0123456789", MessagePair.read(pair.far()));
        return;
      }
      assertEquals(new Message(10, true, true), pair.far().peek(four));
      assertEquals(bytes("0123"), four.flip());
      assertEquals(new Message(10, false, true), pair.far().peek(ByteBuffer.allocate(10)));
      assertEquals("0123456789", MessagePair.read(pair.far()));
      pair.near().close();
      assertEquals(-1, pair.far().peek(four.clear()).lengthBytes());
    }
  }

  @Test
  void readOnlyBufferCannotBeReadInto() throws IOException {
    try (MessagePair pair = MessagePair.on(net())) {
      ByteBuffer readOnly = ByteBuffer.allocate(1).asReadOnlyBuffer();
      assertThrows(IllegalArgumentException.class, () -> pair.near().read(readOnly));
      assertThrows(IllegalArgumentException.class, () -> pair.near().receive(readOnly));
    }
  }

  // -- Credit --

  @Test
  void nonBlockingCallsReturnAtOnce() throws IOException {
    try (MessagePair pair = MessagePair.on(net())) {
      pair.near().configureBlocking(false);
      assertEquals(0, pair.near().read(ByteBuffer.allocate(8)));
      assertEquals(new Message(0, false, false), pair.near().receive(ByteBuffer.allocate(8)));
      ByteBuffer quarter = ByteBuffer.allocate(CREDIT_BYTES / 4);
      for (int i = 0; i < 4; i++) {
        assertEquals(CREDIT_BYTES / 4, pair.near().write(quarter.clear()));
      }
      assertEquals(0, pair.near().write(quarter.clear()));
      assertEquals(0, quarter.position());
      MessagePair.read(pair.far());
      while (pair.near().write(quarter.clear()) == 0) {
        Thread.onSpinWait();
      }
      assertEquals(quarter.capacity(), quarter.position());
    }
  }

  @Test
  void nonBlockingWriteWithCreditForAPartOnlyFailsAndThePartStandsBeforeTheNextMessage()
      throws IOException {
    try (MessagePair pair = MessagePair.on(net())) {
      pair.near().configureBlocking(false);
      assertEquals(3000, pair.near().write(ByteBuffer.allocate(3000)));
      ByteBuffer torn = bytes("x".repeat(2000));
      VsockSocketException e =
          assertThrows(VsockSocketException.class, () -> pair.near().write(torn));
      assertSame(Errno.EAGAIN, e.errno());
      assertTrue(e.toString().contains("2000 bytes"), e::toString);
      assertEquals(0, torn.position());
      assertEquals(3000, MessagePair.read(pair.far()).length());
      ByteBuffer next = bytes("next");
      while (pair.near().write(next) == 0) {
        Thread.onSpinWait();
      }
      assertEquals("x".repeat(CREDIT_BYTES - 3000) + "next", MessagePair.read(pair.far()));
    }
  }

  @Test
  void blockingWriterWaitsUntilItsMessageIsWhole() throws Exception {
    try (MessagePair pair = MessagePair.on(net())) {
      pair.near().write(ByteBuffer.allocate(3000));
      String longer = "0123456789".repeat(400);
      Background<Integer> writer =
          Background.waiting("write", () -> pair.near().write(bytes(longer)));
      assertEquals(3000, MessagePair.read(pair.far()).length());
      assertEquals(longer, MessagePair.read(pair.far()));
      assertEquals(4000, writer.result());
    }
  }

  // -- Timeouts --

  @Test
  void receiveTimeoutIsATimeoutExceptionAndTheChannelGoesOn() throws IOException {
    try (MessagePair pair = MessagePair.on(net())) {
      pair.near().setOption(VsockSocketOptions.RECEIVE_TIMEOUT, SHORT);
      ByteBuffer dst = ByteBuffer.allocate(8);
      VsockTimeoutException e =
          assertThrows(VsockTimeoutException.class, () -> pair.near().read(dst));
      assertSame(Errno.EAGAIN, e.errno());
      assertTrue(e.toString().contains("RECEIVE_TIMEOUT"), e::toString);
      assertThrows(VsockTimeoutException.class, () -> pair.near().receive(dst));
      pair.far().write(bytes("late"));
      assertEquals("late", MessagePair.read(pair.near()));
    }
  }

  @Test
  void sendTimeoutIsATimeoutExceptionAndTheChannelGoesOn() throws IOException {
    try (MessagePair pair = MessagePair.on(net())) {
      pair.near().setOption(VsockSocketOptions.SEND_TIMEOUT, SHORT);
      pair.near().write(ByteBuffer.allocate(CREDIT_BYTES));
      VsockTimeoutException e =
          assertThrows(VsockTimeoutException.class, () -> pair.near().write(bytes("no room")));
      assertTrue(e.toString().contains("SEND_TIMEOUT"), e::toString);
      assertTrue(pair.near().isOpen());
      assertEquals(CREDIT_BYTES, MessagePair.read(pair.far()).length());
    }
  }

  @Test
  void receiveTimeoutOfAListenerBoundsAccept() throws IOException {
    try (SeqpacketServerChannel listener = net().seqpacketListener().bind(net().anyPort())) {
      listener.setOption(VsockSocketOptions.RECEIVE_TIMEOUT, SHORT);
      assertThrows(VsockTimeoutException.class, listener::accept);
      assertTrue(listener.isOpen());
    }
  }

  // -- Ending --

  @Test
  void shutdownOutputEndsThePeersReaderAfterTheMessages() throws IOException {
    try (MessagePair pair = MessagePair.on(net())) {
      pair.near().write(bytes("last"));
      assertSame(pair.near(), pair.near().shutdownOutput());
      pair.near().shutdownOutput();
      assertEquals("last", MessagePair.read(pair.far()));
      assertEquals(-1, pair.far().read(ByteBuffer.allocate(1)));
      assertEquals(new Message(-1, false, false), pair.far().receive(ByteBuffer.allocate(1)));
      assertThrows(ClosedChannelException.class, () -> pair.near().write(bytes("x")));
      pair.far().write(bytes("answer"));
      assertEquals("answer", MessagePair.read(pair.near()));
    }
  }

  @Test
  void shutdownInputEndsThisReaderAndWakesOneThatWaits() throws Exception {
    try (MessagePair pair = MessagePair.on(net())) {
      Background<Integer> reader =
          Background.waiting("read", () -> pair.near().read(ByteBuffer.allocate(1)));
      assertSame(pair.near(), pair.near().shutdownInput());
      assertEquals(-1, reader.result());
      assertEquals(-1, pair.near().read(ByteBuffer.allocate(1)));
      assertEquals(-1, pair.near().receive(ByteBuffer.allocate(1)).lengthBytes());
    }
  }

  @Test
  void peersCloseIsTheEndForTheReaderAndEpipeForTheWriter() throws IOException {
    try (MessagePair pair = MessagePair.on(net())) {
      pair.far().write(bytes("bye"));
      pair.far().close();
      assertEquals("bye", MessagePair.read(pair.near()));
      assertEquals(-1, pair.near().read(ByteBuffer.allocate(1)));
      VsockSocketException e =
          assertThrows(VsockSocketException.class, () -> pair.near().write(bytes("x")));
      assertSame(Errno.EPIPE, e.errno());
    }
  }

  @Test
  void nonBlockingWriterWithoutCreditLearnsThatItsPeerReadsNoMore() throws IOException {
    try (MessagePair pair = MessagePair.on(net())) {
      pair.near().write(ByteBuffer.allocate(CREDIT_BYTES));
      pair.near().configureBlocking(false);
      assertEquals(0, pair.near().write(bytes("x")));
      pair.far().shutdownInput();
      VsockSocketException e =
          assertThrows(
              VsockSocketException.class,
              () -> {
                while (pair.near().write(bytes("x")) == 0) {
                  Thread.onSpinWait();
                }
              });
      assertSame(Errno.EPIPE, e.errno());
    }
  }

  // -- Closing and interrupting while a call waits --

  private static Background<Object> blockedWriter(SeqpacketChannel channel) {
    return Background.waiting(
        "write",
        () -> {
          ByteBuffer chunk = ByteBuffer.allocate(CREDIT_BYTES / 4);
          while (true) {
            channel.write(chunk.clear());
          }
        });
  }

  @Test
  void closeWakesReaderWriterAndAccept() throws Exception {
    try (MessagePair pair = MessagePair.on(net());
        MessagePair other = MessagePair.on(net())) {
      Background<Message> reader =
          Background.waiting("receive", () -> pair.near().receive(ByteBuffer.allocate(1)));
      pair.near().close();
      assertSame(AsynchronousCloseException.class, reader.failure().getClass());
      Background<Object> writer = blockedWriter(other.near());
      other.near().close();
      assertInstanceOf(ClosedChannelException.class, writer.failure());
      SeqpacketServerChannel listener = net().seqpacketListener().bind(net().anyPort());
      Background<SeqpacketChannel> accepter = Background.waiting("accept", listener::accept);
      listener.close();
      assertSame(AsynchronousCloseException.class, accepter.failure().getClass());
    }
  }

  @Test
  void interruptClosesTheChannelOfReaderWriterAndAccept() throws Exception {
    try (MessagePair pair = MessagePair.on(net());
        MessagePair other = MessagePair.on(net());
        SeqpacketServerChannel listener = net().seqpacketListener().bind(net().anyPort())) {
      Background<Integer> reader =
          Background.waiting("read", () -> pair.near().read(ByteBuffer.allocate(1)));
      reader.interrupt();
      assertInstanceOf(ClosedByInterruptException.class, reader.failure());
      assertFalse(pair.near().isOpen());
      Background<Object> writer = blockedWriter(other.near());
      writer.interrupt();
      assertInstanceOf(ClosedByInterruptException.class, writer.failure());
      assertFalse(other.near().isOpen());
      Background<SeqpacketChannel> accepter = Background.waiting("accept", listener::accept);
      accepter.interrupt();
      assertInstanceOf(ClosedByInterruptException.class, accepter.failure());
      assertFalse(listener.isOpen());
    }
  }

  // -- Selecting --

  @Test
  void selectorTellsConnectAcceptReadAndWrite() throws IOException {
    try (SeqpacketServerChannel listener = net().seqpacketListener();
        SeqpacketChannel near = net().seqpacketChannel();
        Selector accepting = listener.provider().openSelector();
        Selector selector = near.provider().openSelector()) {
      listener.setOption(VsockSocketOptions.BUFFER_SIZE, (long) CREDIT_BYTES);
      near.setOption(VsockSocketOptions.BUFFER_SIZE, (long) CREDIT_BYTES);
      listener.bind(net().anyPort()).configureBlocking(false);
      listener.register(accepting, SelectionKey.OP_ACCEPT);
      assertEquals(0, accepting.selectNow());
      near.configureBlocking(false);
      SelectionKey key = near.register(selector, SelectionKey.OP_CONNECT);
      if (!near.connect(MessagePair.addressOf(net(), listener))) {
        assertEquals(1, selector.select());
        assertTrue(key.isConnectable());
        assertTrue(near.finishConnect());
        selector.selectedKeys().clear();
      }
      assertEquals(1, accepting.select());
      try (SeqpacketChannel far = Objects.requireNonNull(listener.accept())) {
        key.interestOps(SelectionKey.OP_READ);
        assertEquals(0, selector.selectNow());
        far.write(bytes("hello"));
        assertEquals(1, selector.select());
        assertTrue(key.isReadable());
        selector.selectedKeys().clear();
        assertEquals("hello", MessagePair.read(near));

        key.interestOps(SelectionKey.OP_WRITE);
        assertEquals(1, selector.select());
        selector.selectedKeys().clear();
        assertEquals(CREDIT_BYTES, near.write(ByteBuffer.allocate(CREDIT_BYTES)));
        assertEquals(0, selector.selectNow());
        MessagePair.read(far);
        assertEquals(1, selector.select());
        assertTrue(key.isWritable());
        selector.selectedKeys().clear();

        key.interestOps(SelectionKey.OP_READ);
        far.shutdownOutput();
        assertEquals(1, selector.select());
        assertEquals("the end", MessagePair.read(near));
      }
    }
  }

  @Test
  void validOperationsAreTheJdksOwn() throws IOException {
    try (SeqpacketServerChannel listener = net().seqpacketListener();
        SeqpacketChannel near = net().seqpacketChannel()) {
      assertEquals(SelectionKey.OP_ACCEPT, listener.validOps());
      assertEquals(
          SelectionKey.OP_READ | SelectionKey.OP_WRITE | SelectionKey.OP_CONNECT, near.validOps());
      assertTrue(near.toString().startsWith("SeqpacketChannel[unconnected"), near::toString);
      assertTrue(listener.toString().startsWith("SeqpacketServerChannel["), listener::toString);
      assertThrows(
          UnsupportedAddressTypeException.class, () -> near.connect(new InetSocketAddress(1)));
    }
  }
}
