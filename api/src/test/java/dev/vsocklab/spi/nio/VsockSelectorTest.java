package dev.vsocklab.spi.nio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockCapability;
import dev.vsocklab.contract.Background;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.IllegalSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the selector promises beyond the JDK's contract: no spinning, no lost event. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class VsockSelectorTest {
  private static final VsockAddress NOBODY = VsockAddress.of(MemoryNet.CID, 1);

  private final MemoryNet net = new MemoryNet();
  private final NioVsockProvider vsock =
      new NioVsockProvider(net, EnumSet.of(VsockCapability.STREAM));

  private record Pair(SocketChannel near, SocketChannel far) {}

  private Pair pair() throws IOException {
    try (ServerSocketChannel listener = vsock.openServerSocketChannel()) {
      listener.bind(null);
      SocketChannel near = vsock.openSocketChannel();
      near.connect(
          VsockAddress.of(MemoryNet.CID, ((VsockAddress) listener.getLocalAddress()).port()));
      near.configureBlocking(false);
      return new Pair(near, listener.accept());
    }
  }

  @Test
  void idleConnectionsCostASelectionNothing() throws IOException {
    try (Selector selector = vsock.openSelector()) {
      List<Pair> pairs = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        pairs.add(pair());
        pairs.get(i).near().register(selector, SelectionKey.OP_READ);
      }
      selector.selectNow();
      int before = net.polls.get();
      for (int i = 0; i < 10; i++) {
        assertEquals(0, selector.selectNow());
      }
      assertEquals(0, net.polls.get() - before);
      pairs.get(7).far().write(ByteBuffer.allocate(1));
      assertEquals(1, selector.selectNow());
      assertEquals(1, net.polls.get() - before);
    }
  }

  @Test
  void waitingSelectionDoesNotPoll() throws Exception {
    try (Selector selector = vsock.openSelector()) {
      Pair pair = pair();
      pair.near().register(selector, SelectionKey.OP_READ);
      Background<Integer> selecting = Background.waiting("select", () -> selector.select());
      int before = net.polls.get();
      for (int i = 0; i < 10; i++) {
        pair(); // much goes on in the net, none of it concerns the key
      }
      assertEquals(before, net.polls.get());
      pair.far().write(ByteBuffer.allocate(1));
      assertEquals(1, selecting.result());
    }
  }

  @Test
  void unconnectedChannelIsWritableOnVsockButNothingIsReady() throws Exception {
    net.silence(NOBODY);
    try (Selector selector = vsock.openSelector();
        SocketChannel channel = vsock.openSocketChannel()) {
      channel.configureBlocking(false);
      SelectionKey key =
          channel.register(
              selector, SelectionKey.OP_CONNECT | SelectionKey.OP_WRITE | SelectionKey.OP_READ);
      assertEquals(0, selector.selectNow());
      assertEquals(0, net.polls.get());
      Background<Integer> selecting = Background.waiting("select", () -> selector.select());
      // Connected while the selection waits: it takes notice without a wakeup.
      assertFalse(channel.connect(NOBODY));
      net.answer();
      assertEquals(1, selecting.result());
      assertTrue(key.isConnectable());
    }
  }

  @Test
  void connectedWhileTheSelectionWaitsIsNoticed() throws Exception {
    ServerSocketChannel listener = vsock.openServerSocketChannel();
    listener.bind(VsockAddress.any(7000));
    try (Selector selector = vsock.openSelector();
        SocketChannel channel = vsock.openSocketChannel()) {
      channel.configureBlocking(false);
      SelectionKey key = channel.register(selector, SelectionKey.OP_WRITE);
      Background<Integer> selecting = Background.waiting("select", () -> selector.select());
      assertTrue(channel.connect(VsockAddress.of(MemoryNet.CID, 7000)));
      assertEquals(1, selecting.result());
      assertTrue(key.isWritable());
    }
  }

  @Test
  void errorMakesEveryInterestReady() throws IOException {
    try (Selector selector = vsock.openSelector()) {
      Pair pair = pair();
      SelectionKey key = pair.near().register(selector, SelectionKey.OP_READ);
      assertEquals(0, selector.selectNow());
      net.sockets.get(1).failReads(Errno.ECONNRESET);
      assertEquals(1, selector.select());
      assertEquals(SelectionKey.OP_READ, key.readyOps());
    }
  }

  @Test
  void lostMachineMakesItsKeysReadyAndTheCallTells() throws Exception {
    try (Selector selector = vsock.openSelector()) {
      Pair pair = pair();
      SelectionKey key = pair.near().register(selector, SelectionKey.OP_READ);
      Background<Integer> selecting = Background.waiting("select", () -> selector.select());
      net.lose("vm(42) is gone.");
      assertEquals(1, selecting.result());
      assertTrue(key.isReadable());
      assertEquals(
          "vm(42) is gone.",
          assertThrows(IOException.class, () -> pair.near().read(ByteBuffer.allocate(1)))
              .getMessage());
    }
  }

  @Test
  void socketClosedBeneathItsChannelMakesTheKeyReady() throws Exception {
    try (Selector selector = vsock.openSelector()) {
      Pair pair = pair();
      pair.near().register(selector, SelectionKey.OP_READ);
      Background<Integer> selecting = Background.waiting("select", () -> selector.select());
      net.sockets.get(1).close();
      assertEquals(1, selecting.result());
      assertThrows(
          AsynchronousCloseException.class, () -> pair.near().read(ByteBuffer.allocate(1)));
      assertEquals(0, selector.selectNow());
      assertEquals(Set.of(), selector.keys());
    }
  }

  @Test
  void foreignChannelsAndSelectorsAreRefused() throws IOException {
    NioVsockProvider other = new NioVsockProvider(net, EnumSet.of(VsockCapability.STREAM));
    try (Selector selector = vsock.openSelector();
        Selector jdks = Selector.open();
        SocketChannel tcp = SocketChannel.open();
        SocketChannel others = other.openSocketChannel();
        SocketChannel own = vsock.openSocketChannel()) {
      for (SocketChannel channel : List.of(tcp, others, own)) {
        channel.configureBlocking(false);
      }
      assertThrows(
          IllegalSelectorException.class, () -> tcp.register(selector, SelectionKey.OP_READ));
      assertThrows(
          IllegalSelectorException.class, () -> others.register(selector, SelectionKey.OP_READ));
      assertThrows(IllegalSelectorException.class, () -> own.register(jdks, SelectionKey.OP_READ));
      assertSame(selector, own.register(selector, SelectionKey.OP_READ).selector());
    }
  }

  @Test
  void secondSelectorsWatchDoesNotReplaceTheFirsts() throws Exception {
    Pair pair = pair();
    try (Selector reading = vsock.openSelector();
        Selector writing = vsock.openSelector()) {
      pair.near().write(ByteBuffer.allocate(MemorySocket.CREDIT_BYTES));
      pair.near().register(reading, SelectionKey.OP_READ);
      assertEquals(0, reading.selectNow());
      pair.near().register(writing, SelectionKey.OP_WRITE);
      assertEquals(0, writing.selectNow());
      // Both are armed now, for different events of one socket.
      pair.far().write(ByteBuffer.allocate(1));
      assertEquals(1, reading.selectNow());
      assertEquals(0, writing.selectNow());
      pair.far().read(ByteBuffer.allocate(1));
      assertEquals(1, writing.selectNow());
    }
  }

  @Test
  void noEventIsLostBetweenTwoSelectorsAndManyWriters() throws Exception {
    int rounds = 2_000;
    Pair pair = pair();
    try (Selector reading = vsock.openSelector();
        Selector writing = vsock.openSelector()) {
      pair.near().register(reading, SelectionKey.OP_READ);
      pair.near().register(writing, SelectionKey.OP_WRITE);
      // The far end echoes byte by byte; both selectors wait for the same socket all the while.
      Background<Long> echo = Background.run(() -> echo(pair.far()));
      Background<Long> writer = Background.run(() -> writeSelecting(pair.near(), writing, rounds));
      long read = 0;
      ByteBuffer dst = ByteBuffer.allocate(100);
      while (read < rounds * 100L) {
        reading.select();
        reading.selectedKeys().clear();
        read += pair.near().read(dst.clear());
      }
      assertEquals(rounds * 100L, writer.result());
      pair.near().close();
      assertEquals(rounds * 100L, echo.result());
    }
  }

  private static long echo(SocketChannel channel) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(64);
    long total = 0;
    while (channel.read(buffer.clear()) >= 0) {
      total += channel.write(buffer.flip());
    }
    return total;
  }

  private static long writeSelecting(SocketChannel channel, Selector selector, int rounds)
      throws IOException {
    long total = 0;
    for (int i = 0; i < rounds; i++) {
      ByteBuffer src = ByteBuffer.allocate(100);
      while (src.hasRemaining()) {
        if (channel.write(src) == 0) {
          selector.select();
          selector.selectedKeys().clear();
        }
      }
      total += src.position();
    }
    return total;
  }
}
