package dev.vsocklab.junit;

import static dev.vsocklab.junit.SpiedSockets.opened;
import static dev.vsocklab.junit.SpiedSockets.real;
import static dev.vsocklab.junit.SpiedSockets.realThenThrow;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.doCallRealMethod;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;

import dev.vsocklab.Errno;
import dev.vsocklab.Machine;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockChannel;
import dev.vsocklab.VsockFailure;
import dev.vsocklab.VsockFailures;
import dev.vsocklab.VsockProvider;
import dev.vsocklab.VsockSocketException;
import dev.vsocklab.VsockTimeoutException;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.mockito.junit.jupiter.MockitoExtension;

/** A test scripts failures at the provider's and the channels' level, and verifies calls. */
@VsockTest
@ExtendWith(MockitoExtension.class) // strict stubs: a stub that nothing used fails the test
class SpyVsockTest {
  private static final VsockAddress HOST = VsockAddress.host(7000);

  private VsockProvider inBeforeEach;

  SpyVsockTest(@Guest(42) VsockProvider unspied) {
    inBeforeEach = unspied;
  }

  @BeforeEach
  void keep(@Guest(42) @SpyVsock VsockProvider vsock) {
    assertNotSame(inBeforeEach, vsock);
    inBeforeEach = vsock;
  }

  @Test
  void everyParameterOfATestGetsTheSameSpyOfAMachine(
      @Guest(42) @SpyVsock VsockProvider vsock, @Host @SpyVsock VsockProvider host) {
    assertSame(inBeforeEach, vsock);
    assertNotSame(host, vsock);
  }

  @Test
  void whatIsNotScriptedReachesTheMachineAndCanBeVerified(
      @Host Machine host, @Guest(42) @SpyVsock VsockProvider vsock) throws IOException {
    try (ServerSocketChannel server = host.vsock().openServerSocketChannel();
        SocketChannel agent = vsock.openSocketChannel()) {
      server.bind(VsockAddress.any(7000));
      agent.connect(HOST);
      assertEquals(42, ((VsockAddress) server.accept().getRemoteAddress()).cid());
    }
    verify(vsock, times(1)).openSocketChannel();
    verify(vsock, never()).openSocket();
  }

  @Test
  void theSecondConnectTimesOut(@Host Machine host, @Guest(42) @SpyVsock VsockProvider vsock)
      throws IOException {
    doCallRealMethod()
        .doAnswer(
            opened(
                (SocketChannel channel) ->
                    doThrow(VsockFailures.connect(Errno.ETIMEDOUT, HOST))
                        .when(channel)
                        .connect(any())))
        .doCallRealMethod()
        .when(vsock)
        .openSocketChannel();
    try (ServerSocketChannel server = host.vsock().openServerSocketChannel()) {
      server.bind(VsockAddress.any(7000));
      connect(vsock);
      VsockTimeoutException e = assertThrows(VsockTimeoutException.class, () -> connect(vsock));
      assertEquals(Errno.ETIMEDOUT, e.errno());
      assertEquals("connect vsock:2:7000: ETIMEDOUT, as this test wants it.", e.getMessage());
      connect(vsock);
    }
    verify(vsock, times(3)).openSocketChannel();
  }

  private static void connect(VsockProvider vsock) throws IOException {
    try (SocketChannel channel = vsock.openSocketChannel()) {
      channel.connect(HOST);
    }
  }

  @Test
  void closeThrowsAndYetCloses(@Guest(42) @SpyVsock VsockProvider vsock) throws IOException {
    doAnswer(
            opened(
                (SocketChannel channel) ->
                    doAnswer(realThenThrow(VsockFailures.call(Errno.EIO, HOST)))
                        .when(channel)
                        .close()))
        .when(vsock)
        .openSocketChannel();
    SocketChannel channel = vsock.openSocketChannel();
    assertTrue(channel.isOpen());
    assertEquals(Errno.EIO, assertThrows(VsockSocketException.class, channel::close).errno());
    assertFalse(channel.isOpen());
    assertThrows(ClosedChannelException.class, () -> channel.connect(HOST));
  }

