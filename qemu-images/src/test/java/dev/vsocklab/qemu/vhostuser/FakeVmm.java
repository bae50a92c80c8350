package dev.vsocklab.qemu.vhostuser;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.linux.EventFd;
import dev.vsocklab.linux.Fd;
import dev.vsocklab.linux.PollSet;
import dev.vsocklab.linux.UnixConnection;
import dev.vsocklab.sim.wire.Decoded;
import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.HeaderCodec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * QEMU and a guest driver in one, which say what QEMU 7.2 says in the order in which it does, or
 * what a test wants instead.
 */
final class FakeVmm implements AutoCloseable {
  static final long CID = 42;
  static final long EVENT_IDX = 1L << 29;
  static final long INDIRECT = 1L << 28;
  static final long SEQPACKET = 1L << 1;
  static final long ALL_FEATURES = 1L << 32 | 1L << 30 | EVENT_IDX | INDIRECT | SEQPACKET;
  static final int RING_SIZE = 16;

  /** Where rings and buffers lie in guest memory, unless a test has it otherwise. */
  static final long RX_PAGE = 0x1000;

  static final long TX_PAGE = 0x3000;
  static final long RX_BUFFERS = 0x100000;
  static final long TX_BUFFERS = 0x200000;
  private static final long MEMORY_BYTES = 4 << 20;

  private static final int NEED_REPLY = 0x8;
  private static final int DEADLINE_MILLIS = 10_000;

  final FakeMemory memory;
  final FakeRing rx;
  final FakeRing tx;
  private final UnixConnection connection;

  /** Where the device's own requests come out. */
  private final UnixConnection requests;

  private final UnixConnection devicesEnd;
  private boolean acks;

  /** Whether a kick eventfd comes with count 1, as QEMU's do. */
  boolean kicksComeSignalled = true;

  FakeVmm(Path socket) throws IOException {
    this(socket, FakeMemory.of(0, MEMORY_BYTES), RING_SIZE, 0);
  }

  /** With a memory of its own, and both rings' pages moved by an offset. */
  FakeVmm(Path socket, FakeMemory memory, int ringSize, long ringOffset) throws IOException {
    this.memory = memory;
    connection = TestLibc.connect(socket);
    UnixConnection[] pair = TestLibc.connectedPair();
    devicesEnd = pair[0];
    requests = pair[1];
    rx = new FakeRing(memory, 0, ringSize, ringOffset + RX_PAGE);
    tx = new FakeRing(memory, 1, ringSize, ringOffset + TX_PAGE);
    rx.reset(0);
    tx.reset(0);
  }

  // ---- messages

