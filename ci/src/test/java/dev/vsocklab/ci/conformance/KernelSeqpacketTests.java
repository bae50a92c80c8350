package dev.vsocklab.ci.conformance;

import static dev.vsocklab.ci.conformance.KernelSeries.LINUX_6_12;
import static dev.vsocklab.spi.KernelSocket.EOF;
import static dev.vsocklab.spi.KernelSocket.FOREVER;
import static dev.vsocklab.spi.KernelSocket.MSG_EOR;
import static dev.vsocklab.spi.KernelSocket.MSG_PEEK;
import static dev.vsocklab.spi.KernelSocket.MSG_TRUNC;
import static dev.vsocklab.spi.KernelSocket.NO_WAIT;
import static dev.vsocklab.spi.KernelSocket.WOULD_BLOCK;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockSocketOptions;
import dev.vsocklab.spi.KernelSocket;
import dev.vsocklab.spi.KernelSocket.Received;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;

/** The kernel's own tests of SOCK_SEQPACKET: messages and their bounds. */
final class KernelSeqpacketTests {
  private static final Duration LONGEST_TICK = Duration.ofMillis(10); // HZ=100

  private static final int PAGE_BYTES = 4096;
  private static final int MAX_MESSAGE_BYTES = 4 * PAGE_BYTES;
  private static final long BUFFER_BYTES = 2L * Bytes.MIB;

  @Case(id = "kernel-06", title = "SOCK_SEQPACKET msg bounds", source = "vsock_test 6")
  void messageBounds(Ends ends) throws Exception {
    Pair pair = ends.seqpacket();
    setBuffer(pair.server());
    setBuffer(pair.client());
    int count = (int) (BUFFER_BYTES / MAX_MESSAGE_BYTES);

    Random sizes = new Random(6);
    for (int i = 0; i < count; i++) {
      byte[] message = message(i, sizes);
      int flags = isRecordEnd(i) ? MSG_EOR : 0;
      assertEquals(
          message.length,
          pair.client().send(ByteBuffer.wrap(message), flags, FOREVER),
          "message " + i + " goes whole");
    }
    pair.client().close();

    sizes.setSeed(6);
    for (int i = 0; i < count; i++) {
      byte[] expected = message(i, sizes);
      ByteBuffer room = ByteBuffer.allocate(MAX_MESSAGE_BYTES);
      Received received = pair.server().receive(room, 0, FOREVER);
      assertArrayEquals(expected, Arrays.copyOf(room.array(), room.position()), "message " + i);
      assertEquals(isRecordEnd(i) ? MSG_EOR : 0, received.flags(), "flags of message " + i);
    }
    assertEquals(
        EOF, pair.server().receive(ByteBuffer.allocate(1), 0, FOREVER).lengthBytes(), "the end");
  }

  private static void setBuffer(KernelSocket socket) throws Exception {
    socket.setOption(VsockSocketOptions.BUFFER_MAX_SIZE, BUFFER_BYTES);
    socket.setOption(VsockSocketOptions.BUFFER_SIZE, BUFFER_BYTES);
  }

  private static byte[] message(int index, Random sizes) {
    int length =
        index % 2 == 1
            ? PAGE_BYTES + sizes.nextInt(MAX_MESSAGE_BYTES - PAGE_BYTES)
            : 1 + sizes.nextInt(PAGE_BYTES);
    return Bytes.random(length, index);
  }

  private static boolean isRecordEnd(int index) {
    return index % 3 == 0;
  }

  @Case(id = "kernel-07", title = "SOCK_SEQPACKET MSG_TRUNC flag", source = "vsock_test 7")
  void truncated(Ends ends) throws Exception {
    Pair pair = ends.seqpacket();
    byte[] sent = Bytes.random(32, 7);
    Bytes.send(pair.client(), sent);

    ByteBuffer room = ByteBuffer.allocate(16);
    Received received = pair.server().receive(room, MSG_TRUNC, FOREVER);

    assertEquals(new Received(32, MSG_TRUNC), received, "the real length, and that it was cut");
    assertArrayEquals(Arrays.copyOf(sent, 16), room.array(), "what there was room for");
  }

  @Case(id = "kernel-08", title = "SOCK_SEQPACKET timeout", source = "vsock_test 8")
  void timeout(Ends ends) throws Exception {
    Pair pair = ends.seqpacket();
    Duration timeout = Duration.ofMillis(100);
    pair.client().setOption(VsockSocketOptions.RECEIVE_TIMEOUT, timeout);

    long startNanos = System.nanoTime();
    Received received = pair.client().receive(ByteBuffer.allocate(1), 0, FOREVER);
    long tookNanos = System.nanoTime() - startNanos;

    assertEquals(WOULD_BLOCK, received.lengthBytes(), "EAGAIN");
    // The tick in which the wait begins counts as a whole one: sock_set_timeout, schedule_timeout.
    long leastNanos = timeout.minus(LONGEST_TICK).toNanos();
    assertTrue(tookNanos >= leastNanos, "it waited only " + tookNanos + " ns");
  }

  @Case(
      id = "kernel-09",
      title = "SOCK_SEQPACKET invalid receive buffer",
      source = "vsock_test 9",
      notSimulated = KernelBugTests.NO_INVALID_BUFFER)
  void invalidReceiveBuffer(Ends ends) {}

  @Case(id = "kernel-11", title = "SOCK_SEQPACKET big message", source = "vsock_test 11")
  void bigMessage(Ends ends) throws Exception {
    Pair pair = ends.seqpacket();
    long bufferBytes = pair.client().getOption(VsockSocketOptions.BUFFER_SIZE);

    Expect.errno(
        ends.kernel().isAtLeast(LINUX_6_12) ? Errno.EMSGSIZE : Errno.ENOMEM,
        () -> pair.client().send(ByteBuffer.allocate((int) bufferBytes + 1), 0, NO_WAIT));
  }

  @Case(id = "kernel-15", title = "SOCK_SEQPACKET MSG_PEEK", source = "vsock_test 15")
  void peek(Ends ends) throws Exception {
    Pair pair = ends.seqpacket();
    byte[] sent = Bytes.random(64, 15);
    assertEquals(
        WOULD_BLOCK,
        Bytes.tryReceive(pair.server(), 64, MSG_PEEK).lengthBytes(),
        "a peek at an empty socket");
    Bytes.send(pair.client(), sent);
    Expect.awaitReadable(pair.server());

    if (ends.kernel().isAtLeast(LINUX_6_12)) {
      assertArrayEquals(
          Arrays.copyOf(sent, 32), Bytes.receive(pair.server(), 32, MSG_PEEK), "a peek at a part");
      assertArrayEquals(sent, Bytes.receive(pair.server(), 64, MSG_PEEK), "a full peek");
      assertEquals(
          64,
          Bytes.tryReceive(pair.server(), 32, MSG_PEEK | MSG_TRUNC).lengthBytes(),
          "the real length, by MSG_PEEK | MSG_TRUNC");
    } else {
      Expect.errno(
          Errno.ENOMEM, "6.1 cannot peek", () -> Bytes.tryReceive(pair.server(), 64, MSG_PEEK));
    }
    assertArrayEquals(sent, Bytes.receive(pair.server(), 64, 0), "the read");
  }
}
