package dev.vsocklab.contract;

import static dev.vsocklab.contract.Pair.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ConnectException;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The contract of {@link Selector} and {@link SelectionKey}. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
public abstract class SelectorContract {

  /** The network to test: its selectors take the channels of both its ends. */
  protected abstract ContractNet net();

  private Pair nonBlockingPair() throws IOException {
    Pair pair = Pair.on(net());
    pair.near().configureBlocking(false);
    return pair;
  }

  // -- What is selected --

  @Test
  void dataMakesAReaderReadyUntilItIsRead() throws IOException {
    try (Pair pair = nonBlockingPair();
        Selector selector = net().selector()) {
      SelectionKey key = pair.near().register(selector, SelectionKey.OP_READ, "mine");
      assertEquals(0, selector.selectNow());
      pair.far().write(bytes("ab"));
      assertEquals(1, selector.select());
      assertEquals(Set.of(key), selector.selectedKeys());
      assertTrue(key.isReadable());
      assertFalse(key.isWritable());
      assertEquals("mine", key.attachment());
      selector.selectedKeys().clear();
      assertEquals("a", Pair.read(pair.near(), 1));
      assertEquals(1, selector.select(), "one byte is still there");
      selector.selectedKeys().clear();
      assertEquals("b", Pair.read(pair.near(), 1));
      assertEquals(0, selector.selectNow());
      pair.far().write(bytes("c"));
      assertEquals(1, selector.select());
    }
  }

  @Test
  void keyThatStaysSelectedCountsOnlyWhenItsReadySetChanges() throws IOException {
    try (Pair pair = nonBlockingPair();
        Selector selector = net().selector()) {
      SelectionKey key = pair.near().register(selector, SelectionKey.OP_READ);
      pair.far().write(bytes("a"));
      assertEquals(1, selector.select());
      assertEquals(0, selector.select(), "ready all the same, so it returns at once");
      key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
      assertEquals(1, selector.select());
      assertTrue(key.isReadable());
      assertTrue(key.isWritable());
    }
  }

  @Test
  void creditMakesAWriterReady() throws Exception {
    try (Pair pair = nonBlockingPair();
        Selector selector = net().selector()) {
      SelectionKey key = pair.near().register(selector, SelectionKey.OP_WRITE);
      assertEquals(1, selector.select());
      long filled = 0;
      do {
        filled += Pair.fill(pair.near()); // TCP moves bytes on for a while
        selector.selectedKeys().clear();
      } while (selector.selectNow() != 0);
      Background<Integer> selecting = Background.run(() -> selector.select());
      long read = 0;
      ByteBuffer dst = ByteBuffer.allocate(64 * 1024);
      while (read < filled) {
        read += pair.far().read(dst.clear());
      }
      assertEquals(1, selecting.result());
      assertTrue(key.isWritable());
    }
  }

  @Test
  void connectionMakesAListenerReady() throws Exception {
    try (ServerSocketChannel listener = net().listener();
        Selector selector = net().selector();
        SocketChannel channel = net().channel()) {
      listener.configureBlocking(false);
      SelectionKey key = listener.register(selector, SelectionKey.OP_ACCEPT);
      listener.bind(net().anyPort());
      assertEquals(0, selector.selectNow());
      Background<Integer> selecting = Background.waiting("select", () -> selector.select());
      channel.connect(Pair.addressOf(net(), listener));
      assertEquals(1, selecting.result());
      assertTrue(key.isAcceptable());
      selector.selectedKeys().clear();
      listener.accept().close();
      assertEquals(0, selector.selectNow());
    }
  }

