package dev.vsocklab.ci.conformance;

import static dev.vsocklab.ci.conformance.SocketType.SEQPACKET;
import static dev.vsocklab.ci.conformance.SocketType.STREAM;
import static dev.vsocklab.spi.KernelSocket.FOREVER;
import static dev.vsocklab.spi.KernelSocket.NO_WAIT;
import static dev.vsocklab.spi.KernelSocket.POLLERR;
import static dev.vsocklab.spi.KernelSocket.POLLHUP;
import static dev.vsocklab.spi.KernelSocket.POLLIN;
import static dev.vsocklab.spi.KernelSocket.POLLOUT;
import static dev.vsocklab.spi.KernelSocket.POLLRDHUP;
import static dev.vsocklab.spi.KernelSocket.WOULD_BLOCK;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockSocketOptions;
import dev.vsocklab.spi.KernelSocket;
import dev.vsocklab.spi.KernelSocket.Direction;
import java.nio.ByteBuffer;

/** poll() in every state: exactly the events that {@code vsock_poll} tells. */
final class PollCases {
  private static final String SOURCE = "vsock_poll";

  @Case(id = "poll-01", title = "Unconnected or bound: OUT", source = SOURCE)
  void unconnected(Ends ends) throws Exception {
    Expect.events(POLLOUT, "unbound", ends.client().stream());
    Expect.events(POLLOUT, "bound", ends.client().bound(STREAM));
    Expect.events(POLLOUT, "SEQPACKET", ends.client().seqpacket());
  }

  @Case(id = "poll-02", title = "A listener: nothing, then IN with a connection", source = SOURCE)
  void listening(Ends ends) throws Exception {
    KernelSocket listener = ends.server().listener(STREAM, 1);
    Expect.events(0, "with nobody", listener);

    ends.client().stream().connect(ends.server().addressOf(listener), FOREVER);
    Expect.events(POLLIN, "with one", listener);

    Ends.accept(listener);
    Expect.events(0, "after accept()", listener);
  }

  @Case(id = "poll-03", title = "Connecting: nothing", source = SOURCE)
  void connecting(Ends ends) throws Exception {
    Expect.events(0, ConnectCases.unanswered(ends));
  }

  @Case(
      id = "poll-04",
      title = "Refused in the background: ERR and OUT; OUT once SO_ERROR is read",
      source = SOURCE)
  void refused(Ends ends) throws Exception {
    KernelSocket socket = ConnectCases.refusedInBackground(ends);
    Expect.events(POLLERR | POLLOUT, "refused", socket);

    assertEquals(Errno.ECONNRESET, socket.takeError(), "SO_ERROR");
    Expect.events(POLLOUT, "after SO_ERROR", socket);
  }

  @Case(id = "poll-05", title = "Connected: OUT; with data IN too", source = SOURCE)
  void established(Ends ends) throws Exception {
    for (SocketType type : SocketType.values()) {
      Pair pair = ends.connected(type);
      Expect.events(POLLOUT, type + " client", pair.client());
      Expect.events(POLLOUT, type + " server", pair.server());

      Bytes.sendByte(pair.server());
      Expect.eventsComeTo(POLLIN | POLLOUT, pair.client());

      Bytes.receive(pair.client(), 1, 0);
      Expect.events(POLLOUT, type + " after the read", pair.client());
    }
  }

  @Case(id = "poll-06", title = "No credit: no OUT, until the peer reads", source = SOURCE)
  void noCredit(Ends ends) throws Exception {
    Pair pair = ends.stream();
    int sent = Bytes.fill(pair.client());
    Expect.events(0, "without credit", pair.client());

    Bytes.sendByte(pair.server());
    Expect.eventsComeTo(POLLIN, pair.client());

    Bytes.receiveAll(pair.server(), sent);
    Expect.eventsComeTo(POLLIN | POLLOUT, pair.client());
  }

  @Case(
      id = "poll-07",
      title = "Fewer bytes than SO_RCVLOWAT: no IN",
      source = "virtio_transport_notify_poll_in")
  void lowWater(Ends ends) throws Exception {
    Pair pair = ends.stream();
    pair.client().setOption(VsockSocketOptions.RECEIVE_LOW_WATER, 2);
    Bytes.sendByte(pair.server());
    Bytes.awaitQueued(pair.client(), 1);
    Expect.events(POLLOUT, "with one byte of two", pair.client());

    Bytes.sendByte(pair.server());
    Expect.eventsComeTo(POLLIN | POLLOUT, pair.client());
  }

  @Case(id = "poll-08", title = "Own SHUT_RD: IN, RDHUP, OUT", source = SOURCE)
  void ownShutRead(Ends ends) throws Exception {
    Pair pair = ends.stream();
    pair.client().shutdown(Direction.READ);

    Expect.events(POLLIN | POLLRDHUP | POLLOUT, pair.client());
  }

