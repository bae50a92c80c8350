package dev.vsocklab.contract;

import static dev.vsocklab.contract.Pair.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockChannel;
import dev.vsocklab.VsockSocketException;
import dev.vsocklab.VsockSocketOptions;
import dev.vsocklab.VsockTimeoutException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What vsock's stream channels and sockets have besides the JDK's contract. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
public abstract class VsockStreamContract {
  private static final Duration SHORT = Duration.ofMillis(50);
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final long CREDIT_BYTES = 4096;

  /** The network to test. */
  protected abstract VsockNet net();

  /** Whether the kernel at the client's end has SIOCINQ: from Linux 6.17 on. */
  protected boolean countsUnreadBytes() {
    return true;
  }

  /** Whether the kernel at the client's end has SIOCOUTQ: from Linux 6.12 on. */
  protected boolean countsUnsentBytes() {
    return true;
  }

  /** Two channels, connected, of which either takes {@link #CREDIT_BYTES} unread. */
  private Pair pair() throws IOException {
    try (ServerSocketChannel listener = net().listener()) {
      listener.setOption(VsockSocketOptions.BUFFER_SIZE, CREDIT_BYTES);
      listener.bind(net().anyPort());
      SocketChannel near = net().channel();
      near.setOption(VsockSocketOptions.BUFFER_SIZE, CREDIT_BYTES);
      near.connect(Pair.addressOf(net(), listener));
      return new Pair(near, listener.accept());
    }
  }

  // -- VsockChannel --

  @Test
  void everyStreamChannelOfVsockIsOneAndNoOtherIs() throws IOException {
    try (Pair pair = pair();
        SocketChannel tcp = SocketChannel.open()) {
      assertSame(pair.near(), VsockChannel.of(pair.near()));
      assertSame(pair.far(), VsockChannel.of(pair.far()));
      assertThrows(IllegalArgumentException.class, () -> VsockChannel.of(tcp));
    }
  }

  @Test
  void channelWithoutConnectionRefusesThem() throws IOException {
    SocketChannel channel = net().channel();
    VsockChannel vsock = VsockChannel.of(channel);
    ByteBuffer one = ByteBuffer.allocate(1);
    assertThrows(NotYetConnectedException.class, () -> vsock.peek(one));
    assertThrows(NotYetConnectedException.class, () -> vsock.readFully(one));
    assertThrows(NotYetConnectedException.class, vsock::unreadBytes);
    assertThrows(NotYetConnectedException.class, vsock::unsentBytes);
    channel.close();
    assertThrows(ClosedChannelException.class, () -> vsock.peek(one));
    assertThrows(ClosedChannelException.class, () -> vsock.readFully(one));
    assertThrows(ClosedChannelException.class, vsock::unreadBytes);
    assertThrows(ClosedChannelException.class, vsock::unsentBytes);
  }

  @Test
  void peekLeavesTheBytes() throws IOException {
    try (Pair pair = pair()) {
      VsockChannel far = VsockChannel.of(pair.far());
      pair.near().write(bytes("0123456789"));
      ByteBuffer four = ByteBuffer.allocate(4);
      assertEquals(4, far.peek(four));
      assertEquals(bytes("0123"), four.flip());
      assertEquals(4, far.peek(four.clear()));
      assertEquals("0123456789", Pair.read(pair.far(), 10));
      pair.far().configureBlocking(false);
      assertEquals(0, far.peek(four.clear()));
      pair.near().close();
      pair.far().configureBlocking(true);
      assertEquals(-1, far.peek(four.clear()));
    }
  }

  @Test
  void readFullyWaitsForAsMuchAsThereIsRoomFor() throws Exception {
    try (Pair pair = pair()) {
      pair.near().write(bytes("01234"));
      ByteBuffer ten = ByteBuffer.allocate(10);
      Background<Integer> reader =
          Background.waiting("readFully", () -> VsockChannel.of(pair.far()).readFully(ten));
      pair.near().write(bytes("56789abc"));
      assertEquals(10, reader.result());
      assertEquals(bytes("0123456789"), ten.flip());
      assertEquals("abc", Pair.read(pair.far(), 3));
    }
  }

  @Test
  void readFullyGivesWhatCameBeforeTheEnd() throws IOException {
    try (Pair pair = pair()) {
      VsockChannel far = VsockChannel.of(pair.far());
      pair.near().write(bytes("012"));
      pair.near().shutdownOutput();
      assertEquals(3, far.readFully(ByteBuffer.allocate(10)));
      assertEquals(-1, far.readFully(ByteBuffer.allocate(10)));
      assertEquals(0, far.peek(ByteBuffer.allocate(0)));
      pair.far().configureBlocking(false);
      assertThrows(IllegalBlockingModeException.class, () -> far.readFully(ByteBuffer.allocate(1)));
    }
  }

