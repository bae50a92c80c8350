package dev.vsocklab.ci.conformance;

import static dev.vsocklab.ci.conformance.KernelSeries.LINUX_6_12;
import static dev.vsocklab.ci.conformance.KernelSeries.LINUX_7;
import static dev.vsocklab.ci.conformance.SocketType.SEQPACKET;
import static dev.vsocklab.ci.conformance.SocketType.STREAM;
import static dev.vsocklab.spi.KernelSocket.FOREVER;
import static dev.vsocklab.spi.KernelSocket.MSG_PEEK;
import static dev.vsocklab.spi.KernelSocket.NO_WAIT;
import static dev.vsocklab.spi.KernelSocket.POLLIN;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockSocketOptions;
import dev.vsocklab.spi.KernelSocket;
import java.nio.ByteBuffer;
import java.time.Duration;

/** The kernel's own tests of credit: SO_RCVLOWAT, SIOCINQ, SIOCOUTQ, and how much may be sent. */
final class KernelCreditTests {
  private static final int LOW_WATER_BYTES = 128;
  private static final int BUFFER_BYTES = 128 * Bytes.KIB;

  /** Linux's VIRTIO_VSOCK_MAX_PKT_BUF_SIZE: with less room than this the peer is told of credit. */
  private static final int UPDATE_BYTES = 64 * Bytes.KIB;

  /** How long nothing must happen where nothing is the result. */
  private static final long SILENCE_NANOS = Duration.ofMillis(200).toNanos();

  @Case(id = "kernel-10", title = "SOCK_STREAM poll() + SO_RCVLOWAT", source = "vsock_test 10")
  void pollWithLowWater(Ends ends) throws Exception {
    Pair pair = ends.stream();
    pair.client().setOption(VsockSocketOptions.RECEIVE_LOW_WATER, LOW_WATER_BYTES);
    Bytes.sendByte(pair.server());
    Eventually.holds(
        "the byte is there", () -> Bytes.tryReceive(pair.client(), 1, MSG_PEEK).lengthBytes() == 1);
    assertEquals(0, pair.client().poll(POLLIN, NO_WAIT), "one byte of 128 is not readable");

    for (int i = 1; i < LOW_WATER_BYTES; i++) {
      Bytes.sendByte(pair.server());
    }

    assertEquals(POLLIN, Expect.awaitEvents(POLLIN, pair.client()), "readable, and nothing else");
    assertEquals(
        LOW_WATER_BYTES,
        Bytes.tryReceive(pair.client(), LOW_WATER_BYTES),
        "and all can be read at once");
  }

  @Case(
      id = "kernel-22",
      title = "SOCK_STREAM virtio credit update + SO_RCVLOWAT (6.1: no update)",
      source = "vsock_test 22, virtio_transport_notify_set_rcvlowat")
  void setLowWaterTellsCredit(Ends ends) throws Exception {
    Pair pair = ends.stream();
    Waiting<Integer> sender = sendBeyondBuffer(ends, pair, () -> {});
    Bytes.receiveAll(pair.server(), UPDATE_BYTES);

    pair.server().setOption(VsockSocketOptions.RECEIVE_LOW_WATER, UPDATE_BYTES + 1);

    if (ends.kernel().isAtLeast(LINUX_6_12)) {
      assertEquals(POLLIN, Expect.awaitEvents(POLLIN, pair.server()), "the last byte arrives");
      assertEquals(UPDATE_BYTES + 1, Bytes.tryReceive(pair.server(), UPDATE_BYTES + 1), "the rest");
      assertEquals(BUFFER_BYTES + 1, sender.result(), "bytes sent");
    } else {
      assertEquals(
          0,
          pair.server().poll(POLLIN, SILENCE_NANOS),
          "6.1 sends no CREDIT_UPDATE here, so the last byte stays with its sender");
    }
  }

  @Case(
      id = "kernel-23",
      title = "SOCK_STREAM virtio credit update + low rx_bytes",
      source = "vsock_test 23")
  void lowReceivedBytesTellCredit(Ends ends) throws Exception {
    Pair pair = ends.stream();
    Waiting<Integer> sender =
        sendBeyondBuffer(
            ends,
            pair,
            () -> pair.server().setOption(VsockSocketOptions.RECEIVE_LOW_WATER, UPDATE_BYTES + 1));
    Bytes.receiveAll(pair.server(), UPDATE_BYTES);

    assertEquals(POLLIN, Expect.awaitEvents(POLLIN, pair.server()), "the last byte arrives");
    assertEquals(UPDATE_BYTES, Bytes.tryReceive(pair.server(), UPDATE_BYTES), "64 KiB of the rest");
    assertEquals(BUFFER_BYTES + 1, sender.result(), "bytes sent");
  }

  private interface Preparation {
    void run() throws Exception;
  }

