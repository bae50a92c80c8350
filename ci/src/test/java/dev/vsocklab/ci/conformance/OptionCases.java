package dev.vsocklab.ci.conformance;

import static dev.vsocklab.VsockSocketOptions.BUFFER_MAX_SIZE;
import static dev.vsocklab.VsockSocketOptions.BUFFER_MIN_SIZE;
import static dev.vsocklab.VsockSocketOptions.BUFFER_SIZE;
import static dev.vsocklab.VsockSocketOptions.CONNECT_TIMEOUT;
import static dev.vsocklab.VsockSocketOptions.RECEIVE_LOW_WATER;
import static dev.vsocklab.VsockSocketOptions.RECEIVE_TIMEOUT;
import static dev.vsocklab.VsockSocketOptions.SEND_TIMEOUT;
import static dev.vsocklab.ci.conformance.KernelSeries.LINUX_6_12;
import static dev.vsocklab.ci.conformance.SocketType.STREAM;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.Errno;
import dev.vsocklab.spi.KernelSocket;
import dev.vsocklab.spi.KernelSocket.Waiting;
import java.net.StandardSocketOptions;
import java.time.Duration;

/** Socket options: their defaults, clamps, inheritance and effect on credit. */
final class OptionCases {

  @Case(
      id = "option-01",
      title = "Defaults: 256 KiB buffer and maximum, 128 B minimum, 2 s to connect, no timeouts",
      source = "__vsock_create")
  void defaults(Ends ends) throws Exception {
    for (SocketType type : SocketType.values()) {
      KernelSocket socket = type.open(ends.client().layer());

      assertEquals(262_144L, socket.getOption(BUFFER_SIZE), type + " BUFFER_SIZE");
      assertEquals(262_144L, socket.getOption(BUFFER_MAX_SIZE), type + " BUFFER_MAX_SIZE");
      assertEquals(128L, socket.getOption(BUFFER_MIN_SIZE), type + " BUFFER_MIN_SIZE");
      assertEquals(
          Duration.ofSeconds(2), socket.getOption(CONNECT_TIMEOUT), type + " CONNECT_TIMEOUT");
      assertEquals(Duration.ZERO, socket.getOption(RECEIVE_TIMEOUT), type + " SO_RCVTIMEO");
      assertEquals(Duration.ZERO, socket.getOption(SEND_TIMEOUT), type + " SO_SNDTIMEO");
      assertEquals(1, socket.getOption(RECEIVE_LOW_WATER), type + " SO_RCVLOWAT");
    }
  }

  @Case(
      id = "option-02",
      title = "BUFFER_SIZE is clamped in silence: up to the minimum, down to the maximum",
      source = "vsock_update_buffer_size")
  void clampedSize(Ends ends) throws Exception {
    KernelSocket socket = ends.client().stream();

    assertSize(128, socket, 0);
    assertSize(128, socket, 127);
    assertSize(129, socket, 129);
    assertSize(262_144, socket, 262_145);
    assertSize(262_144, socket, -1); // all ones: the largest unsigned 64-bit number
  }

  private static void assertSize(long expected, KernelSocket socket, long set) throws Exception {
    socket.setOption(BUFFER_SIZE, set);
    assertEquals(expected, socket.getOption(BUFFER_SIZE), "BUFFER_SIZE, set to " + set);
  }

  @Case(
      id = "option-03",
      title = "Setting the maximum or the minimum clamps BUFFER_SIZE again",
      source = "vsock_connectible_setsockopt")
  void clampedByBounds(Ends ends) throws Exception {
    KernelSocket socket = ends.client().stream();

    socket.setOption(BUFFER_MAX_SIZE, 1000L);
    assertEquals(1000L, socket.getOption(BUFFER_SIZE), "after a lower maximum");
    socket.setOption(BUFFER_MAX_SIZE, 100_000L);
    assertEquals(1000L, socket.getOption(BUFFER_SIZE), "a higher maximum raises nothing");
    socket.setOption(BUFFER_MIN_SIZE, 2000L);
    assertEquals(2000L, socket.getOption(BUFFER_SIZE), "after a higher minimum");
  }