  static ByteBuffer payload(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.nativeOrder());
  }

  static ByteBuffer u64(long value) {
    return payload(8).putLong(value).flip();
  }

  static ByteBuffer state(int ring, int value) {
    return payload(8).putInt(ring).putInt(value).flip();
  }

  /** Sends a message as it stands. */
  void sendRaw(int request, int flags, ByteBuffer payload, Fd... fds) throws IOException {
    ByteBuffer message =
        ByteBuffer.allocateDirect(12 + payload.remaining()).order(ByteOrder.nativeOrder());
    message.putInt(request).putInt(flags).putInt(payload.remaining()).put(payload);
    connection.send(message.flip(), List.of(fds));
  }

  /** Sends a request that has no reply, and waits for its acknowledgement if that is agreed. */
  void tell(Request request, ByteBuffer payload, Fd... fds) throws IOException {
    sendRaw(request.id(), 1 | (acks ? NEED_REPLY : 0), payload, fds);
    if (acks) {
      assertEquals(0, reply(request, 8).getLong(0), request + " was refused");
    }
  }

  ByteBuffer ask(Request request, ByteBuffer payload, int replyBytes) throws IOException {
    sendRaw(request.id(), 1, payload);
    return reply(request, replyBytes);
  }

  private ByteBuffer reply(Request request, int payloadBytes) throws IOException {
    ByteBuffer reply = ByteBuffer.allocateDirect(12 + payloadBytes).order(ByteOrder.nativeOrder());
    List<Fd> none = new ArrayList<>();
    PollSet set = new PollSet(1);
    set.add(connection.fd());
    while (reply.hasRemaining()) {
      assertTrue(set.await(DEADLINE_MILLIS), "no reply to " + request);
      int got = connection.receive(reply, none);
      if (got < 0) {
        throw new IOException("The device hung up instead of answering " + request + ".");
      }
    }
    assertEquals(request.id(), reply.getInt(0));
    assertEquals(5, reply.getInt(4), "flags of a reply");
    assertEquals(payloadBytes, reply.getInt(8));
    return reply.position(12).slice().order(ByteOrder.nativeOrder());
  }

  /** Waits until the device has served its rings after all that was said and kicked so far. */
  void awaitRound() throws IOException {
    // It serves its rings between two messages.
    ask(Request.GET_FEATURES, payload(0), 8);
    ask(Request.GET_FEATURES, payload(0), 8);
  }

  // ---- QEMU's sequences

  /** Section A: what QEMU says before the guest runs. */
  void realize() throws IOException {
    ByteBuffer none = payload(0);
    assertEquals(ALL_FEATURES, ask(Request.GET_FEATURES, none, 8).getLong(0));
    assertEquals(0x229, ask(Request.GET_PROTOCOL_FEATURES, none, 8).getLong(0));
    tell(Request.SET_PROTOCOL_FEATURES, u64(0x229));
    acks = true;
    assertEquals(2, ask(Request.GET_QUEUE_NUM, none, 8).getLong(0));
    tell(Request.SET_BACKEND_REQ_FD, none, devicesEnd.fd());
    devicesEnd.close();
    tell(Request.SET_OWNER, none);
    ask(Request.GET_FEATURES, none, 8);
    for (FakeRing ring : List.of(rx, tx)) {
      tell(Request.SET_VRING_CALL, u64(ring.index), ring.call.fd());
      tell(Request.SET_VRING_ERR, u64(ring.index), ring.call.fd());
    }
    ByteBuffer config = ask(Request.GET_CONFIG, payload(20).putInt(4, 8), 20);
    assertEquals(CID, config.order(ByteOrder.LITTLE_ENDIAN).getLong(12));
  }

  /** Section B: the driver starts. */
  void start(long features, int rxBase, int txBase) throws IOException {
    prepare(features, rxBase, txBase);
    enable();
  }

  /** Section B up to the kicks, which come before ENABLE. */
  void prepare(long features, int rxBase, int txBase) throws IOException {
    tell(Request.SET_VRING_CALL, u64(1), tx.call.fd());
    tell(Request.SET_VRING_CALL, u64(0), rx.call.fd());
    tell(Request.SET_FEATURES, u64(features));
    tell(Request.SET_MEM_TABLE, memory.table(), memory.fds().toArray(Fd[]::new));
    setUp(rx, rxBase);
    setUp(tx, txBase);
  }

  private void setUp(FakeRing ring, int base) throws IOException {
    tell(Request.SET_VRING_NUM, state(ring.index, ring.size));
    tell(Request.SET_VRING_BASE, state(ring.index, base));
    tell(Request.SET_VRING_ADDR, addresses(ring, ring.descriptorsAt, ring.usedAt, ring.availAt));
    ring.kick.close();
    ring.kick = EventFd.create("a new fake kick");
    if (kicksComeSignalled) {
      ring.kick.signal();
    }
    tell(Request.SET_VRING_KICK, u64(ring.index), ring.kick.fd());
  }

  ByteBuffer addresses(FakeRing ring, long descriptors, long used, long avail) {
    return payload(40)
        .putInt(ring.index)
        .putInt(0)
        .putLong(memory.userAddress(descriptors))
        .putLong(memory.userAddress(used))
        .putLong(memory.userAddress(avail))
        .putLong(0)
        .flip();
  }

  void enable() throws IOException {
    tell(Request.SET_VRING_ENABLE, state(0, 1));
    tell(Request.SET_VRING_ENABLE, state(1, 1));
    tell(Request.SET_VRING_CALL, u64(0), rx.call.fd());
    tell(Request.SET_VRING_CALL, u64(1), tx.call.fd());
  }

  /**
   * Section C: the driver or QEMU stops.
   *
   * @return the bases that the device reports, rx and tx
   */
  int[] stop() throws IOException {
    tell(Request.SET_VRING_ENABLE, state(0, 0));
    tell(Request.SET_VRING_ENABLE, state(1, 0));
    int[] bases = new int[2];
    for (int i = 0; i < 2; i++) {
      ByteBuffer reply = ask(Request.GET_VRING_BASE, state(i, 0), 8);
      assertEquals(i, reply.getInt(0));
      bases[i] = reply.getInt(4);
    }
    tell(Request.SET_VRING_CALL, u64(1), tx.call.fd());
    tell(Request.SET_VRING_CALL, u64(0), rx.call.fd());
    return bases;
  }

  /** Waits until the device says that its configuration has changed. */
  void awaitConfigurationChange() throws IOException {
    ByteBuffer message = ByteBuffer.allocateDirect(12).order(ByteOrder.nativeOrder());
    PollSet set = new PollSet(1);
    set.add(requests.fd());
    while (message.hasRemaining()) {
      assertTrue(set.await(DEADLINE_MILLIS), "the device asked for nothing");
      requests.receive(message, new ArrayList<>());
    }
    assertEquals(2, message.getInt(0), "VHOST_USER_BACKEND_CONFIG_CHANGE_MSG");
    assertEquals(1, message.getInt(4), "version 1, no reply wanted");
    assertEquals(0, message.getInt(8));
  }

  /** Reads the configuration. */
  long readCid() throws IOException {
    ByteBuffer config = ask(Request.GET_CONFIG, payload(20).putInt(4, 8), 20);
    return config.order(ByteOrder.LITTLE_ENDIAN).getLong(12);
  }

  /** Realize and start, as a boot does. */
  FakeVmm boot() throws IOException {
    realize();
    start(ALL_FEATURES, 0, 0);
    return this;
  }

  // ---- the driver

  /** Posts a receive buffer of one descriptor, with a kick. */
  void postRx(int head, int bytes) throws IOException {
    rx.descriptor(head, rxBuffer(head), bytes, FakeRing.WRITE, 0);
    rx.offer(head);
    rx.kick();
  }

  static long rxBuffer(int head) {
    return RX_BUFFERS + head * 0x10000L;
  }

  /** A packet that the device has written into a receive buffer. */
  record Received(Header header, ByteBuffer body, int head) {
    byte[] payload() {
      byte[] bytes = new byte[body.limit()];
      body.get(0, bytes);
      return bytes;
    }
  }

  Received awaitPacket() throws IOException {
    FakeRing.Used used = rx.awaitUsed();
    byte[] bytes = new byte[used.writtenBytes()];
    memory.at(rxBuffer(used.head()), bytes.length).get(0, bytes);
    Header header = header(bytes);
    byte[] body = new byte[bytes.length - Header.BYTES];
    System.arraycopy(bytes, Header.BYTES, body, 0, body.length);
    assertEquals(body.length, header.lengthBytes());
    return new Received(header, ByteBuffer.wrap(body), used.head());
  }

  static Header header(byte[] bytes) {
    return ((Decoded.Valid) HeaderCodec.decode(bytes, 0, bytes.length)).header();
  }

  static byte[] bytes(Header header) {
    byte[] bytes = new byte[Header.BYTES];
    HeaderCodec.encode(header, bytes, 0);
    return bytes;
  }

  /** Sends a packet of two descriptors, header and payload, and waits until it is taken. */
  void send(Header header, byte[] body) throws IOException {
    offerTx(0, header, body);
    tx.kick();
    assertEquals(new FakeRing.Used(0, 0), tx.awaitUsed());
  }

  /** Offers a packet at descriptors head and head + 1. */
  void offerTx(int head, Header header, byte[] body) {
    long at = TX_BUFFERS + head * 0x10000L;
    memory.at(at, Header.BYTES).put(0, bytes(header));
    if (body.length > 0) {
      memory.at(at + 64, body.length).put(0, body);
      tx.descriptor(head, at, Header.BYTES, FakeRing.NEXT, head + 1);
      tx.descriptor(head + 1, at + 64, body.length, 0, 0);
    } else {
      tx.descriptor(head, at, Header.BYTES, 0, 0);
    }
    tx.offer(head);
  }

  /** QEMU dies. */
  void hangUp() {
    connection.close();
    requests.close();
    devicesEnd.close();
  }

  @Override
  public void close() {
    hangUp();
    rx.close();
    tx.close();
    memory.close();
  }
}