  @Test
  void answerMakesAConnecterReady() throws IOException {
    try (ServerSocketChannel listener = net().listener().bind(net().anyPort());
        Selector selector = net().selector();
        SocketChannel channel = net().channel()) {
      channel.configureBlocking(false);
      SelectionKey key = null;
      if (!channel.connect(Pair.addressOf(net(), listener))) {
        key = channel.register(selector, SelectionKey.OP_CONNECT);
        assertEquals(1, selector.select());
        assertTrue(key.isConnectable());
        assertTrue(channel.finishConnect());
        selector.selectedKeys().clear();
        assertEquals(0, selector.selectNow(), "connected: OP_CONNECT is never ready again");
        key.interestOps(SelectionKey.OP_WRITE);
      } else {
        key = channel.register(selector, SelectionKey.OP_WRITE);
      }
      assertEquals(1, selector.select());
      assertTrue(key.isWritable());
    }
  }

  @Test
  void refusalMakesAConnecterReadyAndFinishConnectThrow() throws IOException {
    try (Selector selector = net().selector()) {
      SocketChannel channel = net().channel();
      channel.configureBlocking(false);
      channel.register(selector, SelectionKey.OP_CONNECT);
      assertThrows(
          ConnectException.class,
          () -> {
            assertFalse(channel.connect(net().nobody()));
            assertEquals(1, selector.select());
            channel.finishConnect();
          });
      assertFalse(channel.isOpen());
      selector.selectNow();
      assertEquals(Set.of(), selector.keys());
    }
  }

  @Test
  void endOfTheStreamMakesAReaderReady() throws IOException {
    try (Pair pair = nonBlockingPair();
        Selector selector = net().selector()) {
      SelectionKey key = pair.near().register(selector, SelectionKey.OP_READ);
      pair.far().close();
      assertEquals(1, selector.select());
      assertTrue(key.isReadable());
      assertEquals(-1, pair.near().read(ByteBuffer.allocate(1)));
    }
  }

  @Test
  void keyWithoutInterestIsNotSelected() throws Exception {
    try (Pair pair = nonBlockingPair();
        Selector selector = net().selector()) {
      SelectionKey key = pair.near().register(selector, SelectionKey.OP_READ);
      pair.far().write(bytes("a"));
      assertEquals(1, selector.select());
      selector.selectedKeys().clear();
      key.interestOps(0);
      assertEquals(0, selector.selectNow());
      Background<Integer> selecting = Background.waiting("select", () -> selector.select());
      assertEquals(SelectionKey.OP_READ, key.interestOps(SelectionKey.OP_READ).interestOps());
      selector.wakeup();
      selecting.result();
      selector.select(5000);
      assertEquals(Set.of(key), selector.selectedKeys());
    }
  }

  @Test
  void interestCanBeChangedBitwise() throws IOException {
    try (Pair pair = nonBlockingPair();
        Selector selector = net().selector()) {
      SelectionKey key = pair.near().register(selector, 0);
      assertEquals(0, key.interestOpsOr(SelectionKey.OP_WRITE));
      assertEquals(1, selector.selectNow());
      selector.selectedKeys().clear();
      assertEquals(SelectionKey.OP_WRITE, key.interestOpsAnd(SelectionKey.OP_READ));
      assertEquals(0, key.interestOps());
      assertEquals(0, selector.selectNow());
      assertThrows(IllegalArgumentException.class, () -> key.interestOps(SelectionKey.OP_ACCEPT));
      assertThrows(IllegalArgumentException.class, () -> key.interestOpsOr(SelectionKey.OP_ACCEPT));
    }
  }

  @Test
  void registeringAgainChangesInterestAndAttachment() throws IOException {
    try (Pair pair = nonBlockingPair();
        Selector selector = net().selector()) {
      SelectionKey key = pair.near().register(selector, SelectionKey.OP_READ, 1);
      assertSame(key, pair.near().register(selector, SelectionKey.OP_WRITE, 2));
      assertEquals(SelectionKey.OP_WRITE, key.interestOps());
      assertEquals(2, key.attachment());
      assertSame(key, pair.near().keyFor(selector));
      assertEquals(1, selector.keys().size());
    }
  }

