package dev.vsocklab.spi.nio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockBindException;
import dev.vsocklab.VsockCapability;
import dev.vsocklab.VsockConnectException;
import dev.vsocklab.VsockNoRouteException;
import dev.vsocklab.VsockSocketException;
import dev.vsocklab.VsockSocketOptions;
import dev.vsocklab.VsockTimeoutException;
import dev.vsocklab.contract.Background;
import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.Pipe;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What vsock adds to the JDK's contract: errnos, slow answers, machines that go. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class VsockFacesTest {
  private static final VsockAddress NOBODY = VsockAddress.of(MemoryNet.CID, 1);

  private final MemoryNet net = new MemoryNet();
  private final NioVsockProvider vsock =
      new NioVsockProvider(net, EnumSet.of(VsockCapability.STREAM));

  private VsockAddress listening() throws IOException {
    ServerSocketChannel listener = vsock.openServerSocketChannel();
    listener.bind(VsockAddress.any(VsockAddress.PORT_ANY));
    return reach(listener);
  }

  private static VsockAddress reach(ServerSocketChannel listener) throws IOException {
    return VsockAddress.of(MemoryNet.CID, ((VsockAddress) listener.getLocalAddress()).port());
  }

  private SocketChannel connected() throws IOException {
    SocketChannel channel = vsock.openSocketChannel();
    channel.connect(listening());
    return channel;
  }

  // -- Errnos --

  @Test
  void refusedConnectTellsErrnoAndBothEnds() throws IOException {
    SocketChannel channel = vsock.openSocketChannel();
    channel.bind(VsockAddress.any(6000));
    VsockConnectException e =
        assertThrows(VsockConnectException.class, () -> channel.connect(NOBODY));
    assertSame(Errno.ECONNRESET, e.errno());
    assertEquals(Optional.of(VsockAddress.any(6000)), e.localAddress());
    assertEquals(Optional.of(NOBODY), e.remoteAddress());
    assertFalse(channel.isOpen());
    assertTrue(net.newest().isClosed(), "the machine's socket too");
  }

  @Test
  void connectWithoutARouteIsANoRouteException() throws IOException {
    SocketChannel channel = vsock.openSocketChannel();
    VsockNoRouteException e =
        assertThrows(VsockNoRouteException.class, () -> channel.connect(VsockAddress.of(77, 1)));
    assertSame(Errno.ENODEV, e.errno());
    assertFalse(channel.isOpen());
  }

  @Test
  void takenPortIsABindExceptionOnEveryFace() throws IOException {
    VsockAddress taken = VsockAddress.any(6000);
    try (ServerSocketChannel first = vsock.openServerSocketChannel().bind(taken);
        ServerSocketChannel listener = vsock.openServerSocketChannel();
        SocketChannel channel = vsock.openSocketChannel();
        Socket socket = vsock.openSocket();
        ServerSocket serverSocket = vsock.openServerSocket()) {
      assertThrows(VsockBindException.class, () -> listener.bind(taken));
      assertThrows(VsockBindException.class, () -> channel.bind(taken));
      assertThrows(VsockBindException.class, () -> socket.bind(taken));
      VsockBindException e = assertThrows(VsockBindException.class, () -> serverSocket.bind(taken));
      assertSame(Errno.EADDRINUSE, e.errno());
      assertEquals(Optional.of(taken), e.localAddress());
      assertEquals(Optional.empty(), e.remoteAddress());
      assertTrue(first.isOpen() && listener.isOpen() && channel.isOpen() && !socket.isClosed());
      channel.bind(VsockAddress.any(6001));
      assertEquals(VsockAddress.any(6001), channel.getLocalAddress());
    }
  }

  @Test
  void errorAfterDataComesAfterTheData() throws IOException {
    try (SocketChannel channel = connected()) {
      MemorySocket far = net.newest();
      SocketChannel writer = accepted(far);
      writer.write(ByteBuffer.allocate(3));
      far.failReads(Errno.ENOBUFS);
      ByteBuffer[] dsts = {ByteBuffer.allocate(2), ByteBuffer.allocate(2)};
      channel.write(ByteBuffer.allocate(4));
      assertEquals(4, writer.read(dsts));
      VsockSocketException e =
          assertThrows(VsockSocketException.class, () -> writer.read(ByteBuffer.allocate(1)));
      assertSame(Errno.ENOBUFS, e.errno());
      assertTrue(writer.isOpen());
    }
  }

  private SocketChannel accepted(MemorySocket socket) throws IOException {
    return VsockSocketChannel.accepted(new VsockSelectorProvider(net, true), Face.CHANNEL, socket);
  }

  @Test
  void writeAfterThePeersCloseIsEpipe() throws IOException {
    try (SocketChannel channel = connected()) {
      net.newest().close();
      VsockSocketException e =
          assertThrows(VsockSocketException.class, () -> channel.write(ByteBuffer.allocate(1)));
      assertSame(Errno.EPIPE, e.errno());
      assertTrue(channel.isOpen());
    }
  }

  @Test
  void refusedOptionIsTheMachinesError() throws IOException {
    try (SocketChannel channel = vsock.openSocketChannel();
        Socket socket = vsock.openSocket()) {
      SocketOption<Integer> lowWater = VsockSocketOptions.RECEIVE_LOW_WATER;
      int aboveTheBuffer = MemorySocket.CREDIT_BYTES + 1;
      VsockSocketException e =
          assertThrows(
              VsockSocketException.class, () -> channel.setOption(lowWater, aboveTheBuffer));
      assertSame(Errno.EINVAL, e.errno());
      assertThrows(VsockSocketException.class, () -> socket.setOption(lowWater, aboveTheBuffer));
    }
  }

  // -- Options --

  @Test
  void vsocksOptionsReachTheSocket() throws IOException {
    try (SocketChannel channel = vsock.openSocketChannel();
        ServerSocketChannel listener = vsock.openServerSocketChannel()) {
      channel.setOption(VsockSocketOptions.BUFFER_SIZE, 1024L);
      assertEquals(1024L, channel.getOption(VsockSocketOptions.BUFFER_SIZE));
      channel.setOption(VsockSocketOptions.CONNECT_TIMEOUT, Duration.ofMillis(5));
      assertEquals(Duration.ofMillis(5), channel.getOption(VsockSocketOptions.CONNECT_TIMEOUT));
      listener.setOption(VsockSocketOptions.BUFFER_SIZE, 2048L);
      assertEquals(2048L, listener.getOption(VsockSocketOptions.BUFFER_SIZE));
      assertTrue(channel.supportedOptions().contains(VsockSocketOptions.BUFFER_MAX_SIZE));
      assertThrows(
          UnsupportedOperationException.class,
          () -> channel.setOption(StandardSocketOptions.TCP_NODELAY, true));
    }
  }

  @Test
  void socketsTcpOptionsAreSocketExceptions() throws IOException {
    try (Socket socket = vsock.openSocket()) {
      assertThrows(SocketException.class, () -> socket.setTcpNoDelay(true));
      assertThrows(SocketException.class, socket::getTcpNoDelay);
      assertThrows(SocketException.class, () -> socket.setTrafficClass(1));
      assertThrows(SocketException.class, () -> socket.sendUrgentData(1));
      assertThrows(SocketException.class, () -> socket.setOOBInline(true));
    }
  }

  // -- Answers that take time --

  @Test
  void pendingConnectIsPendingUntilItsAnswer() throws IOException {
    VsockAddress slow = listening();
    net.silence(slow);
    try (SocketChannel channel = vsock.openSocketChannel()) {
      channel.configureBlocking(false);
      assertFalse(channel.connect(slow));
      assertTrue(channel.isConnectionPending());
      assertFalse(channel.isConnected());
      assertEquals(slow, channel.getRemoteAddress());
      assertFalse(channel.finishConnect());
      assertThrows(ConnectionPendingException.class, () -> channel.connect(slow));
      assertThrows(ConnectionPendingException.class, () -> channel.bind(null));
      net.answer();
      assertTrue(channel.finishConnect());
      assertTrue(channel.finishConnect());
      assertTrue(channel.isConnected());
    }
  }

  @Test
  void lateRefusalIsThrownByFinishConnect() throws IOException {
    net.silence(NOBODY);
    SocketChannel channel = vsock.openSocketChannel();
    channel.configureBlocking(false);
    assertFalse(channel.connect(NOBODY));
    assertFalse(channel.finishConnect());
    net.answer();
    assertThrows(VsockConnectException.class, channel::finishConnect);
    assertFalse(channel.isOpen());
    assertThrows(ClosedChannelException.class, channel::finishConnect);
  }

  @Test
  void blockingFinishConnectWaitsForTheAnswer() throws Exception {
    VsockAddress slow = listening();
    net.silence(slow);
    try (SocketChannel channel = vsock.openSocketChannel()) {
      channel.configureBlocking(false);
      assertFalse(channel.connect(slow));
      channel.configureBlocking(true);
      Background<Boolean> finisher = Background.waiting("finishConnect", channel::finishConnect);
      net.answer();
      assertTrue(finisher.result());
    }
  }

  @Test
  void closeWakesABlockedConnect() throws Exception {
    net.silence(NOBODY);
    SocketChannel channel = vsock.openSocketChannel();
    Background<Boolean> connecter = Background.waiting("connect", () -> channel.connect(NOBODY));
    assertTrue(channel.isConnectionPending());
    channel.close();
    assertSame(AsynchronousCloseException.class, connecter.failure().getClass());
  }

  @Test
  void interruptClosesTheChannelOfABlockedConnect() throws Exception {
    net.silence(NOBODY);
    SocketChannel channel = vsock.openSocketChannel();
    Background<Boolean> connecter = Background.waiting("connect", () -> channel.connect(NOBODY));
    connecter.interrupt();
    assertInstanceOf(ClosedByInterruptException.class, connecter.failure());
    assertFalse(channel.isOpen());
  }

  @Test
  void closeWakesABlockedSocketConnect() throws Exception {
    net.silence(NOBODY);
    Socket socket = vsock.openSocket();
    Background<Object> connecter =
        Background.waiting(
            "connect",
            () -> {
              socket.connect(NOBODY, 60_000);
              return "connected";
            });
    socket.close();
    assertEquals("Socket closed", connecter.failure().getMessage());
  }

  @Test
  void socketConnectTimesOutAndCloses() throws IOException {
    net.silence(NOBODY);
    try (Socket socket = vsock.openSocket()) {
      VsockTimeoutException e =
          assertThrows(VsockTimeoutException.class, () -> socket.connect(NOBODY, 20));
      assertSame(Errno.ETIMEDOUT, e.errno());
      assertEquals(Optional.of(NOBODY), e.remoteAddress());
      assertTrue(e.toString().contains("20 ms"), e::toString);
      assertTrue(socket.isClosed());
      assertFalse(socket.isConnected());
    }
  }

  @Test
  void socketTimeoutIsEagain() throws IOException {
    try (Socket socket = vsock.openSocket()) {
      socket.connect(listening());
      socket.setSoTimeout(20);
      InputStream in = socket.getInputStream();
      VsockTimeoutException e = assertThrows(VsockTimeoutException.class, in::read);
      assertSame(Errno.EAGAIN, e.errno());
      assertTrue(e.toString().contains("20 ms"), e::toString);
    }
  }

  // -- Gathering --

  @Test
  void smallBuffersOfAGatheringWriteTravelTogether() throws IOException {
    try (SocketChannel channel = connected()) {
      int before = net.writes.get();
      ByteBuffer[] srcs = {ByteBuffer.allocate(5), ByteBuffer.allocate(0), ByteBuffer.allocate(9)};
      assertEquals(14, channel.write(srcs));
      assertEquals(1, net.writes.get() - before);
    }
  }

  // -- Machines and sockets that go --

  @ParameterizedTest
  @EnumSource(Lost.class)
  void lostMachineTellsItsReasonToWhoeverWaits(Lost lost) throws Exception {
    try (SocketChannel channel = connected();
        ServerSocketChannel listener = vsock.openServerSocketChannel()) {
      listener.bind(null);
      Background<Object> waiter =
          Background.waiting(lost.method, () -> lost.call(channel, listener));
      net.lose("vm(42) does not run any more: killed by signal 9.");
      Throwable failure = waiter.failure();
      assertSame(IOException.class, failure.getClass());
      assertEquals("vm(42) does not run any more: killed by signal 9.", failure.getMessage());
    }
  }

  private enum Lost {
    READING("read"),
    WRITING("write"),
    ACCEPTING("accept");

    private final String method;

    Lost(String method) {
      this.method = method;
    }

    Object call(SocketChannel channel, ServerSocketChannel listener) throws IOException {
      return switch (this) {
        case READING -> channel.read(ByteBuffer.allocate(1));
        case WRITING -> channel.write(ByteBuffer.allocate(MemorySocket.CREDIT_BYTES + 1));
        case ACCEPTING -> listener.accept();
      };
    }
  }

  @Test
  void lostMachineOpensNothing() {
    net.lose("gone");
    assertEquals("gone", assertThrows(IOException.class, vsock::openSocketChannel).getMessage());
    assertEquals("gone", assertThrows(IOException.class, vsock::openServerSocket).getMessage());
  }

  @Test
  void socketClosedBeneathItsChannelClosesTheChannel() throws Exception {
    try (SocketChannel channel = connected()) {
      net.newest().close(); // the accepted end's machine closes it, unseen by any channel
      MemorySocket near = net.sockets.get(0);
      Background<Integer> reader = Background.run(() -> channel.read(ByteBuffer.allocate(1)));
      assertEquals(-1, reader.result());
      near.close();
      assertSame(
          AsynchronousCloseException.class,
          assertThrows(IOException.class, () -> channel.read(ByteBuffer.allocate(1))).getClass());
      assertFalse(channel.isOpen());
    }
  }

  // -- The provider --

  @Test
  void channelsAndSelectorsShareTheirProvider() throws IOException {
    try (SocketChannel channel = vsock.openSocketChannel();
        ServerSocketChannel listener = vsock.openServerSocketChannel();
        var selector = vsock.openSelector()) {
      assertSame(channel.provider(), selector.provider());
      assertSame(channel.provider(), listener.provider());
      var provider = channel.provider();
      assertThrows(UnsupportedOperationException.class, provider::openDatagramChannel);
      assertThrows(
          UnsupportedOperationException.class,
          () -> provider.openDatagramChannel(StandardProtocolFamily.INET));
      Pipe pipe = provider.openPipe();
      pipe.sink().close();
      pipe.source().close();
    }
  }

  @Test
  void providerTellsCidAndCapabilities() throws IOException {
    assertEquals(MemoryNet.CID, vsock.localCid());
    assertEquals(Set.of(VsockCapability.STREAM), vsock.capabilities());
    assertThrows(UnsupportedOperationException.class, () -> vsock.capabilities().clear());
  }

  @Test
  void costlyCallsAreMadeOnceWhereTheyWait() throws Exception {
    NioVsockProvider real =
        new NioVsockProvider(net, EnumSet.of(VsockCapability.STREAM, VsockCapability.REAL_KERNEL));
    try (SocketChannel channel = real.openSocketChannel()) {
      channel.connect(listening());
      int before = net.reads.get();
      Background<Integer> reader =
          Background.waiting("read", () -> channel.read(ByteBuffer.allocate(1)));
      accepted(net.newest()).write(ByteBuffer.allocate(1));
      assertEquals(1, reader.result());
      assertEquals(1, net.reads.get() - before);
    }
  }

  @Test
  void textNamesStateAndEnds() throws IOException {
    SocketChannel channel = vsock.openSocketChannel();
    assertTrue(channel.toString().contains("unconnected on vm(42)"), channel::toString);
    VsockAddress to = listening();
    channel.connect(to);
    assertTrue(channel.toString().contains("remote=" + to), channel::toString);
    assertTrue(channel.socket().toString().contains("addr=" + to), channel::toString);
    channel.close();
    assertTrue(channel.toString().contains("closed"), channel::toString);
  }
}