  @Case(
      id = "option-04",
      title = "A minimum above the maximum is not rejected: the maximum wins",
      source = "vsock_update_buffer_size")
  void minimumAboveMaximum(Ends ends) throws Exception {
    KernelSocket socket = ends.client().stream();

    socket.setOption(BUFFER_MIN_SIZE, 500_000L);

    assertEquals(500_000L, socket.getOption(BUFFER_MIN_SIZE), "BUFFER_MIN_SIZE");
    assertEquals(262_144L, socket.getOption(BUFFER_MAX_SIZE), "BUFFER_MAX_SIZE");
    assertEquals(262_144L, socket.getOption(BUFFER_SIZE), "BUFFER_SIZE");
  }

  @Case(
      id = "option-05",
      title = "An accepted socket has its listener's buffer sizes and connect timeout",
      source = "__vsock_create")
  void inherited(Ends ends) throws Exception {
    KernelSocket listener = ends.server().listener(STREAM, 1);
    listener.setOption(BUFFER_MAX_SIZE, 100_000L);
    listener.setOption(BUFFER_MIN_SIZE, 1000L);
    listener.setOption(BUFFER_SIZE, 50_000L);
    listener.setOption(CONNECT_TIMEOUT, Duration.ofMillis(1500));

    KernelSocket accepted = ends.connect(ends.client().stream(), listener).server();

    assertEquals(100_000L, accepted.getOption(BUFFER_MAX_SIZE), "BUFFER_MAX_SIZE");
    assertEquals(1000L, accepted.getOption(BUFFER_MIN_SIZE), "BUFFER_MIN_SIZE");
    assertEquals(50_000L, accepted.getOption(BUFFER_SIZE), "BUFFER_SIZE");
    assertEquals(Duration.ofMillis(1500), accepted.getOption(CONNECT_TIMEOUT), "CONNECT_TIMEOUT");
  }

  @Case(
      id = "option-06",
      title = "An accepted socket does not have its listener's timeouts and low-water mark",
      source = "__vsock_create, sock_init_data")
  void notInherited(Ends ends) throws Exception {
    KernelSocket listener = ends.server().listener(STREAM, 1);
    listener.setOption(RECEIVE_TIMEOUT, Duration.ofSeconds(5));
    listener.setOption(SEND_TIMEOUT, Duration.ofSeconds(5));
    listener.setOption(RECEIVE_LOW_WATER, 7);

    KernelSocket accepted = ends.connect(ends.client().stream(), listener).server();

    assertEquals(Duration.ZERO, accepted.getOption(RECEIVE_TIMEOUT), "SO_RCVTIMEO");
    assertEquals(Duration.ZERO, accepted.getOption(SEND_TIMEOUT), "SO_SNDTIMEO");
    assertEquals(1, accepted.getOption(RECEIVE_LOW_WATER), "SO_RCVLOWAT");
  }

  @Case(
      id = "option-07",
      title = "The connect timeout reads back; 0 is 2 s again; a negative one is ERANGE",
      source = "vsock_connectible_setsockopt")
  void connectTimeout(Ends ends) throws Exception {
    KernelSocket socket = ends.client().stream();

    socket.setOption(CONNECT_TIMEOUT, Duration.ofMillis(1500));
    assertEquals(Duration.ofMillis(1500), socket.getOption(CONNECT_TIMEOUT), "1.5 s");
    Expect.errno(Errno.ERANGE, () -> socket.setOption(CONNECT_TIMEOUT, Duration.ofSeconds(-1)));
    assertEquals(Duration.ofMillis(1500), socket.getOption(CONNECT_TIMEOUT), "after ERANGE");
    socket.setOption(CONNECT_TIMEOUT, Duration.ZERO);
    assertEquals(Duration.ofSeconds(2), socket.getOption(CONNECT_TIMEOUT), "after 0");
  }