  @Test
  void oneChannelMakesTwoSelectorsReady() throws Exception {
    try (Pair pair = nonBlockingPair();
        Selector first = net().selector();
        Selector second = net().selector()) {
      pair.near().register(first, SelectionKey.OP_READ);
      pair.near().register(second, SelectionKey.OP_READ);
      for (int round = 0; round < 20; round++) {
        Background<Integer> one = Background.waiting("select", () -> first.select());
        Background<Integer> two = Background.waiting("select", () -> second.select());
        pair.far().write(bytes("x"));
        assertEquals(1, one.result());
        assertEquals(1, two.result());
        first.selectedKeys().clear();
        second.selectedKeys().clear();
        assertEquals("x", Pair.read(pair.near(), 1));
      }
    }
  }

  // -- Waiting --

  @Test
  void selectReturnsNothingAfterItsTimeout() throws IOException {
    try (Pair pair = nonBlockingPair();
        Selector selector = net().selector()) {
      pair.near().register(selector, SelectionKey.OP_READ);
      assertEquals(0, selector.select(30));
      assertEquals(0, selector.selectNow());
      assertEquals(Set.of(), selector.selectedKeys());
      assertThrows(IllegalArgumentException.class, () -> selector.select(-1));
    }
  }

  @Test
  void wakeupEndsTheSelectionThatWaits() throws Exception {
    try (Selector selector = net().selector()) {
      Background<Integer> selecting = Background.waiting("select", () -> selector.select());
      assertSame(selector, selector.wakeup());
      assertEquals(0, selecting.result());
      Background<Integer> next = Background.waiting("select", () -> selector.select());
      selector.wakeup();
      assertEquals(0, next.result());
    }
  }

  @Test
  void wakeupBeforehandEndsTheNextSelectionOnly() throws Exception {
    try (Selector selector = net().selector()) {
      selector.wakeup();
      selector.wakeup();
      assertEquals(0, selector.select());
      selector.wakeup();
      selector.selectNow();
      Background<Integer> selecting = Background.waiting("select", () -> selector.select());
      selector.wakeup();
      assertEquals(0, selecting.result());
    }
  }

  @Test
  void interruptEndsTheSelectionAndStays() throws Exception {
    try (Selector selector = net().selector()) {
      Background<Boolean> selecting =
          Background.waiting(
              "select",
              () -> {
                assertEquals(0, selector.select());
                assertTrue(Thread.currentThread().isInterrupted());
                assertEquals(0, selector.select(), "at once: still interrupted");
                return Thread.currentThread().isInterrupted();
              });
      selecting.interrupt();
      assertTrue(selecting.result());
      assertTrue(selector.isOpen());
    }
  }

  @Test
  void closeEndsTheSelectionThatWaits() throws Exception {
    try (Pair pair = nonBlockingPair()) {
      Selector selector = net().selector();
      SelectionKey key = pair.near().register(selector, SelectionKey.OP_READ);
      Background<Integer> selecting = Background.waiting("select", () -> selector.select());
      selector.close();
      assertEquals(0, selecting.result());
      assertFalse(key.isValid());
      assertFalse(pair.near().isRegistered());
      assertThrows(ClosedSelectorException.class, selector::select);
      assertThrows(ClosedSelectorException.class, selector::selectNow);
      assertThrows(ClosedSelectorException.class, () -> selector.select(1));
      assertThrows(ClosedSelectorException.class, selector::keys);
      assertThrows(ClosedSelectorException.class, selector::selectedKeys);
      assertThrows(ClosedSelectorException.class, () -> pair.near().register(selector, 0));
      selector.close();
      assertTrue(pair.near().isOpen());
      pair.near().configureBlocking(true);
    }
  }

  @Test
  void registeringDoesNotWaitForTheSelectionThatWaits() throws Exception {
    try (Pair pair = nonBlockingPair();
        Selector selector = net().selector()) {
      Background<Integer> selecting = Background.waiting("select", () -> selector.select());
      SelectionKey key = pair.near().register(selector, SelectionKey.OP_WRITE);
      assertTrue(selector.keys().contains(key));
      selector.wakeup();
      selecting.result();
      selector.select(5000);
      assertTrue(key.isWritable());
    }
  }

  // -- Keys that end --

