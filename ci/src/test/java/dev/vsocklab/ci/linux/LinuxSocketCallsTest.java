package dev.vsocklab.ci.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockCapability;
import dev.vsocklab.VsockSocketOptions;
import dev.vsocklab.contract.Background;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import dev.vsocklab.spi.KernelSocket.Direction;
import dev.vsocklab.spi.KernelSocket.Received;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The kernel's own calls beneath the JDK's faces: options, waiting, and what ends it. */
@Tag("local")
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LinuxSocketCallsTest {
  private static final int DEFAULT_BUFFER_BYTES = 256 * 1024;

  private final LocalNet local = new LocalNet();

  @AfterEach
  void close() {
    local.close();
  }

  @Test
  void theProviderSaysWhatItIsAndItsCid() throws Exception {
    assertEquals(EnumSet.allOf(VsockCapability.class), local.linux().vsock().capabilities());
    assertEquals(VsockAddress.CID_LOCAL, local.linux().vsock().localCid());
  }

  @Test
  void everyOptionIsReadBackFromTheKernel() throws Exception {
    KernelSocket socket = stream();
    assertEquals(262144L, socket.getOption(VsockSocketOptions.BUFFER_SIZE));
    assertEquals(262144L, socket.getOption(VsockSocketOptions.BUFFER_MAX_SIZE));
    assertEquals(128L, socket.getOption(VsockSocketOptions.BUFFER_MIN_SIZE));
    assertEquals(Duration.ofSeconds(2), socket.getOption(VsockSocketOptions.CONNECT_TIMEOUT));
    assertEquals(Duration.ZERO, socket.getOption(VsockSocketOptions.RECEIVE_TIMEOUT));
    assertEquals(1, socket.getOption(VsockSocketOptions.RECEIVE_LOW_WATER));

    assertReadsBack(socket, VsockSocketOptions.BUFFER_MAX_SIZE, 1L << 20);
    assertReadsBack(socket, VsockSocketOptions.BUFFER_MIN_SIZE, 4096L);
    assertReadsBack(socket, VsockSocketOptions.BUFFER_SIZE, 1L << 19);
    assertReadsBack(socket, VsockSocketOptions.CONNECT_TIMEOUT, Duration.ofMillis(1500));
    assertReadsBack(socket, VsockSocketOptions.RECEIVE_TIMEOUT, Duration.ofMillis(40));
    assertReadsBack(socket, VsockSocketOptions.SEND_TIMEOUT, Duration.ofMillis(80));
    assertReadsBack(socket, VsockSocketOptions.RECEIVE_LOW_WATER, 4);
    assertReadsBack(socket, StandardSocketOptions.SO_KEEPALIVE, true);
    assertReadsBack(socket, StandardSocketOptions.SO_REUSEADDR, true);
    assertReadsBack(socket, StandardSocketOptions.SO_LINGER, 3);
    assertReadsBack(socket, StandardSocketOptions.SO_LINGER, -1);
    assertReadsBack(socket, StandardSocketOptions.SO_RCVBUF, 65536);
    assertErrno(
        Errno.ERANGE,
        () -> {
          socket.setOption(VsockSocketOptions.CONNECT_TIMEOUT, Duration.ofSeconds(-1));
          return null;
        });
  }

  @Test
  void aWriterThatWaitsHearsThatItsPeerReadsNoMore() throws Exception {
    Pair pair = pair();
    fill(pair.client);
    Background<Integer> write =
        Background.waiting(
            "write", () -> pair.client.write(ByteBuffer.allocate(1), KernelSocket.FOREVER));

    pair.server.shutdown(Direction.READ);

    assertEquals(Errno.EPIPE, ((ErrnoException) write.failure()).errno());
  }

  @Test
  void aPeerThatGoesAwayGivesAWriterItsCountAndThenTheError() throws Exception {
    Pair pair = pair();
    ByteBuffer src = ByteBuffer.allocate(1024 * 1024);
    Background<Integer> write =
        Background.waiting("write", () -> pair.client.write(src, KernelSocket.FOREVER));

    pair.server.close();

    assertEquals(DEFAULT_BUFFER_BYTES, write.result());
    assertEquals(DEFAULT_BUFFER_BYTES, src.position());
    assertErrno(Errno.EPIPE, () -> pair.client.write(src, KernelSocket.FOREVER));
  }

  @Test
  void closeEndsAllThatWaitAndThePortIsFreeAtOnce() throws Exception {
    for (int round = 0; round < 20; round++) {
      KernelSocket listener = listener(7000);
      Pair pair = connect(listener);
      fill(pair.client);
      List<Background<?>> calls =
          List.of(
              Background.waiting("accept", () -> listener.accept(KernelSocket.FOREVER)),
              Background.waiting("read", () -> pair.client.read(one(), KernelSocket.FOREVER)),
              Background.waiting(
                  "receive",
                  () ->
                      pair.client.receive(
                          ByteBuffer.allocate(2), KernelSocket.MSG_WAITALL, KernelSocket.FOREVER)),
              Background.waiting("write", () -> pair.client.write(one(), KernelSocket.FOREVER)));

      listener.close();
      pair.client.close();

      for (Background<?> call : calls) {
        assertEquals(Errno.EBADF, ((ErrnoException) call.failure()).errno());
      }
      pair.server.close();
    }
  }

  @Test
  void aHundredSleepersEndWithTheProvider() throws Exception {
    KernelSocket listener = listener(7000);
    List<Background<Received>> sleepers = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      Pair pair = connect(listener);
      sleepers.add(
          Background.waiting(
              "receive",
              () ->
                  pair.client.receive(
                      ByteBuffer.allocate(2), KernelSocket.MSG_WAITALL, KernelSocket.FOREVER)));
    }

    local.linux().close();

    for (Background<Received> sleeper : sleepers) {
      try {
        assertEquals(KernelSocket.EOF, sleeper.result().lengthBytes(), "its peer closed first");
      } catch (ErrnoException e) {
        assertEquals(Errno.EBADF, e.errno());
      }
    }
    assertThrows(IllegalStateException.class, this::stream);
  }

  @Test
  void aRefusedConnectLeavesTheSocketToTryAgain() throws Exception {
    KernelSocket socket = stream();
    for (int round = 0; round < 3; round++) {
      assertErrno(
          Errno.ECONNRESET, () -> socket.connect(VsockAddress.local(7001), KernelSocket.FOREVER));
      socket.takeError(); // Linux 6.1 fails the next connect with it
    }
    KernelSocket listener = listener(7001);
    assertTrue(socket.connect(VsockAddress.local(7001), KernelSocket.FOREVER));
    assertTrue(listener.accept(KernelSocket.FOREVER) != null);
  }

  // ---- how the tests speak

  private record Pair(KernelSocket client, KernelSocket server) {}

  private KernelSocket stream() throws Exception {
    return local.linux().sockets().stream();
  }

  private KernelSocket listener(long port) throws Exception {
    KernelSocket listener = stream();
    listener.bind(VsockAddress.any(port));
    listener.listen(1);
    return listener;
  }

  private Pair pair() throws Exception {
    KernelSocket listener = listener(7000);
    Pair pair = connect(listener);
    listener.close();
    return pair;
  }

  private Pair connect(KernelSocket listener) throws Exception {
    KernelSocket client = stream();
    VsockAddress address = VsockAddress.local(listener.localAddress().port());
    assertTrue(client.connect(address, KernelSocket.FOREVER));
    return new Pair(client, Objects.requireNonNull(listener.accept(KernelSocket.FOREVER)));
  }

  private static ByteBuffer one() {
    return ByteBuffer.allocate(1);
  }

  private static void fill(KernelSocket socket) throws Exception {
    ByteBuffer much = ByteBuffer.allocate(DEFAULT_BUFFER_BYTES);
    assertEquals(DEFAULT_BUFFER_BYTES, socket.write(much, KernelSocket.FOREVER));
  }

  private static <T> void assertReadsBack(KernelSocket socket, SocketOption<T> option, T value)
      throws Exception {
    socket.setOption(option, value);
    assertEquals(value, socket.getOption(option), option.name());
  }

  private static void assertErrno(Errno expected, Callable<?> call) {
    assertEquals(expected, assertThrows(ErrnoException.class, call::call).errno());
  }
}
