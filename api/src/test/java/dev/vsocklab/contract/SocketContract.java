package dev.vsocklab.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;

/** The contract of {@link Socket} and {@link ServerSocket}, and of what channels give as such. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
public abstract class SocketContract {

  /** The network to test. */
  protected abstract ContractNet net();

  /** Two sockets, connected. */
  private record Sockets(Socket near, Socket far) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      near.close();
      far.close();
    }
  }

  private Sockets connected() throws IOException {
    try (ServerSocket listener = net().serverSocket()) {
      listener.bind(net().anyPort());
      Socket near = net().socket();
      near.connect(addressOf(listener));
      return new Sockets(near, listener.accept());
    }
  }

  private SocketAddress addressOf(ServerSocket listener) {
    return net().reach(listener.getLocalSocketAddress());
  }

  // -- States --

  @Test
  void unconnectedSocketSaysSo() throws IOException {
    try (Socket socket = net().socket()) {
      assertFalse(socket.isConnected());
      assertFalse(socket.isBound());
      assertFalse(socket.isClosed());
      assertNull(socket.getRemoteSocketAddress());
      assertNull(socket.getLocalSocketAddress());
      assertNull(socket.getChannel());
      assertNull(socket.getInetAddress());
      assertEquals(0, socket.getPort());
      assertEquals(-1, socket.getLocalPort());
      assertNotNull(socket.getLocalAddress());
      assertEquals("Socket[unconnected]", socket.toString());
      assertMessage("Socket is not connected", socket::getInputStream);
      assertMessage("Socket is not connected", socket::getOutputStream);
      assertMessage("Socket is not connected", socket::shutdownInput);
      assertMessage("Socket is not connected", socket::shutdownOutput);
    }
  }

  @Test
  void connectedSocketKnowsItsAddresses() throws IOException {
    try (ServerSocket listener = net().serverSocket();
        Socket near = net().socket()) {
      listener.bind(net().anyPort());
      SocketAddress to = addressOf(listener);
      near.connect(to, 5000);
      try (Socket far = listener.accept()) {
        assertTrue(near.isConnected());
        assertTrue(near.isBound());
        assertEquals(to, near.getRemoteSocketAddress());
        assertNotNull(near.getLocalSocketAddress());
        // A vsock port has 32 bits: as an int it may be negative.
        assertNotEquals(0, near.getPort());
        assertEquals(listener.getLocalPort(), near.getPort());
        assertEquals(far.getPort(), near.getLocalPort());
        assertNull(far.getChannel());
        assertThrows(SocketException.class, () -> near.connect(to));
        assertMessage("Already bound", () -> near.bind(null));
      }
    }
  }

  @Test
  void closedSocketSaysSo() throws IOException {
    Sockets sockets = connected();
    Socket socket = sockets.near();
    InputStream in = socket.getInputStream();
    OutputStream out = socket.getOutputStream();
    SocketAddress remote = socket.getRemoteSocketAddress();
    sockets.close();
    socket.close();
    assertMessage("Socket closed", in::read);
    assertMessage("Socket closed", () -> out.write(1));
    assertMessage("Socket is closed", socket::getInputStream);
    assertMessage("Socket is closed", socket::getOutputStream);
    assertMessage("Socket is closed", socket::shutdownInput);
    assertMessage("Socket is closed", socket::shutdownOutput);
    assertMessage("Socket is closed", () -> socket.bind(null));
    assertMessage("Socket is closed", () -> socket.setSoTimeout(1));
    assertMessage("Socket is closed", socket::getSoTimeout);
    assertMessage("Socket is closed", () -> socket.setKeepAlive(true));
    assertThrows(SocketException.class, () -> socket.connect(net().nobody()));
    assertTrue(socket.isClosed());
    assertTrue(socket.isConnected(), "closing does not undo it");
    assertTrue(socket.isBound());
    assertEquals(remote, socket.getRemoteSocketAddress());
  }

  @Test
  void badArgumentsAreRefused() throws IOException {
    try (Socket socket = net().socket();
        ServerSocket listener = net().serverSocket()) {
      assertThrows(IllegalArgumentException.class, () -> socket.connect(null));
      assertThrows(IllegalArgumentException.class, () -> socket.connect(net().nobody(), -1));
      SocketAddress other =
          new SocketAddress() {
            private static final long serialVersionUID = 1L;
          };
      assertThrows(IllegalArgumentException.class, () -> socket.connect(other));
      assertThrows(IllegalArgumentException.class, () -> socket.bind(other));
      assertThrows(IllegalArgumentException.class, () -> listener.bind(other));
      assertThrows(IllegalArgumentException.class, () -> socket.setSoTimeout(-1));
      assertThrows(IllegalArgumentException.class, () -> listener.setSoTimeout(-1));
      assertThrows(IllegalArgumentException.class, () -> socket.setSendBufferSize(0));
      assertThrows(IllegalArgumentException.class, () -> socket.setReceiveBufferSize(0));
      assertThrows(IllegalArgumentException.class, () -> socket.setSoLinger(true, -1));
    }
  }

  @Test
  void refusedConnectIsAConnectException() throws IOException {
    try (Socket socket = net().socket()) {
      assertThrows(ConnectException.class, () -> socket.connect(net().nobody()));
    }
    try (Socket socket = net().socket()) {
      assertThrows(ConnectException.class, () -> socket.connect(net().nobody(), 5000));
    }
  }

  // -- Streams --

  @Test
  void streamsCarryEverythingBothWaysAtOnce() throws Exception {
    byte[] sent = new byte[1_000_000];
    new Random(3).nextBytes(sent);
    try (Sockets sockets = connected()) {
      Background<byte[]> echo =
          Background.run(
              () -> {
                InputStream in = sockets.far().getInputStream();
                OutputStream out = sockets.far().getOutputStream();
                in.transferTo(out);
                sockets.far().shutdownOutput();
                return new byte[0];
              });
      Background<byte[]> reader =
          Background.run(() -> sockets.near().getInputStream().readAllBytes());
      OutputStream out = sockets.near().getOutputStream();
      out.write(sent[0] & 0xff);
      out.write(sent, 1, 10);
      out.write(sent, 11, sent.length - 11);
      out.flush();
      sockets.near().shutdownOutput();
      assertArrayEquals(sent, reader.result());
      echo.result();
    }
  }

  @Test
  void aByteOf255IsNotTheEnd() throws IOException {
    try (Sockets sockets = connected()) {
      sockets.near().getOutputStream().write(0xff);
      sockets.near().shutdownOutput();
      InputStream in = sockets.far().getInputStream();
      assertEquals(0xff, in.read());
      assertEquals(-1, in.read());
      assertEquals(-1, in.read(new byte[4]));
      assertEquals(0, in.read(new byte[0]));
      assertThrows(IndexOutOfBoundsException.class, () -> in.read(new byte[4], 2, 3));
    }
  }

  @Test
  void availableNeverTellsMoreThanIsThere() throws IOException {
    try (Sockets sockets = connected()) {
      InputStream in = sockets.far().getInputStream();
      assertEquals(0, in.available());
      sockets.near().getOutputStream().write(new byte[3]);
      assertEquals(1, in.read(new byte[1]));
      assertTrue(in.available() <= 2);
      sockets.far().shutdownInput();
      assertEquals(0, in.available());
      sockets.far().close();
      assertMessage("Socket closed", in::available);
    }
  }

  @Test
  void closingAStreamClosesTheSocket() throws IOException {
    try (Sockets sockets = connected()) {
      sockets.near().getInputStream().close();
      assertTrue(sockets.near().isClosed());
      sockets.far().getOutputStream().close();
      assertTrue(sockets.far().isClosed());
    }
  }

  @Test
  void shutdownEndsOneDirection() throws IOException {
    try (Sockets sockets = connected()) {
      Socket socket = sockets.near();
      InputStream in = socket.getInputStream();
      OutputStream out = socket.getOutputStream();
      socket.shutdownInput();
      assertTrue(socket.isInputShutdown());
      assertFalse(socket.isOutputShutdown());
      assertEquals(-1, in.read());
      assertMessage("Socket input is shutdown", socket::getInputStream);
      assertMessage("Socket input is already shutdown", socket::shutdownInput);
      out.write(1);
      socket.shutdownOutput();
      assertTrue(socket.isOutputShutdown());
      assertThrows(SocketException.class, () -> out.write(1));
      assertMessage("Socket output is shutdown", socket::getOutputStream);
      assertMessage("Socket output is already shutdown", socket::shutdownOutput);
      assertFalse(socket.isClosed());
    }
  }

  // -- Timeouts --

  @Test
  void readTimesOutAndTheSocketGoesOn() throws IOException {
    try (Sockets sockets = connected()) {
      sockets.near().setSoTimeout(20);
      assertEquals(20, sockets.near().getSoTimeout());
      InputStream in = sockets.near().getInputStream();
      assertThrows(SocketTimeoutException.class, in::read);
      assertFalse(sockets.near().isClosed());
      sockets.far().getOutputStream().write(7);
      sockets.near().setSoTimeout(0);
      assertEquals(7, in.read());
    }
  }

  @Test
  void acceptTimesOutAndTheListenerGoesOn() throws IOException {
    try (ServerSocket listener = net().serverSocket();
        Socket socket = net().socket()) {
      listener.bind(net().anyPort());
      listener.setSoTimeout(20);
      assertEquals(20, listener.getSoTimeout());
      assertThrows(SocketTimeoutException.class, listener::accept);
      socket.connect(addressOf(listener));
      listener.setSoTimeout(5000);
      listener.accept().close();
    }
  }

  // -- Closing and interrupting while a call waits --

  @Test
  void closeWakesABlockedReader() throws Exception {
    try (Sockets sockets = connected()) {
      InputStream in = sockets.near().getInputStream();
      Background<Integer> reader = Background.waiting("read", in::read);
      sockets.near().close();
      assertMessage("Socket closed", reader.failure());
    }
  }

  @Test
  void closeWakesABlockedReaderWithATimeout() throws Exception {
    try (Sockets sockets = connected()) {
      sockets.near().setSoTimeout(60_000);
      InputStream in = sockets.near().getInputStream();
      Background<Integer> reader = Background.waiting("read", in::read);
      sockets.near().close();
      assertMessage("Socket closed", reader.failure());
    }
  }

  @Test
  void closeWakesABlockedWriter() throws Exception {
    try (Sockets sockets = connected()) {
      OutputStream out = sockets.near().getOutputStream();
      Background<Object> writer =
          Background.waiting(
              "write",
              () -> {
                byte[] chunk = new byte[1 << 20];
                while (true) {
                  out.write(chunk);
                }
              });
      sockets.near().close();
      assertMessage("Socket closed", writer.failure());
    }
  }

  @Test
  void closeWakesABlockedAccept() throws Exception {
    ServerSocket listener = net().serverSocket();
    listener.bind(net().anyPort());
    Background<Socket> accepter = Background.waiting("accept", listener::accept);
    listener.close();
    assertMessage("Socket closed", accepter.failure());
  }

  @Test
  void interruptsDoNotDisturbASocket() throws Exception {
    try (Sockets sockets = connected()) {
      InputStream in = sockets.near().getInputStream();
      Background<Boolean> reader =
          Background.waiting(
              "read",
              () -> {
                assertEquals(7, in.read());
                return Thread.currentThread().isInterrupted();
              });
      reader.interrupt();
      sockets.far().getOutputStream().write(7);
      assertTrue(reader.result(), "the interrupt status is kept");
      assertFalse(sockets.near().isClosed());
    }
  }

  // -- Listeners --

  @Test
  void listenerKnowsItsState() throws IOException {
    ServerSocket listener = net().serverSocket();
    assertFalse(listener.isBound());
    assertNull(listener.getLocalSocketAddress());
    assertEquals(-1, listener.getLocalPort());
    assertEquals("ServerSocket[unbound]", listener.toString());
    assertMessage("Socket is not bound yet", listener::accept);
    listener.bind(null);
    assertTrue(listener.isBound());
    assertNotNull(listener.getLocalSocketAddress());
    assertNotEquals(-1, listener.getLocalPort());
    assertNull(listener.getChannel());
    assertMessage("Already bound", () -> listener.bind(null));
    listener.close();
    listener.close();
    assertTrue(listener.isClosed());
    assertTrue(listener.isBound(), "closing does not undo it");
    assertMessage("Socket is closed", listener::accept);
    assertMessage("Socket is closed", () -> listener.bind(null));
    assertMessage("Socket is closed", () -> listener.setSoTimeout(1));
  }

  @Test
  void optionsAreKept() throws IOException {
    try (Socket socket = net().socket();
        ServerSocket listener = net().serverSocket()) {
      socket.setKeepAlive(true);
      assertTrue(socket.getKeepAlive());
      socket.setReuseAddress(true);
      assertTrue(socket.getReuseAddress());
      assertEquals(-1, socket.getSoLinger());
      socket.setSoLinger(true, 3);
      assertEquals(3, socket.getSoLinger());
      socket.setSoLinger(false, 3);
      assertEquals(-1, socket.getSoLinger());
      socket.setPerformancePreferences(1, 2, 3);
      listener.setReuseAddress(true);
      assertTrue(listener.getReuseAddress());
      listener.setReceiveBufferSize(8192);
      assertTrue(listener.getReceiveBufferSize() > 0);
    }
  }

  // -- What channels give as sockets --

  @Test
  void channelsSocketSharesTheConnection() throws Exception {
    try (Pair pair = Pair.on(net())) {
      Socket socket = pair.near().socket();
      assertSame(socket, pair.near().socket());
      assertSame(pair.near(), socket.getChannel());
      assertTrue(socket.isConnected());
      socket.getOutputStream().write('x');
      assertEquals("x", Pair.read(pair.far(), 1));
      pair.far().socket().getOutputStream().write('y');
      assertEquals('y', socket.getInputStream().read());
      socket.shutdownOutput();
      socket.shutdownOutput();
      assertEquals(-1, pair.far().read(ByteBuffer.allocate(1)));
      socket.setSoTimeout(20);
      assertThrows(SocketTimeoutException.class, () -> socket.getInputStream().read());
      socket.close();
      assertFalse(pair.near().isOpen());
      assertFalse(socket.isConnected());
    }
  }

  @Test
  void channelsSocketIsForBlockingChannels() throws IOException {
    try (Pair pair = Pair.on(net())) {
      InputStream in = pair.near().socket().getInputStream();
      OutputStream out = pair.near().socket().getOutputStream();
      pair.near().configureBlocking(false);
      assertThrows(IllegalBlockingModeException.class, in::read);
      assertThrows(IllegalBlockingModeException.class, () -> out.write(1));
    }
  }

  @Test
  void channelsSocketIsClosedAndInterruptedLikeTheChannel() throws Exception {
    try (Pair pair = Pair.on(net());
        Pair other = Pair.on(net())) {
      InputStream in = pair.near().socket().getInputStream();
      Background<Integer> reader = Background.waiting("read", in::read);
      pair.near().close();
      assertInstanceOf(AsynchronousCloseException.class, reader.failure());
      InputStream otherIn = other.near().socket().getInputStream();
      Background<Integer> interrupted = Background.waiting("read", otherIn::read);
      interrupted.interrupt();
      assertInstanceOf(ClosedByInterruptException.class, interrupted.failure());
    }
  }

  @Test
  void listenersSocketSharesTheListener() throws IOException {
    try (ServerSocketChannel channel = net().listener();
        SocketChannel client = net().channel()) {
      ServerSocket socket = channel.socket();
      assertSame(socket, channel.socket());
      assertSame(channel, socket.getChannel());
      assertMessage("Socket is not bound yet", socket::accept);
      socket.bind(net().anyPort());
      assertNotNull(channel.getLocalAddress());
      socket.setSoTimeout(20);
      assertThrows(SocketTimeoutException.class, socket::accept);
      client.connect(Pair.addressOf(net(), channel));
      try (Socket accepted = socket.accept()) {
        assertNotNull(accepted.getChannel());
      }
      socket.setSoTimeout(0);
      channel.configureBlocking(false);
      assertThrows(IllegalBlockingModeException.class, socket::accept);
      socket.close();
      assertFalse(channel.isOpen());
    }
  }

  private static void assertMessage(String message, Executable executable) {
    assertMessage(message, assertThrows(SocketException.class, executable));
  }

  private static void assertMessage(String message, Throwable failure) {
    assertInstanceOf(SocketException.class, failure);
    assertEquals(message, failure.getMessage());
  }
}
