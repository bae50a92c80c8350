package dev.vsocklab.sim.nio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockConnectException;
import dev.vsocklab.VsockNoRouteException;
import dev.vsocklab.VsockProvider;
import dev.vsocklab.VsockTimeoutException;
import java.io.IOException;
import java.net.Socket;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a refused connect tells, whichever way it was made. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class RefusalsTest {
  private static final String WHY =
      "connect vsock:2:7000 from vm(42): ECONNRESET, nobody listens on host port 7000";

  private final SimNets nets = new SimNets();
  private final VsockProvider guest = nets.guest.vsock();

  @AfterEach
  void close() {
    nets.close();
  }

  private static void assertRefused(VsockConnectException e) {
    assertTrue(e.toString().contains(WHY), e::toString);
    assertSame(Errno.ECONNRESET, e.errno());
    assertEquals(Optional.of(VsockAddress.host(7000)), e.remoteAddress());
  }

  @Test
  void blockingConnectTellsThatNobodyListens() throws IOException {
    SocketChannel channel = guest.openSocketChannel();
    assertRefused(
        assertThrows(VsockConnectException.class, () -> channel.connect(VsockAddress.host(7000))));
    assertFalse(channel.isOpen());
  }

  @Test
  void socketWithATimeoutTellsItToo() throws IOException {
    try (Socket socket = guest.openSocket()) {
      assertRefused(
          assertThrows(
              VsockConnectException.class, () -> socket.connect(VsockAddress.host(7000), 10_000)));
    }
  }

  @Test
  void nonBlockingConnectTellsItToo() throws IOException {
    try (Selector selector = guest.openSelector()) {
      SocketChannel channel = guest.openSocketChannel();
      channel.configureBlocking(false);
      channel.register(selector, SelectionKey.OP_CONNECT);
      assertFalse(channel.connect(VsockAddress.host(7000)));
      assertEquals(1, selector.select());
      assertRefused(assertThrows(VsockConnectException.class, channel::finishConnect));
    }
  }

  @Test
  void fullBacklogIsRefusedAndSaysSo() throws IOException {
    try (ServerSocketChannel listener = nets.host.vsock().openServerSocketChannel()) {
      listener.bind(VsockAddress.any(7001), 1);
      List<SocketChannel> queued = List.of(guest.openSocketChannel(), guest.openSocketChannel());
      for (SocketChannel channel : queued) {
        assertTrue(channel.connect(VsockAddress.host(7001)));
      }
      SocketChannel third = guest.openSocketChannel();
      VsockConnectException e =
          assertThrows(VsockConnectException.class, () -> third.connect(VsockAddress.host(7001)));
      assertTrue(e.toString().contains("backlog"), e::toString);
    }
  }

  @Test
  void unknownGuestHasNoRouteFromTheHost() throws IOException {
    SocketChannel channel = nets.host.vsock().openSocketChannel();
    VsockNoRouteException e =
        assertThrows(VsockNoRouteException.class, () -> channel.connect(VsockAddress.of(77, 1)));
    assertSame(Errno.ENODEV, e.errno());
  }

  @Test
  void siblingDoesNotAnswerSoASocketsTimeoutEndsTheConnect() throws IOException {
    try (Socket socket = guest.openSocket()) {
      VsockTimeoutException e =
          assertThrows(
              VsockTimeoutException.class, () -> socket.connect(VsockAddress.of(77, 1), 30));
      assertSame(Errno.ETIMEDOUT, e.errno());
      assertTrue(socket.isClosed());
    }
  }
}