  @Case(
      id = "option-08",
      title = "SO_RCVTIMEO and SO_SNDTIMEO read back, and 0 is for ever again",
      source = "sock_set_timeout")
  void timeouts(Ends ends) throws Exception {
    KernelSocket socket = ends.client().stream();

    socket.setOption(RECEIVE_TIMEOUT, Duration.ofMillis(1500));
    socket.setOption(SEND_TIMEOUT, Duration.ofMillis(500));
    assertEquals(Duration.ofMillis(1500), socket.getOption(RECEIVE_TIMEOUT), "SO_RCVTIMEO");
    assertEquals(Duration.ofMillis(500), socket.getOption(SEND_TIMEOUT), "SO_SNDTIMEO");
    socket.setOption(RECEIVE_TIMEOUT, Duration.ZERO);
    assertEquals(Duration.ZERO, socket.getOption(RECEIVE_TIMEOUT), "SO_RCVTIMEO after 0");
  }

  @Case(
      id = "option-09",
      title = "SO_RCVLOWAT on STREAM: above the buffer EINVAL, negative EINVAL, 0 is 1",
      source = "vsock_set_rcvlowat")
  void lowWaterOfStream(Ends ends) throws Exception {
    KernelSocket socket = ends.client().stream();

    socket.setOption(RECEIVE_LOW_WATER, Bytes.CREDIT);
    assertEquals(Bytes.CREDIT, socket.getOption(RECEIVE_LOW_WATER), "as large as the buffer");
    Expect.errno(Errno.EINVAL, () -> socket.setOption(RECEIVE_LOW_WATER, Bytes.CREDIT + 1));
    Expect.errno(Errno.EINVAL, "-1", () -> socket.setOption(RECEIVE_LOW_WATER, -1));
    assertEquals(Bytes.CREDIT, socket.getOption(RECEIVE_LOW_WATER), "after EINVAL");
    socket.setOption(RECEIVE_LOW_WATER, 0);
    assertEquals(1, socket.getOption(RECEIVE_LOW_WATER), "0");
  }

  @Case(
      id = "option-10",
      title = "SO_RCVLOWAT on SEQPACKET has no bound: negative is the largest int, 0 is 1",
      source = "sk_setsockopt")
  void lowWaterOfSeqpacket(Ends ends) throws Exception {
    KernelSocket socket = ends.client().seqpacket();

    socket.setOption(RECEIVE_LOW_WATER, Bytes.CREDIT + 1);
    assertEquals(Bytes.CREDIT + 1, socket.getOption(RECEIVE_LOW_WATER), "above the buffer");
    socket.setOption(RECEIVE_LOW_WATER, -1);
    assertEquals(Integer.MAX_VALUE, socket.getOption(RECEIVE_LOW_WATER), "-1");
    socket.setOption(RECEIVE_LOW_WATER, 0);
    assertEquals(1, socket.getOption(RECEIVE_LOW_WATER), "0");
  }

  @Case(
      id = "option-11",
      title = "The peer's buffer bounds what may be in flight; SO_SNDBUF and SO_RCVBUF do not",
      source = "virtio_transport_has_space")
  void credit(Ends ends) throws Exception {
    KernelSocket listener = ends.server().listener(STREAM, 1);
    listener.setOption(BUFFER_SIZE, 10_000L);
    Pair pair = ends.connect(ends.client().stream(), listener);
    pair.client().setOption(StandardSocketOptions.SO_SNDBUF, 4096);
    pair.server().setOption(StandardSocketOptions.SO_RCVBUF, 4096);

    assertEquals(10_000, Bytes.fill(pair.client()), "bytes taken without a read");
  }

  @Case(
      id = "option-12",
      title = "A larger buffer is told at once: a writer without credit goes on",
      source = "virtio_transport_notify_buffer_size")
  void grows(Ends ends) throws Exception {
    KernelSocket listener = ends.server().listener(STREAM, 1);
    listener.setOption(BUFFER_SIZE, 10_000L);
    Pair pair = ends.connect(ends.client().stream(), listener);
    Bytes.fill(pair.client());

    pair.server().setOption(BUFFER_SIZE, 15_000L);

    Expect.awaitEvents(KernelSocket.POLLOUT, pair.client());
    assertEquals(5000, Bytes.fill(pair.client()), "bytes more");
  }