  @Test
  void theThirdWriteFailsAndTheFirstTwoArrive(
      @Host Machine host, @Guest(42) @SpyVsock VsockProvider vsock) throws IOException {
    List<SocketChannel> opened = new ArrayList<>();
    doAnswer(
            opened(
                (SocketChannel channel) -> {
                  opened.add(channel);
                  doAnswer(real())
                      .doAnswer(real())
                      .doThrow(VsockFailures.call(Errno.EPIPE, HOST))
                      .when(channel)
                      .write(any(ByteBuffer.class));
                }))
        .when(vsock)
        .openSocketChannel();
    try (ServerSocketChannel server = host.vsock().openServerSocketChannel();
        SocketChannel agent = vsock.openSocketChannel()) {
      server.bind(VsockAddress.any(7000));
      agent.connect(HOST);
      agent.write(UTF_8.encode("on"));
      agent.write(UTF_8.encode("e"));
      assertThrows(VsockSocketException.class, () -> agent.write(UTF_8.encode("two")));
      ByteBuffer got = ByteBuffer.allocate(10);
      VsockChannel.of(server.accept()).readFully(got.limit(3));
      assertEquals("one", UTF_8.decode(got.flip()).toString());
    }
    verify(opened.get(0), times(3)).write(any(ByteBuffer.class));
    verify(opened.get(0)).close();
  }

  @Test
  void aSpiedListenerGivesSpiedConnections(
      @Guest(42) Machine guest, @Host @SpyVsock VsockProvider vsock) throws IOException {
    doAnswer(
            opened(
                (ServerSocketChannel listener) ->
                    doAnswer(
                            opened(
                                (SocketChannel accepted) ->
                                    doThrow(VsockFailures.call(Errno.ECONNRESET, HOST))
                                        .when(accepted)
                                        .read(any(ByteBuffer.class))))
                        .when(listener)
                        .accept()))
        .when(vsock)
        .openServerSocketChannel();
    try (ServerSocketChannel server = vsock.openServerSocketChannel();
        SocketChannel agent = guest.vsock().openSocketChannel()) {
      server.bind(VsockAddress.any(7000));
      agent.connect(HOST);
      try (SocketChannel accepted = server.accept()) {
        assertThrows(VsockSocketException.class, () -> accepted.read(ByteBuffer.allocate(1)));
      }
      assertEquals(-1, agent.read(ByteBuffer.allocate(1)));
    }
  }

  @Test
  void aSpiedChannelIsSelectable(@Host Machine host, @Guest(42) @SpyVsock VsockProvider vsock)
      throws IOException {
    doAnswer(opened((SocketChannel channel) -> {})).when(vsock).openSocketChannel();
    try (ServerSocketChannel server = host.vsock().openServerSocketChannel();
        Selector selector = vsock.openSelector();
        SocketChannel agent = vsock.openSocketChannel()) {
      server.bind(VsockAddress.any(7000));
      agent.connect(HOST);
      agent.configureBlocking(false);
      SelectionKey key = agent.register(selector, SelectionKey.OP_WRITE);
      assertEquals(1, selector.select(5_000));
      assertTrue(key.isWritable());
      assertTrue(agent.isRegistered());
    }
  }

  @Test
  void acceptInNonBlockingModeStillGivesNull(@Host @SpyVsock VsockProvider vsock)
      throws IOException {
    doAnswer(
            opened(
                (ServerSocketChannel listener) ->
                    doAnswer(opened((SocketChannel accepted) -> {})).when(listener).accept()))
        .when(vsock)
        .openServerSocketChannel();
    try (ServerSocketChannel server = vsock.openServerSocketChannel()) {
      server.bind(VsockAddress.any(7000)).configureBlocking(false);
      assertNull(server.accept());
    }
  }

  @Test
  void aSocketIsScriptedAsAChannelIs(@Guest(42) @SpyVsock VsockProvider vsock) throws IOException {
    doAnswer(
            opened(
                (Socket socket) ->
                    doThrow(VsockFailures.connect(Errno.ENODEV, HOST)).when(socket).connect(HOST)))
        .when(vsock)
        .openSocket();
    try (Socket socket = vsock.openSocket()) {
      IOException e = assertThrows(IOException.class, () -> socket.connect(HOST));
      assertEquals(Errno.ENODEV, ((VsockFailure) e).errno());
      assertFalse(socket.isClosed());
    }
  }
}