  @Case(id = "poll-09", title = "Own SHUT_WR: nothing; with data IN", source = SOURCE)
  void ownShutWrite(Ends ends) throws Exception {
    Pair pair = ends.stream();
    pair.client().shutdown(Direction.WRITE);
    Expect.events(0, "without data", pair.client());

    Bytes.sendByte(pair.server());
    Expect.eventsComeTo(POLLIN, pair.client());
  }

  @Case(id = "poll-10", title = "Own SHUT_RDWR: HUP, RDHUP and IN", source = SOURCE)
  void ownShutBoth(Ends ends) throws Exception {
    Pair pair = ends.stream();
    pair.client().shutdown(Direction.BOTH);

    Expect.events(POLLHUP | POLLRDHUP | POLLIN, pair.client());
  }

  @Case(id = "poll-11", title = "The peer's SHUT_WR: IN, RDHUP, OUT", source = SOURCE)
  void peerShutWrite(Ends ends) throws Exception {
    Pair pair = ends.stream();
    pair.server().shutdown(Direction.WRITE);

    Expect.eventsComeTo(POLLIN | POLLRDHUP | POLLOUT, pair.client());
  }

  @Case(
      id = "poll-12",
      title = "The peer's SHUT_RD is not told: OUT, though a send would be EPIPE",
      source = SOURCE)
  void peerShutRead(Ends ends) throws Exception {
    Pair pair = ends.stream();
    pair.server().shutdown(Direction.READ);
    Eventually.holds(
        "a send gives EPIPE",
        () -> Expect.errnoOf(() -> Bytes.trySendByte(pair.client())) == Errno.EPIPE);

    Expect.events(POLLOUT, pair.client());
  }

  @Case(
      id = "poll-13",
      title = "The peer closed: IN, RDHUP and OUT, never HUP, with data unread or not",
      source = SOURCE)
  void peerClosed(Ends ends) throws Exception {
    Pair empty = ends.stream();
    empty.server().close();
    Expect.eventsComeTo(POLLIN | POLLRDHUP | POLLOUT, empty.client());

    Pair unread = ends.stream();
    Bytes.sendByte(unread.server());
    unread.server().close();
    Expect.eventsComeTo(POLLIN | POLLRDHUP | POLLOUT, unread.client());
    Bytes.receive(unread.client(), 1, 0);
    Expect.events(POLLIN | POLLRDHUP | POLLOUT, "after the data", unread.client());
  }

  @Case(id = "poll-14", title = "Both ends' SHUT_WR: HUP, RDHUP and IN", source = SOURCE)
  void bothShutWrite(Ends ends) throws Exception {
    Pair pair = ends.stream();
    pair.client().shutdown(Direction.WRITE);
    pair.server().shutdown(Direction.WRITE);

    Expect.eventsComeTo(POLLHUP | POLLRDHUP | POLLIN, pair.client());
    Expect.eventsComeTo(POLLHUP | POLLRDHUP | POLLIN, pair.server());
  }

  @Case(
      id = "poll-15",
      title = "The peer closed after the own SHUT_WR: HUP, RDHUP and IN",
      source = SOURCE)
  void peerClosedAfterShutWrite(Ends ends) throws Exception {
    Pair pair = ends.stream();
    pair.client().shutdown(Direction.WRITE);
    pair.server().close();

    Expect.eventsComeTo(POLLHUP | POLLRDHUP | POLLIN, pair.client());
  }

  @Case(
      id = "poll-16",
      title = "SEQPACKET counts bytes, not messages: IN before a message is complete",
      source = "virtio_transport_notify_poll_in")
  void incompleteMessage(Ends ends) throws Exception {
    Pair pair = ends.connected(SEQPACKET);
    int first = 200 * Bytes.KIB;
    Bytes.send(pair.client(), new byte[first]);
    assertEquals(
        WOULD_BLOCK,
        pair.client().send(ByteBuffer.allocate(first), 0, NO_WAIT),
        "a message that fits in part");
    assertEquals(first, Bytes.receive(pair.server(), first, 0).length, "the first message");

    Expect.awaitReadable(pair.server());
    assertEquals(WOULD_BLOCK, Bytes.tryReceive(pair.server(), first), "yet there is no message");
  }

  @Case(id = "poll-17", title = "A closed socket: NVAL", source = "poll(2)")
  void closed(Ends ends) throws Exception {
    KernelSocket socket = ends.client().stream();
    socket.close();

    assertEquals(KernelSocket.POLLNVAL, socket.poll(POLLIN, NO_WAIT), "poll events");
  }
}