  @Test
  void closeAndInterruptWakeThemAsTheyDoARead() throws Exception {
    try (Pair pair = pair();
        Pair other = pair()) {
      Background<Integer> reader =
          Background.waiting(
              "readFully", () -> VsockChannel.of(pair.near()).readFully(ByteBuffer.allocate(2)));
      pair.near().close();
      assertSame(AsynchronousCloseException.class, reader.failure().getClass());
      Background<Integer> peeker =
          Background.waiting(
              "peek", () -> VsockChannel.of(other.near()).peek(ByteBuffer.allocate(2)));
      peeker.interrupt();
      assertInstanceOf(ClosedByInterruptException.class, peeker.failure());
      assertFalse(other.near().isOpen());
    }
  }

  @Test
  void queuedBytesAreToldWhereTheKernelCountsThem() throws IOException {
    try (Pair pair = pair()) {
      VsockChannel near = VsockChannel.of(pair.near());
      pair.far().write(bytes("01234"));
      assertEquals(1, near.peek(ByteBuffer.allocate(1)));
      InputStream in = pair.near().socket().getInputStream();
      if (countsUnreadBytes()) {
        assertEquals(5, near.unreadBytes());
        assertEquals(5, in.available());
      } else {
        assertThrows(VsockSocketException.class, near::unreadBytes);
        assertEquals(0, in.available());
      }
      pair.near().write(bytes("x"));
      if (countsUnsentBytes()) {
        while (near.unsentBytes() > 0) {
          Thread.onSpinWait();
        }
      } else {
        assertThrows(VsockSocketException.class, near::unsentBytes);
      }
      pair.near().shutdownInput();
      assertEquals(0, in.available());
      pair.near().close();
      assertThrows(IOException.class, in::available);
    }
  }

  // -- Options --

  @Test
  void optionsAreKept() throws IOException {
    Map<SocketOption<?>, Object> values =
        Map.of(
            VsockSocketOptions.BUFFER_SIZE,
            8192L,
            VsockSocketOptions.BUFFER_MIN_SIZE,
            256L,
            VsockSocketOptions.BUFFER_MAX_SIZE,
            100_000L,
            VsockSocketOptions.CONNECT_TIMEOUT,
            Duration.ofSeconds(1),
            VsockSocketOptions.RECEIVE_TIMEOUT,
            Duration.ofSeconds(2),
            VsockSocketOptions.SEND_TIMEOUT,
            Duration.ofSeconds(3),
            VsockSocketOptions.RECEIVE_LOW_WATER,
            64);
    try (SocketChannel channel = net().channel();
        Socket socket = net().socket()) {
      for (Map.Entry<SocketOption<?>, Object> value : values.entrySet()) {
        assertTrue(channel.supportedOptions().contains(value.getKey()));
        keep(channel, value.getKey(), value.getValue());
        assertTrue(socket.supportedOptions().contains(value.getKey()));
        keep(socket, value.getKey(), value.getValue());
      }
    }
  }

  private static <T> void keep(SocketChannel channel, SocketOption<T> option, Object value)
      throws IOException {
    channel.setOption(option, option.type().cast(value));
    assertEquals(value, channel.getOption(option), option.name());
  }

  private static <T> void keep(Socket socket, SocketOption<T> option, Object value)
      throws IOException {
    socket.setOption(option, option.type().cast(value));
    assertEquals(value, socket.getOption(option), option.name());
  }

  @Test
  void readableMeansAsManyBytesAsRequested() throws IOException {
    try (Pair pair = pair();
        Selector selector = pair.near().provider().openSelector()) {
      pair.near().setOption(VsockSocketOptions.RECEIVE_LOW_WATER, 10);
      pair.near().configureBlocking(false);
      pair.near().register(selector, SelectionKey.OP_READ);
      pair.far().write(bytes("012345678"));
      ByteBuffer nine = ByteBuffer.allocate(9);
      while (VsockChannel.of(pair.near()).peek(nine.clear()) < 9) {
        Thread.onSpinWait();
      }
      assertEquals(0, selector.selectNow());
      pair.far().write(bytes("9"));
      assertEquals(1, selector.select());
    }
  }

  // -- The socket's own timeouts --