  @Test
  void cancelledKeyLeavesAtTheNextSelection() throws IOException {
    try (Pair pair = nonBlockingPair();
        Selector selector = net().selector()) {
      SelectionKey key = pair.near().register(selector, SelectionKey.OP_WRITE);
      assertEquals(1, selector.select());
      key.cancel();
      key.cancel();
      assertFalse(key.isValid());
      assertThrows(CancelledKeyException.class, key::interestOps);
      assertThrows(CancelledKeyException.class, () -> key.interestOps(0));
      assertThrows(CancelledKeyException.class, key::readyOps);
      assertThrows(
          CancelledKeyException.class, () -> pair.near().register(selector, SelectionKey.OP_READ));
      assertTrue(pair.near().isRegistered());
      assertEquals(0, selector.selectNow());
      assertEquals(Set.of(), selector.selectedKeys());
      assertEquals(Set.of(), selector.keys());
      assertFalse(pair.near().isRegistered());
      assertNull(pair.near().keyFor(selector));
      SelectionKey again = pair.near().register(selector, SelectionKey.OP_WRITE);
      assertEquals(1, selector.select());
      assertEquals(Set.of(again), selector.selectedKeys());
    }
  }

  @Test
  void closingAChannelEndsItsKey() throws IOException {
    try (Pair pair = nonBlockingPair();
        Selector selector = net().selector()) {
      SelectionKey key = pair.near().register(selector, SelectionKey.OP_READ);
      assertEquals(0, selector.selectNow());
      pair.near().close();
      assertFalse(key.isValid());
      assertEquals(0, selector.selectNow());
      assertEquals(Set.of(), selector.keys());
      assertEquals(-1, pair.far().read(ByteBuffer.allocate(1)), "the peer sees it");
    }
  }

  @Test
  void closingAChannelDoesNotEndTheSelection() throws Exception {
    try (Pair pair = nonBlockingPair();
        Pair other = nonBlockingPair();
        Selector selector = net().selector()) {
      pair.near().register(selector, SelectionKey.OP_READ);
      SelectionKey stays = other.near().register(selector, SelectionKey.OP_READ);
      Background<Integer> selecting = Background.waiting("select", () -> selector.select());
      pair.near().close();
      other.far().write(bytes("x"));
      assertEquals(1, selecting.result());
      assertEquals(Set.of(stays), selector.selectedKeys());
    }
  }

  @Test
  void blockingModeAndRegistrationExcludeEachOther() throws IOException {
    try (Pair pair = Pair.on(net());
        Selector selector = net().selector()) {
      assertThrows(
          IllegalBlockingModeException.class,
          () -> pair.near().register(selector, SelectionKey.OP_READ));
      pair.near().configureBlocking(false);
      pair.near().register(selector, SelectionKey.OP_READ);
      assertThrows(IllegalBlockingModeException.class, () -> pair.near().configureBlocking(true));
      assertThrows(
          IllegalArgumentException.class,
          () -> pair.near().register(selector, SelectionKey.OP_ACCEPT));
      pair.near().close();
      assertThrows(
          ClosedChannelException.class, () -> pair.near().register(selector, SelectionKey.OP_READ));
    }
  }

  @Test
  void keySetsCannotBeAddedTo() throws IOException {
    try (Pair pair = nonBlockingPair();
        Selector selector = net().selector()) {
      SelectionKey key = pair.near().register(selector, SelectionKey.OP_WRITE);
      assertThrows(UnsupportedOperationException.class, () -> selector.keys().remove(key));
      assertThrows(UnsupportedOperationException.class, () -> selector.keys().clear());
      assertEquals(1, selector.select());
      assertThrows(UnsupportedOperationException.class, () -> selector.selectedKeys().add(key));
      assertTrue(selector.selectedKeys().remove(key));
      assertEquals(Set.of(), selector.selectedKeys());
    }
  }

  // -- Selecting with an action --

