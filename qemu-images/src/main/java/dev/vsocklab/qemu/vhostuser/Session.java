package dev.vsocklab.qemu.vhostuser;

import dev.vsocklab.linux.EventFd;
import dev.vsocklab.linux.Fd;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What QEMU tells the device, and what follows from it. A ring runs exactly while it is enabled and
 * has a size, addresses, memory and a kick eventfd; whatever changes one of them stops it, changes
 * it, and starts it again. Used by the device's thread alone.
 *
 * <pre>
 *   realize   features, owner, call eventfds, configuration
 *   start     memory, size, base, addresses, kick, ENABLE 1       both rings are drained
 *   stop      ENABLE 0, GET_VRING_BASE                            memory and call are left alone
 *   start     the base that was reported                          QEMU's stop and cont
 *             another base                                        the guest was reset
 * </pre>
 *
 * <p>Source: vhost-user.rst; QEMU {@code hw/virtio/vhost-user-vsock.c} and {@code vhost.c}.
 */
final class Session implements AutoCloseable {
  private static final long EVENT_IDX = 1L << 29;
  private static final long INDIRECT_DESC = 1L << 28;
  private static final long PROTOCOL_FEATURES = 1L << 30;
  private static final long VERSION_1 = 1L << 32;

  /** VIRTIO_VSOCK_F_SEQPACKET. */
  private static final long SEQPACKET = 1L << 1;

  /** What is served. */
  static final long FEATURES =
      VERSION_1 | PROTOCOL_FEATURES | EVENT_IDX | INDIRECT_DESC | SEQPACKET;

  private static final long PROTOCOL_MQ = 1L;
  private static final long PROTOCOL_REPLY_ACK = 1L << 3;
  private static final long PROTOCOL_BACKEND_REQ = 1L << 5;
  private static final long PROTOCOL_CONFIG = 1L << 9;

  /** Without CONFIG QEMU gives up; BACKEND_REQ is there to change the CID. */
  static final long PROTOCOL =
      PROTOCOL_CONFIG | PROTOCOL_REPLY_ACK | PROTOCOL_MQ | PROTOCOL_BACKEND_REQ;

  private static final int RX = 0;
  private static final int TX = 1;
  private static final int RINGS = 2; // QEMU keeps the event queue to itself

  private static final int CONFIG_BYTES = 8; // le64 guest_cid
  private static final int CONFIG_HEADER_BYTES = 12;
  private static final long NO_FD = 1 << 8;
  private static final long RING_MASK = 0xff;

  private final MessageChannel channel;
  private final RxQueue rx;
  private final TxQueue tx;
  private final Uplink uplink;
  private final DeviceLog log;

  private final Vring[] vrings = {new Vring(RX), new Vring(TX)};
  private final boolean[] running = new boolean[RINGS];
  private long cid;
  private int configurationReads;
  private @Nullable BackendRequests requests;
  private @Nullable GuestMemory memory;
  private long features;
  private boolean acksReplies;
  private boolean guestWasReset;

  Session(MessageChannel channel, long cid, RxQueue rx, TxQueue tx, Uplink uplink, DeviceLog log) {
    this.channel = channel;
    this.cid = cid;
    this.rx = rx;
    this.tx = tx;
    this.uplink = uplink;
    this.log = log;
  }

  /** Whether the guest's driver has both rings running. */
  boolean isStarted() {
    return running[RX] && running[TX];
  }

  /** What the configuration says. */
  long cid() {
    return cid;
  }

  /** How often QEMU has read the configuration. */
  int configurationReads() {
    return configurationReads;
  }

  /**
   * Changes the configuration and says so; QEMU reads it then.
   *
   * @throws IOException if this QEMU does not listen, or is gone
   */
  void changeCid(long newCid) throws IOException {
    if (requests == null) {
      throw new IOException(
          "This QEMU cannot be told that the guest's CID changes: it took no backend channel"
              + " (vhost-user protocol feature 5). Use QEMU 7.2 or later.");
    }
    cid = newCid;
    requests.configurationChanged();
  }