  @Test
  void receiveTimeoutIsATimeoutExceptionOfEveryReadThatWaits() throws IOException {
    try (Pair pair = pair()) {
      SocketChannel near = pair.near();
      near.setOption(VsockSocketOptions.RECEIVE_TIMEOUT, SHORT);
      ByteBuffer dst = ByteBuffer.allocate(4);
      VsockTimeoutException e = assertThrows(VsockTimeoutException.class, () -> near.read(dst));
      assertSame(Errno.EAGAIN, e.errno());
      assertTrue(e.toString().contains("RECEIVE_TIMEOUT"), e::toString);
      assertThrows(VsockTimeoutException.class, () -> near.read(new ByteBuffer[] {dst, dst}));
      assertThrows(VsockTimeoutException.class, () -> VsockChannel.of(near).peek(dst));
      assertThrows(VsockTimeoutException.class, () -> VsockChannel.of(near).readFully(dst));
      InputStream in = near.socket().getInputStream();
      VsockTimeoutException ofStream = assertThrows(VsockTimeoutException.class, in::read);
      assertTrue(ofStream.toString().contains("RECEIVE_TIMEOUT"), ofStream::toString);
      assertTrue(near.isOpen());
      pair.far().write(bytes("ab"));
      assertEquals(2, VsockChannel.of(near).readFully(dst));
      near.configureBlocking(false);
      assertEquals(0, near.read(dst));
    }
  }

  @Test
  void socketTimeoutKeepsItsMeaningBesideTheReceiveTimeout() throws IOException {
    try (Pair pair = pair()) {
      Socket socket = pair.near().socket();
      InputStream in = socket.getInputStream();
      pair.near().setOption(VsockSocketOptions.RECEIVE_TIMEOUT, LONG);
      socket.setSoTimeout(20);
      VsockTimeoutException e = assertThrows(VsockTimeoutException.class, in::read);
      assertTrue(e.toString().contains("20 ms"), e::toString);
      assertEquals(20, socket.getSoTimeout());
      assertEquals(LONG, pair.near().getOption(VsockSocketOptions.RECEIVE_TIMEOUT));
    }
  }

  @Test
  void sendTimeoutIsATimeoutExceptionOfEveryWriteThatWaits() throws IOException {
    try (Pair pair = pair()) {
      SocketChannel near = pair.near();
      near.setOption(VsockSocketOptions.SEND_TIMEOUT, SHORT);
      OutputStream out = near.socket().getOutputStream();
      VsockTimeoutException e =
          assertThrows(
              VsockTimeoutException.class, () -> out.write(new byte[(int) CREDIT_BYTES + 1]));
      assertSame(Errno.EAGAIN, e.errno());
      assertTrue(e.toString().contains("SEND_TIMEOUT"), e::toString);
      assertEquals(CREDIT_BYTES, e.bytesTransferred);
      ByteBuffer src = ByteBuffer.allocate(4);
      assertThrows(VsockTimeoutException.class, () -> near.write(src));
      assertThrows(VsockTimeoutException.class, () -> near.write(new ByteBuffer[] {src, src}));
      assertEquals(4, src.remaining());
      assertTrue(near.isOpen());
      near.configureBlocking(false);
      assertEquals(0, near.write(src));
    }
  }

  @Test
  void writeThatTheSendTimeoutEndsOnTheWayGivesItsCount() throws IOException {
    try (Pair pair = pair()) {
      SocketChannel near = pair.near();
      near.setOption(VsockSocketOptions.SEND_TIMEOUT, SHORT);
      int chunk = 70_000; // more than one packet, so that a gathering write makes two calls
      ByteBuffer[] srcs = {ByteBuffer.allocate((int) CREDIT_BYTES), ByteBuffer.allocate(chunk)};
      assertEquals(CREDIT_BYTES, near.write(srcs));
      assertEquals(chunk, srcs[0].remaining() + srcs[1].remaining());
    }
  }

  @Test
  void receiveTimeoutOfAListenerBoundsAccept() throws IOException {
    try (ServerSocketChannel listener = net().listener().bind(net().anyPort());
        ServerSocket socket = net().serverSocket()) {
      listener.setOption(VsockSocketOptions.RECEIVE_TIMEOUT, SHORT);
      VsockTimeoutException e = assertThrows(VsockTimeoutException.class, listener::accept);
      assertTrue(e.toString().contains("RECEIVE_TIMEOUT"), e::toString);
      assertTrue(listener.isOpen());
      assertThrows(VsockTimeoutException.class, () -> listener.socket().accept());
      socket.bind(net().anyPort());
      socket.setOption(VsockSocketOptions.RECEIVE_TIMEOUT, SHORT);
      assertThrows(VsockTimeoutException.class, socket::accept);
      try (SocketChannel near = net().channel()) {
        near.connect(Pair.addressOf(net(), listener));
        Objects.requireNonNull(listener.accept()).close();
      }
    }
  }
}