  /** The server has 128 KiB queued and the client waits to send one byte more. */
  private static Waiting<Integer> sendBeyondBuffer(Ends ends, Pair pair, Preparation preparation)
      throws Exception {
    pair.server().setOption(VsockSocketOptions.BUFFER_SIZE, (long) BUFFER_BYTES);
    preparation.run();
    Bytes.sendByte(pair.server()); // behind the update that tells the new buffer size
    Bytes.receive(pair.client(), 1, 0);
    Waiting<Integer> sender =
        Ends.waiting(
            ends.client(),
            () -> pair.client().send(ByteBuffer.allocate(BUFFER_BYTES + 1), 0, FOREVER));
    Bytes.awaitQueued(pair.server(), BUFFER_BYTES);
    return sender;
  }

  @Case(
      id = "kernel-24",
      title = "SOCK_STREAM ioctl(SIOCOUTQ) 0 unsent bytes (6.1: EOPNOTSUPP)",
      source = "vsock_test 24, vsock_do_ioctl; 6.1: sock_no_ioctl")
  void unsentBytesOfStream(Ends ends) throws Exception {
    assertUnsentBytes(ends, STREAM);
  }

  @Case(
      id = "kernel-25",
      title = "SOCK_SEQPACKET ioctl(SIOCOUTQ) 0 unsent bytes (6.1: EOPNOTSUPP)",
      source = "vsock_test 25, vsock_do_ioctl; 6.1: sock_no_ioctl")
  void unsentBytesOfSeqpacket(Ends ends) throws Exception {
    assertUnsentBytes(ends, SEQPACKET);
  }

  private static void assertUnsentBytes(Ends ends, SocketType type) throws Exception {
    Pair pair = ends.connected(type);
    Bytes.send(pair.client(), new byte[64]);
    Bytes.receive(pair.server(), 64, 0);

    if (ends.kernel().isAtLeast(LINUX_6_12)) {
      Eventually.holds(
          "SIOCOUTQ is 0", () -> pair.client().queuedBytes(KernelSocket.Waiting.UNSENT) == 0);
    } else {
      Expect.errno(Errno.EOPNOTSUPP, () -> pair.client().queuedBytes(KernelSocket.Waiting.UNSENT));
    }
  }

  @Case(
      id = "kernel-34",
      title = "SOCK_STREAM ioctl(SIOCINQ) (6.12: ENOTTY, 6.1: EOPNOTSUPP)",
      source = "vsock_test 34, vsock_do_ioctl")
  void unreadBytesOfStream(Ends ends) throws Exception {
    assertUnreadBytes(ends, STREAM);
  }

  @Case(
      id = "kernel-35",
      title = "SOCK_SEQPACKET ioctl(SIOCINQ) (6.12: ENOTTY, 6.1: EOPNOTSUPP)",
      source = "vsock_test 35, vsock_do_ioctl")
  void unreadBytesOfSeqpacket(Ends ends) throws Exception {
    assertUnreadBytes(ends, SEQPACKET);
  }

  private static void assertUnreadBytes(Ends ends, SocketType type) throws Exception {
    Pair pair = ends.connected(type);
    Bytes.send(pair.server(), new byte[64]);
    Expect.awaitReadable(pair.client());

    if (ends.kernel().isAtLeast(LINUX_7)) {
      assertEquals(64, pair.client().queuedBytes(KernelSocket.Waiting.UNREAD), "before the read");
      Bytes.receive(pair.client(), 64, 0);
      assertEquals(0, pair.client().queuedBytes(KernelSocket.Waiting.UNREAD), "after the read");
    } else {
      Expect.errno(
          ends.kernel().isAtLeast(LINUX_6_12) ? Errno.ENOTTY : Errno.EOPNOTSUPP,
          () -> pair.client().queuedBytes(KernelSocket.Waiting.UNREAD));
    }
  }

  @Case(id = "kernel-38", title = "SOCK_STREAM TX credit bounds", source = "vsock_test 38")
  void ownBufferBoundsWhatIsInFlight(Ends ends) throws Exception {
    long large = 2L * Bytes.MIB;
    KernelSocket listener = ends.server().listener(STREAM, 1);
    listener.setOption(VsockSocketOptions.BUFFER_MAX_SIZE, large);
    listener.setOption(VsockSocketOptions.BUFFER_SIZE, large);
    KernelSocket socket = ends.client().stream();
    socket.setOption(VsockSocketOptions.BUFFER_SIZE, 64L * Bytes.KIB);
    Pair pair = ends.connect(socket, listener);

    assertEquals(64 * Bytes.KIB, Bytes.fill(pair.client()), "bytes taken without a read");
  }

  @Case(
      id = "kernel-40",
      title = "SOCK_STREAM small packets backpressure: no reset before byte credit ends",
      source = "vsock_test 40")
  void smallPackets(Ends ends) throws Exception {
    Pair pair = ends.stream();
    byte[] sent = Bytes.random(192 * Bytes.KIB, 40);
    int count = 0;
    for (int at = 0; at < sent.length; count++) {
      int length = Math.min(129 + count * 37 % 384, sent.length - at); // 129 to 512 bytes
      assertEquals(
          length, pair.client().send(ByteBuffer.wrap(sent, at, length), 0, FOREVER), "bytes sent");
      at += length;
    }

    assertArrayEquals(
        sent, Bytes.receiveAll(pair.server(), sent.length), "all that came in " + count + " sends");
  }
}