  /** The event queue, at a place in the guest's memory; valid until the next message. */
  EventRing eventRing(EventQueue place) throws DeviceFailure {
    GuestMemory current = memory == null ? GuestMemory.none() : memory;
    // QEMU is started so that all queues share one interrupt: the rx queue's wakes this one, too.
    return new EventRing(current, place, (features & EVENT_IDX) != 0, vrings[RX].call);
  }

  /** The kick eventfd of a running rx ring, to wait for. */
  @Nullable EventFd rxKick() {
    return running[RX] ? vrings[RX].kick : null;
  }

  /** The kick eventfd of a running tx ring, to wait for. */
  @Nullable EventFd txKick() {
    return running[TX] ? vrings[TX].kick : null;
  }

  /** Obeys one message, and closes the descriptors of it that it does not keep. */
  void handle(Message message) throws DeviceFailure, IOException {
    try {
      boolean answered = obey(message);
      if (!answered && message.wantsAck() && acksReplies) {
        channel.replyU64(message.request(), 0);
      }
    } finally {
      message.fds().forEach(Fd::close);
    }
  }

  /**
   * @return whether the request has a reply of its own, which went out
   */
  private boolean obey(Message message) throws DeviceFailure, IOException {
    ByteBuffer payload = message.payload();
    Request request = message.request();
    switch (request) {
      case GET_FEATURES -> channel.replyU64(request, FEATURES);
      case GET_PROTOCOL_FEATURES -> channel.replyU64(request, PROTOCOL);
      case GET_QUEUE_NUM -> channel.replyU64(request, RINGS);
      case GET_CONFIG -> replyConfig(payload);
      case GET_VRING_BASE -> reportBase(vring(payload.getInt(0), request));
      case SET_OWNER -> log.event("QEMU owns the device");
      case RESET_OWNER -> disableAll();
      case RESET_DEVICE -> reset();
      case SET_FEATURES -> setFeatures(payload.getLong(0));
      case SET_PROTOCOL_FEATURES -> setProtocolFeatures(payload.getLong(0));
      case SET_MEM_TABLE -> setMemory(message);
      case SET_VRING_NUM -> setSize(vring(payload.getInt(0), request), payload.getInt(4));
      case SET_VRING_BASE -> setBase(vring(payload.getInt(0), request), payload.getInt(4));
      case SET_VRING_ADDR -> setAddresses(vring(payload.getInt(0), request), payload);
      case SET_VRING_KICK -> setKick(message);
      case SET_VRING_CALL -> setCall(message);
      case SET_VRING_ERR -> {
        // Errors end the device and are said in words: the descriptor is closed with the message.
      }
      case SET_VRING_ENABLE -> enable(vring(payload.getInt(0), request), payload.getInt(4));
      case SET_BACKEND_REQ_FD -> setRequests(message);
    }
    return switch (request) {
      case GET_FEATURES, GET_PROTOCOL_FEATURES, GET_QUEUE_NUM, GET_CONFIG, GET_VRING_BASE -> true;
      case SET_OWNER,
          RESET_OWNER,
          RESET_DEVICE,
          SET_FEATURES,
          SET_PROTOCOL_FEATURES,
          SET_MEM_TABLE,
          SET_VRING_NUM,
          SET_VRING_BASE,
          SET_VRING_ADDR,
          SET_VRING_KICK,
          SET_VRING_CALL,
          SET_VRING_ERR,
          SET_VRING_ENABLE,
          SET_BACKEND_REQ_FD ->
          false;
    };
  }

  private Vring vring(int index, Request request) throws DeviceFailure {
    if (index < 0 || index >= RINGS) {
      throw new DeviceFailure(
          "QEMU's "
              + request
              + " is about ring "
              + Integer.toUnsignedString(index)
              + "; a vsock device has rings 0 and 1.");
    }
    return vrings[index];
  }