  @Case(
      id = "option-13",
      title = "A buffer smaller than what is in flight leaves no credit, and harms nothing",
      source = "virtio_transport_has_space")
  void shrinks(Ends ends) throws Exception {
    Pair pair = ends.stream();
    Bytes.send(pair.client(), new byte[20_000]);
    Bytes.awaitQueued(pair.server(), 20_000); // what came later would overrun the buffer

    pair.server().setOption(BUFFER_SIZE, 10_000L);

    Eventually.holds(
        "there is no credit",
        () -> pair.client().poll(KernelSocket.POLLOUT, KernelSocket.NO_WAIT) == 0);
    Bytes.receiveAll(pair.server(), 20_000);
    Expect.awaitEvents(KernelSocket.POLLOUT, pair.client());
    assertEquals(10_000, Bytes.fill(pair.client()), "bytes taken after all was read");
  }

  @Case(
      id = "option-14",
      title = "A buffer above 4 GiB is cut to 4294967295 when the socket gets its transport",
      source = "virtio_transport_do_socket_init")
  void moreThanTheWireCarries(Ends ends) throws Exception {
    KernelSocket listener = ends.server().listener(STREAM, 1);
    KernelSocket socket = ends.client().stream();
    socket.setOption(BUFFER_MAX_SIZE, 1L << 33);
    socket.setOption(BUFFER_SIZE, 1L << 33);
    assertEquals(1L << 33, socket.getOption(BUFFER_SIZE), "before connect()");

    ends.connect(socket, listener);

    assertEquals(4294967295L, socket.getOption(BUFFER_SIZE), "after connect()");
    assertEquals(1L << 33, socket.getOption(BUFFER_MAX_SIZE), "the maximum stays");
  }

  @Case(
      id = "option-15",
      title = "SIOCOUTQ without a transport, so on a listener too: EOPNOTSUPP",
      source = "vsock_do_ioctl")
  void unsentWithoutTransport(Ends ends) throws Exception {
    KernelSocket fresh = ends.client().stream();
    KernelSocket listener = ends.client().listener(STREAM, 1);

    Expect.errno(Errno.EOPNOTSUPP, "unbound", () -> fresh.queuedBytes(Waiting.UNSENT));
    Expect.errno(Errno.EOPNOTSUPP, "listener", () -> listener.queuedBytes(Waiting.UNSENT));
  }

  @Case(
      id = "option-16",
      title = "SIOCOUTQ on a listener that once had a transport: EINVAL (6.1: EOPNOTSUPP)",
      source = "vsock_do_ioctl")
  void unsentOfListener(Ends ends) throws Exception {
    long port = ends.server().unusedPort();
    KernelSocket socket = ends.client().stream();
    Expect.errno(
        Errno.ECONNRESET, () -> socket.connect(ends.server().at(port), KernelSocket.FOREVER));
    socket.listen(1);

    Expect.errno(
        ends.kernel().isAtLeast(LINUX_6_12) ? Errno.EINVAL : Errno.EOPNOTSUPP,
        () -> socket.queuedBytes(Waiting.UNSENT));
  }

  @Case(
      id = "option-17",
      title = "SO_LINGER, SO_KEEPALIVE and SO_REUSEADDR read back",
      source = "sk_setsockopt")
  void generic(Ends ends) throws Exception {
    KernelSocket socket = ends.client().stream();

    assertEquals(-1, socket.getOption(StandardSocketOptions.SO_LINGER), "SO_LINGER at first");
    socket.setOption(StandardSocketOptions.SO_LINGER, 3);
    assertEquals(3, socket.getOption(StandardSocketOptions.SO_LINGER), "SO_LINGER");
    socket.setOption(StandardSocketOptions.SO_LINGER, -1);
    assertEquals(-1, socket.getOption(StandardSocketOptions.SO_LINGER), "SO_LINGER off");
    socket.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
    assertEquals(true, socket.getOption(StandardSocketOptions.SO_KEEPALIVE), "SO_KEEPALIVE");
    socket.setOption(StandardSocketOptions.SO_REUSEADDR, true);
    assertEquals(true, socket.getOption(StandardSocketOptions.SO_REUSEADDR), "SO_REUSEADDR");
  }

  @Case(
      id = "option-18",
      title = "PEER_HOST_VM_ID, TRUSTED and NONBLOCK_TXRX: ENOPROTOOPT",
      source = "vsock_connectible_setsockopt",
      notSimulated = "VsockSocketOptions has only the options that Linux's virtio-vsock takes.")
  void unknownOptions(Ends ends) {}
}