  @Test
  void actionGetsEachReadyKeyOnce() throws IOException {
    try (Pair pair = nonBlockingPair();
        Pair other = nonBlockingPair();
        Selector selector = net().selector()) {
      Set<SelectionKey> expected =
          Set.of(
              pair.near().register(selector, SelectionKey.OP_WRITE),
              other.near().register(selector, SelectionKey.OP_WRITE));
      List<SelectionKey> seen = new ArrayList<>();
      assertEquals(2, selector.select(seen::add));
      assertEquals(2, seen.size());
      assertEquals(expected, new HashSet<>(seen));
      assertEquals(Set.of(), selector.selectedKeys());
      assertEquals(2, selector.selectNow(seen::add), "still ready");
      assertEquals(2, selector.select(seen::add, 1000));
      seen.forEach(key -> assertTrue(key.isWritable()));
    }
  }

  @Test
  void actionMayNotSelectButMayClose() throws IOException {
    try (Pair pair = nonBlockingPair()) {
      Selector selector = net().selector();
      pair.near().register(selector, SelectionKey.OP_WRITE);
      assertEquals(
          1,
          selector.select(key -> assertThrows(IllegalStateException.class, selector::selectNow)));
      assertThrows(
          IllegalStateException.class,
          () ->
              selector.select(
                  key -> {
                    throw new IllegalStateException("the action's own");
                  }));
      assertEquals(1, selector.selectNow(key -> {}));
      assertThrows(
          ClosedSelectorException.class,
          () ->
              selector.select(
                  key -> {
                    try {
                      selector.close();
                    } catch (IOException e) {
                      throw new AssertionError(e);
                    }
                  }));
    }
  }

  @Test
  void actionsThatAreMissingAreRefused() throws IOException {
    try (Selector selector = net().selector()) {
      assertThrows(NullPointerException.class, () -> selector.select(null));
      assertThrows(NullPointerException.class, () -> selector.selectNow(null));
      assertThrows(NullPointerException.class, () -> selector.select(null, 1));
      assertThrows(IllegalArgumentException.class, () -> selector.select(key -> {}, -1));
    }
  }

  // -- All together --

  @Test
  void oneThreadServesAHundredConnections() throws Exception {
    int connections = 100;
    try (ServerSocketChannel listener = net().listener().bind(net().anyPort(), 200);
        Selector selector = net().selector()) {
      listener.configureBlocking(false);
      listener.register(selector, SelectionKey.OP_ACCEPT);
      Background<Integer> server = Background.run(() -> echoUntilClosed(selector, connections));
      List<SocketChannel> clients = new ArrayList<>();
      for (int i = 0; i < connections; i++) {
        SocketChannel client = net().channel();
        client.connect(Pair.addressOf(net(), listener));
        clients.add(client);
      }
      for (int round = 0; round < 5; round++) {
        for (int i = 0; i < connections; i++) {
          clients.get(i).write(bytes(String.format("%04d", i * 7 + round)));
        }
        for (int i = connections - 1; i >= 0; i--) {
          assertEquals(String.format("%04d", i * 7 + round), Pair.read(clients.get(i), 4));
        }
      }
      for (SocketChannel client : clients) {
        client.close();
      }
      assertEquals(connections, server.result());
    }
  }

  /** An ordinary event loop; returns how many connections it saw the end of. */
  private static int echoUntilClosed(Selector selector, int connections) throws IOException {
    int ended = 0;
    ByteBuffer buffer = ByteBuffer.allocate(64);
    while (ended < connections) {
      selector.select();
      for (SelectionKey key : selector.selectedKeys()) {
        if (key.channel() instanceof ServerSocketChannel listener) {
          SocketChannel accepted = listener.accept();
          assertInstanceOf(SocketChannel.class, accepted);
          accepted.configureBlocking(false);
          accepted.register(selector, SelectionKey.OP_READ);
        } else if (key.channel() instanceof SocketChannel connection) {
          if (connection.read(buffer.clear()) < 0) {
            connection.close();
            ended++;
          } else {
            connection.write(buffer.flip());
          }
        }
      }
      selector.selectedKeys().clear();
    }
    return ended;
  }
}