  private void setFeatures(long wanted) throws DeviceFailure {
    refuseUnoffered("features", wanted, FEATURES);
    features = wanted;
    log.event("features 0x" + Long.toHexString(wanted));
  }

  private void setProtocolFeatures(long wanted) throws DeviceFailure {
    refuseUnoffered("protocol features", wanted, PROTOCOL);
    acksReplies = (wanted & PROTOCOL_REPLY_ACK) != 0;
    log.event("protocol features 0x" + Long.toHexString(wanted));
  }

  private static void refuseUnoffered(String what, long wanted, long offered) throws DeviceFailure {
    if ((wanted & ~offered) != 0) {
      throw new DeviceFailure(
          "QEMU wants "
              + what
              + " 0x"
              + Long.toHexString(wanted)
              + ", but only 0x"
              + Long.toHexString(offered)
              + " were offered.");
    }
  }

  private void setRequests(Message message) throws DeviceFailure {
    Fd socket = message.takeFd().named("the backend channel to QEMU");
    closeRequests();
    requests = new BackendRequests(socket);
  }

  private void closeRequests() {
    if (requests != null) {
      requests.close();
      requests = null;
    }
  }

  private void replyConfig(ByteBuffer payload) throws IOException {
    long offset = Integer.toUnsignedLong(payload.getInt(0));
    long sizeBytes = Integer.toUnsignedLong(payload.getInt(4));
    if (offset + sizeBytes > CONFIG_BYTES || payload.limit() != CONFIG_HEADER_BYTES + sizeBytes) {
      channel.replyBytes(Request.GET_CONFIG, ByteBuffer.allocate(0)); // empty says: refused
      return;
    }
    ByteBuffer config = ByteBuffer.allocate(CONFIG_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    config.putLong(0, cid);
    payload.put(CONFIG_HEADER_BYTES, config, (int) offset, (int) sizeBytes);
    channel.replyBytes(Request.GET_CONFIG, payload);
    configurationReads++;
  }

  private void setMemory(Message message) throws DeviceFailure {
    GuestMemory newMemory = GuestMemory.map(message);
    for (Vring vring : vrings) {
      stop(vring);
    }
    GuestMemory old = memory;
    memory = newMemory;
    if (old != null) {
      old.close();
    }
    log.event("guest memory: " + newMemory.describe());
    for (Vring vring : vrings) {
      startIfRunnable(vring);
    }
  }

  private void setSize(Vring vring, int size) throws DeviceFailure {
    refuseWhileRunning(vring, "size");
    if (size <= 0 || size > Vring.MAX_SIZE || Integer.bitCount(size) != 1) {
      throw new DeviceFailure(
          "QEMU gave ring "
              + vring.index
              + " a size of "
              + Integer.toUnsignedString(size)
              + "; it must be a power of 2 up to "
              + Vring.MAX_SIZE
              + ".");
    }
    vring.size = size;
  }

  private void setBase(Vring vring, int base) throws DeviceFailure {
    refuseWhileRunning(vring, "base");
    if (base < 0 || base > 0xffff) {
      throw new DeviceFailure(
          "QEMU gave ring "
              + vring.index
              + " the base "
              + Integer.toUnsignedString(base)
              + "; an index has 16 bits.");
    }
    if (vring.reportedBase >= 0 && vring.reportedBase != base) {
      guestWasReset = true;
    }
    vring.reportedBase = -1;
    vring.base = base;
  }

  private void setAddresses(Vring vring, ByteBuffer payload) throws DeviceFailure {
    refuseWhileRunning(vring, "addresses");
    vring.descriptorUserAddress = payload.getLong(8);
    vring.usedUserAddress = payload.getLong(16);
    vring.availUserAddress = payload.getLong(24);
    vring.hasAddresses = true;
  }

  private void refuseWhileRunning(Vring vring, String what) throws DeviceFailure {
    if (running[vring.index]) {
      throw new DeviceFailure(
          "QEMU changed the " + what + " of ring " + vring.index + " while the ring runs.");
    }
  }

  private void setKick(Message message) throws DeviceFailure {
    Vring vring = vring((int) (message.payload().getLong(0) & RING_MASK), message.request());
    EventFd kick = eventFd(message, "the kick eventfd of ring " + vring.index);
    if (kick == null) {
      throw new DeviceFailure(
          "QEMU gave ring " + vring.index + " no kick eventfd; polling a ring is not served.");
    }
    stop(vring);
    vring.setKick(kick);
    // Without PROTOCOL_FEATURES there is no ENABLE: a ring then runs from its kick on.
    vring.enabled |= (features & PROTOCOL_FEATURES) == 0;
    startIfRunnable(vring);
  }

  private void setCall(Message message) throws DeviceFailure, IOException {
    Vring vring = vring((int) (message.payload().getLong(0) & RING_MASK), message.request());
    EventFd call = eventFd(message, "the call eventfd of ring " + vring.index);
    stop(vring);
    vring.setCall(call);
    startIfRunnable(vring);
    if (running[vring.index] && call != null) {
      // A signal to the old eventfd may have gone unseen while QEMU changed over.
      call.signal();
    }
  }

  private static @Nullable EventFd eventFd(Message message, String what) throws DeviceFailure {
    return (message.payload().getLong(0) & NO_FD) != 0
        ? null
        : new EventFd(message.takeFd().named(what));
  }

  private void enable(Vring vring, int state) throws DeviceFailure {
    if (state != 0 && state != 1) {
      throw new DeviceFailure(
          "QEMU's SET_VRING_ENABLE has the state "
              + Integer.toUnsignedString(state)
              + "; it is 0 or 1.");
    }
    vring.enabled = state == 1;
    if (vring.enabled) {
      startIfRunnable(vring);
    } else {
      stop(vring);
    }
  }

  private void reportBase(Vring vring) throws IOException {
    stop(vring);
    vring.setKick(null);
    vring.reportedBase = vring.base;
    log.event("ring " + vring.index + " ends at " + vring.base);
    channel.replyState(Request.GET_VRING_BASE, vring.index, vring.base);
  }

  private void disableAll() {
    for (Vring vring : vrings) {
      vring.enabled = false;
      stop(vring);
    }
  }

  private void reset() {
    disableAll();
    for (Vring vring : vrings) {
      vring.base = 0;
      vring.reportedBase = -1;
    }
    guestWasReset = false;
    uplink.guestWasReset();
  }

  private void startIfRunnable(Vring vring) throws DeviceFailure {
    GuestMemory current = memory;
    if (running[vring.index] || !vring.isRunnable() || current == null) {
      return;
    }
    if (guestWasReset) {
      guestWasReset = false;
      uplink.guestWasReset();
    }
    SplitRing ring = new SplitRing(vring, current, (features & EVENT_IDX) != 0);
    boolean indirect = (features & INDIRECT_DESC) != 0;
    running[vring.index] = true;
    log.event(
        String.format(
            Locale.ROOT, "ring %d runs: %d entries from %d", vring.index, vring.size, vring.base));
    if (vring.index == RX) {
      rx.start(ring, indirect);
    } else {
      tx.start(ring, indirect); // the device's thread drains it before it sleeps
    }
  }

  /** When this returns, neither the ring nor its call eventfd is in use. */
  private void stop(Vring vring) {
    SplitRing stopped = vring.index == RX ? rx.stop() : tx.stop();
    running[vring.index] = false;
    if (stopped != null) {
      vring.base = stopped.nextAvail();
    }
  }

  /** Stops the rings, unmaps the memory and closes all descriptors. */
  @Override
  public void close() {
    for (Vring vring : vrings) {
      stop(vring);
      vring.setKick(null);
      vring.setCall(null);
    }
    if (memory != null) {
      memory.close();
      memory = null;
    }
    closeRequests();
    channel.close();
  }
}
