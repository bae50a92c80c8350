package dev.vsocklab.sim.stack;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.sim.connection.Connection;
import dev.vsocklab.sim.connection.Effects;
import dev.vsocklab.sim.connection.PacketRules;
import dev.vsocklab.sim.connection.Reaction;
import dev.vsocklab.sim.connection.ReceiveCall;
import dev.vsocklab.sim.connection.Row;
import dev.vsocklab.sim.connection.SendCall;
import dev.vsocklab.sim.credit.BufferSizes;
import dev.vsocklab.sim.credit.ReceiveShape;
import dev.vsocklab.sim.kernel.KernelHabit;
import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.Op;
import dev.vsocklab.sim.wire.Packet;
import dev.vsocklab.sim.wire.SocketType;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One socket of a machine: {@code struct vsock_sock}. Its calls never wait; they say what is so
 * now, and the engine waits where its user wants to.
 *
 * <p>Every call is made between {@link #lock} and {@link #unlock}. Packets that a call or an event
 * leads to are put into the {@link Outbox}; {@link #unlock} hands them over.
 */
public final class Sock implements Effects {
  /** How long a closed socket waits for the peer's RST ({@code VSOCK_CLOSE_TIMEOUT}). */
  private static final long CLOSE_TIMEOUT_NANOS = 8_000_000_000L;

  /** {@code VSOCK_DEFAULT_CONNECT_TIMEOUT}. */
  static final long DEFAULT_CONNECT_TIMEOUT_NANOS = 2_000_000_000L;

  /** Poll events that are reported whether or not they were asked for. */
  private static final int ALWAYS_REPORTED =
      KernelSocket.POLLERR | KernelSocket.POLLHUP | KernelSocket.POLLNVAL;

  private final ReentrantLock lock = new ReentrantLock();
  private final Surroundings.WaitPoint readers;
  private final Surroundings.WaitPoint writers;
  private final Surroundings.WaitPoint pollers;
  private final Stack stack;
  private final long number;

  private final Outbox outbox;
  private final SockWatch watch;
  private final SocketType type;
  private final Connection connection;

  private BufferSizes sizes;
  private long connectTimeoutNanos;
  private long receiveTimeoutNanos = KernelSocket.FOREVER;
  private long sendTimeoutNanos = KernelSocket.FOREVER;
  private int receiveLowWaterBytes = 1;

  /** SO_LINGER; 0 if off. */
  private long lingerNanos;

  /** Payload that was put into the outbox and not yet handed over ({@code bytes_unsent}). */
  private final AtomicLong unsentBytes = new AtomicLong();

  private @Nullable VsockAddress local;
  private @Nullable VsockAddress remote;
  private @Nullable Transport transport;
  private @Nullable Backlog backlog;

  private Surroundings.@Nullable Alarm connectAlarm;
  private Surroundings.@Nullable Alarm closeAlarm;
  private boolean closeAlarmIsDue;
  private boolean inBoundTable;
  private boolean inConnectedTable;

  /** The user closed it; the connection may live on until its close timer. */
  private boolean closed;

  private boolean closeIsHalfDone;

  private int watchedEvents;
  private @Nullable Runnable watcher;
  private @Nullable Runnable dueCallback;

  /** A child whose RESPONSE is still to be handed over. */
  private @Nullable Sock newborn;

  Sock(Stack stack, long number, SocketType type, BufferSizes sizes, long connectTimeoutNanos) {
    this.stack = stack;
    this.number = number;
    this.type = type;
    this.outbox = new Outbox(lock, this::carry);
    this.sizes = sizes;
    this.connectTimeoutNanos = connectTimeoutNanos;
    connection = new Connection(type, stack.kernel(), sizes);
    watch = stack.watch().watch(this);
    readers = waitPoint(Surroundings.Awaited.INPUT, SockWatch.Waiter.READER);
    writers = waitPoint(Surroundings.Awaited.OUTPUT, SockWatch.Waiter.WRITER);
    pollers = waitPoint(Surroundings.Awaited.EVENTS, SockWatch.Waiter.POLLER);
  }

  private Surroundings.WaitPoint waitPoint(Surroundings.Awaited awaited, SockWatch.Waiter waiter) {
    return watch.waitPoint(stack.surroundings().waitPoint(lock, awaited, this), waiter);
  }

  // ---- the lock and the outbox
  // -------------------------------------------------------------------

  /** Takes the socket's lock. */
  public void lock() {
    lock.lock();
  }

  /**
   * Gives the lock up, hands over the packets that are due, and runs a watch callback that is due.
   * May be called with other work pending; never with another socket's lock held.
   */
  public void unlock() {
    Runnable callback = dueCallback;
    dueCallback = null;
    Sock child = newborn;
    newborn = null;
    boolean alarm = closeAlarmIsDue;
    Packet packet = outbox.takeToken();
    lock.unlock();
    if (packet != null) {
      outbox.handOver(packet);
    }
    if (alarm) {
      setCloseAlarmIfStillDue();
    }
    if (child != null) {
      child.lock();
      child.unlock();
    }
    if (callback != null) {
      callback.run();
    }
  }

  // ---- effects of the connection
  // -----------------------------------------------------------------

  @Override
  public void send(Op op, int flags) {
    put(Packet.of(stamp(op, flags, 0)));
  }

  @Override
  public void sendData(ByteBuffer src, int offset, int lengthBytes, int flags) {
    unsentBytes.addAndGet(lengthBytes);
    put(Packet.borrowing(stamp(Op.RW, flags, lengthBytes), src, offset));
  }

  private void put(Packet packet) {
    watch.sent(packet.header(), packet.payload(), packet.offset());
    outbox.add(packet);
  }

  @Override
  public void consumed(ByteBuffer dst, int copiedBytes, int takenBytes, int messageFlags) {
    watch.consumed(dst, dst.position() - copiedBytes, copiedBytes, takenBytes, messageFlags);
  }

  private void carry(Packet packet) {
    int lengthBytes = packet.header().lengthBytes();
    if (lengthBytes > 0) {
      unsentBytes.addAndGet(-lengthBytes);
    }
    stack.carry(packet);
  }

  private Header stamp(Op op, int flags, int lengthBytes) {
    return new Header(
        stack.cidAs(transport),
        remoteCid(),
        (int) localPort(),
        (int) remotePort(),
        lengthBytes,
        type.wireValue(),
        op.wireValue(),
        flags,
        connection.stampBufAlloc(),
        connection.stampFwdCnt());
  }

  @Override
  public void wakeReaders() {
    readers.wakeAll();
    wakePollers();
  }

  @Override
  public void wakeWriters() {
    writers.wakeAll();
    wakePollers();
  }

  private void wakePollers() {
    pollers.wakeAll();
    callWatcherIfReady();
  }

  private void callWatcherIfReady() {
    if (watcher != null && poll(watchedEvents) != 0) {
      dueCallback = watcher;
      watcher = null;
    }
  }

  @Override
  public void enterConnectedTable() {
    stopConnectAlarm();
    inConnectedTable = true;
    stack.connected().add(this);
  }

  @Override
  public void leaveTables() {
    if (inConnectedTable) {
      inConnectedTable = false;
      stack.connected().remove(this);
    }
    if (!closed) {
      return; // the address stays its own until the user closes it
    }
    if (inBoundTable) {
      inBoundTable = false;
      stack.bound().remove(this, localPort());
    }
    stack.forget(this);
  }

  @Override
  public void startCloseTimer() {
    closeAlarmIsDue = true; // unlock() sets it, unless the peer's RST was quicker
  }

  private void setCloseAlarmIfStillDue() {
    lock.lock();
    try {
      if (closeAlarmIsDue) {
        closeAlarmIsDue = false;
        closeAlarm = stack.surroundings().schedule(CLOSE_TIMEOUT_NANOS, this::closeTimeIsUp);
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void cancelCloseTimer() {
    closeAlarmIsDue = false;
    if (closeAlarm != null) {
      closeAlarm.cancel();
      closeAlarm = null;
    }
  }

  private void closeTimeIsUp() {
    lock();
    try {
      connection.onCloseTimeout(this);
    } finally {
      unlock();
    }
  }

  // ---- packets
  // -----------------------------------------------------------------------------------

  /**
   * Takes a packet.
   *
   * @return false if it is to be answered with an RST made without a socket
   */
  boolean receive(Packet packet, Transport from) {
    Header header = packet.header();
    lock();
    try {
      Row row = rowFor(header, from);
      Reaction reaction = PacketRules.reaction(row, header.op());
      stack.visits().visited(row, header.op());
      if (header.op() == Op.REQUEST) {
        stack.watch().requestArrived(row, header);
      }
      switch (reaction) {
        case REPLY_RST -> {
          return false;
        }
        case ACCEPT -> {
          return accept(header, from);
        }
        case IGNORE,
            ESTABLISH,
            REFUSED,
            PROTOCOL_ERROR,
            RECEIVE,
            UPDATE_CREDIT,
            ANSWER_CREDIT,
            PEER_SHUTDOWN,
            PEER_RESET -> {
          if (row == Row.CONNECTING || row == Row.ESTABLISHED || row == Row.CLOSING) {
            refreshLocalCid(header);
            watch.receives(row, header);
            connection.receive(reaction, packet, this);
            watch.received(row, header);
          }
          return true;
        }
      }
      throw new AssertionError(reaction);
    } finally {
      unlock();
    }
  }

  private Row rowFor(Header header, Transport from) {
    if (backlog != null) {
      return closed ? Row.NO_CONNECTION : Row.LISTENING;
    }
    if (transport != from) {
      return Row.NO_CONNECTION;
    }
    return connection.row() == Row.DONE || comesFromPeer(header)
        ? connection.row()
        : Row.NO_CONNECTION;
  }

  /**
   * {@code vsock_check_source}. A loopback packet always comes from CID 1, whatever was asked for.
   */
  private boolean comesFromPeer(Header header) {
    return !stack.kernel().has(KernelHabit.SOURCE_IS_CHECKED)
        || (header.srcPort() == (int) remotePort()
            && ((int) header.srcCid() == (int) remoteCid() || transport == Transport.LOOPBACK));
  }

  /** A guest's CID can change when it migrates: a concretely bound socket follows. */
  private void refreshLocalCid(Header header) {
    if (local != null && local.cid() != VsockAddress.CID_ANY && local.cid() != header.dstCid()) {
      local = VsockAddress.of(header.dstCid() & VsockAddress.MAX_VALUE, local.port());
    }
  }

  private boolean accept(Header request, Transport from) {
    Backlog queue = backlog;
    if (queue == null || queue.isFull()) {
      return false;
    }
    VsockAddress peer =
        VsockAddress.of(
            request.srcCid() & VsockAddress.MAX_VALUE, Integer.toUnsignedLong(request.srcPort()));
    if (stack.transportFor(peer.cid()) != from) {
      return false;
    }
    Sock child = stack.newSock(type, sizes, connectTimeoutNanos);
    child.lock();
    child.remote = peer;
    child.local =
        VsockAddress.of(
            request.dstCid() & VsockAddress.MAX_VALUE, Integer.toUnsignedLong(request.dstPort()));
    child.useTransport(from);
    child.watch.accepted(request);
    child.connection.acceptFrom(request, child);
    // Its RESPONSE stays in its outbox, ahead of whatever its accepter writes, until no lock is
    // held.
    child.lock.unlock();
    queue.add(child);
    newborn = child;
    wakeReaders();
    return true;
  }

  void transportReset() {
    lock();
    try {
      connection.transportReset(this);
    } finally {
      unlock();
    }
  }

  void peerMachineGone() {
    lock();
    try {
      connection.peerMachineGone(this);
    } finally {
      unlock();
    }
  }

  // ---- calls: all between lock() and unlock()
  // ------------------------------------------------------

  /**
   * bind().
   *
   * @param address the address
   * @throws ErrnoException EINVAL, EADDRNOTAVAIL, EACCES, EADDRINUSE
   */
  public void bind(VsockAddress address) throws ErrnoException {
    checkOpen();
    if (local != null) {
      throw new ErrnoException(Errno.EINVAL, "it is already bound to " + local);
    }
    stack.checkMayBind(address);
    bindTo(address);
  }

  private void bindTo(VsockAddress address) throws ErrnoException {
    // The table reads boundCid() of every socket in it: set it first.
    local = address;
    try {
      local = stack.bound().bind(this, address);
      inBoundTable = true;
    } catch (ErrnoException e) {
      local = null;
      throw e;
    }
  }

  /**
   * listen().
   *
   * @param backlogLength connections that may wait, less one
   * @throws ErrnoException EINVAL
   */
  public void listen(int backlogLength) throws ErrnoException {
    checkOpen();
    switch (connection.callState()) {
      case UNCONNECTED -> {}
      case CONNECTING, CONNECTED, DISCONNECTING ->
          throw new ErrnoException(Errno.EINVAL, "it is connected or connecting");
    }
    if (local == null) {
      throw new ErrnoException(Errno.EINVAL, "it is not bound");
    }
    backlog = backlog == null ? new Backlog(backlogLength) : backlog.resized(backlogLength);
    wakePollers();
  }

  /**
   * accept().
   *
   * @return the next connection, or null if none waits
   * @throws ErrnoException EINVAL
   */
  public @Nullable Sock accept() throws ErrnoException {
    checkOpen();
    if (backlog == null) {
      throw new ErrnoException(Errno.EINVAL, "it does not listen");
    }
    return backlog.poll();
  }

  /**
   * connect(): sends the REQUEST, or finds that one is out.
   *
   * @param address the other end
   * @return true if a REQUEST was sent by this call, false if one was out already
   * @throws ErrnoException EISCONN, EINVAL, ENODEV, EADDRNOTAVAIL
   */
  public boolean connect(VsockAddress address) throws ErrnoException {
    checkOpen();
    if (!connection.mayConnect()) {
      return false;
    }
    if (backlog != null) {
      throw new ErrnoException(Errno.EINVAL, "it listens");
    }
    remote = address;
    Transport chosen = stack.transportFor(address.cid());
    if (chosen == null) {
      throw new ErrnoException(Errno.ENODEV, "no transport of this machine leads to that CID");
    }
    boolean reachable = stack.reaches(chosen, address.cid());
    if (transport != chosen) {
      leaveTables();
      transport = null;
      connection.useTransport(sizes, ReceiveShape.WHOLE, 0);
      if (type == SocketType.SEQPACKET && !reachable) {
        throw new ErrnoException(
            Errno.ESOCKTNOSUPPORT, "nobody at that CID is known to have SOCK_SEQPACKET");
      }
      useTransport(chosen);
    }
    if (local == null) {
      bindTo(VsockAddress.any(VsockAddress.PORT_ANY));
    }
    connection.sendRequest(reachable, this);
    return true;
  }

  private void useTransport(Transport chosen) {
    sizes = sizes.announceable();
    transport = chosen;
    connection.useTransport(sizes, stack.receiveShape(chosen), stack.firstCount());
  }

  /** Lets a connect that nobody waits for end by itself when its time is up. */
  public void connectInBackground() {
    stopConnectAlarm();
    connectAlarm = stack.surroundings().schedule(connectTimeoutNanos, this::connectTimeIsUpAlarm);
  }

  private void connectTimeIsUpAlarm() {
    lock();
    try {
      connectTimeIsUp();
    } finally {
      unlock();
    }
  }

  /** The time of a connect is up: it fails with ETIMEDOUT unless it is over. */
  public void connectTimeIsUp() {
    connection.onConnectTimeout(this);
  }

  private void stopConnectAlarm() {
    if (connectAlarm != null) {
      connectAlarm.cancel();
      connectAlarm = null;
    }
  }

  /**
   * A caller waited for its connect as long as it may.
   *
   * @throws ErrnoException ETIMEDOUT
   */
  public void connectWaitIsOver() throws ErrnoException {
    connection.connectWaitIsOver();
  }

  /**
   * How a connect stands.
   *
   * @return true if connected, false if there is no answer yet
   * @throws ErrnoException what it failed with
   */
  public boolean connectResult() throws ErrnoException {
    checkOpen();
    return connection.connectResult();
  }

  /**
   * recv(), begun.
   *
   * @param dst where to
   * @param flags {@link KernelSocket#MSG_PEEK} and its like
   * @return the call: go on with it between {@link #lock} and {@link #unlock}
   * @throws ErrnoException EBADF, ENOTCONN
   */
  public ReceiveCall beginReceive(ByteBuffer dst, int flags) throws ErrnoException {
    checkOpen();
    if (backlog != null) {
      throw new ErrnoException(Errno.ENOTCONN, "it listens");
    }
    return new ReceiveCall(connection, dst, flags, receiveLowWaterBytes, sizes.sizeBytes(), this);
  }

  /**
   * send(), begun.
   *
   * @param src what
   * @param flags {@link KernelSocket#MSG_EOR} or 0
   * @return the call: go on with it between {@link #lock} and {@link #unlock}
   * @throws ErrnoException EBADF, ENOTCONN
   */
  public SendCall beginSend(ByteBuffer src, int flags) throws ErrnoException {
    checkOpen();
    return new SendCall(connection, src, flags, this);
  }

  /**
   * shutdown().
   *
   * @param direction which
   * @throws ErrnoException ENOTCONN
   */
  public void shutdown(KernelSocket.Direction direction) throws ErrnoException {
    checkOpen();
    int flags =
        switch (direction) {
          case READ -> Header.SHUTDOWN_RCV;
          case WRITE -> Header.SHUTDOWN_SEND;
          case BOTH -> Header.SHUTDOWN_BOTH;
        };
    connection.shutdown(flags, this);
  }

  /**
   * close(), first half.
   *
   * @return how long it lingers at most, in nanoseconds: until {@link #lingersNoMore}, then {@link
   *     #finishClose}
   */
  public long beginClose() {
    if (closed) {
      return 0;
    }
    watch.closing();
    closed = true;
    stopConnectAlarm();
    if (transport == null) {
      leaveTables();
    } else {
      closeIsHalfDone = connection.beginClose(this);
    }
    wakeReaders();
    wakeWriters();
    watch.closed();
    return closeIsHalfDone ? lingerNanos : 0;
  }

  /**
   * Whether a lingering close has nothing to linger for any more.
   *
   * @return true if it may be finished
   */
  public boolean lingersNoMore() {
    return connection.lingersNoMore(unsentBytes.get());
  }

  /** close(), second half. */
  public void finishClose() {
    if (closeIsHalfDone) {
      closeIsHalfDone = false;
      connection.finishClose(this);
    }
  }

  /**
   * The connections that nobody accepted: close them after this listener's lock was given up.
   *
   * @return the next one, or null
   */
  public @Nullable Sock nextUnaccepted() {
    return backlog == null ? null : backlog.poll();
  }

  private int pollEvents() {
    if (closed) {
      return KernelSocket.POLLNVAL;
    }
    int queue = backlog != null && !backlog.isEmpty() ? KernelSocket.POLLIN : 0;
    return queue | connection.pollEvents(receiveLowWaterBytes, backlog != null);
  }

  /**
   * poll(), for some events.
   *
   * @param events which are asked for
   * @return those that hold now, and those that are always reported
   */
  public int poll(int events) {
    return pollEvents() & (events | ALWAYS_REPORTED);
  }

  /**
   * Calls back once when one of the events holds.
   *
   * @param events {@link KernelSocket}'s bits
   * @param onReady the callback, which {@link #unlock} runs
   */
  public void watch(int events, Runnable onReady) {
    watchedEvents = events;
    watcher = onReady;
    callWatcherIfReady();
  }

  /**
   * SO_ERROR.
   *
   * @return the error, or null
   * @throws ErrnoException EBADF
   */
  public @Nullable Errno takeError() throws ErrnoException {
    checkOpen();
    return connection.takeError();
  }

  /**
   * The buffer sizes.
   *
   * @return the sizes
   */
  public BufferSizes sizes() {
    return sizes;
  }

  /**
   * Changes the buffer sizes and tells the peer, if there is a transport to tell it with.
   *
   * @param changed the new sizes
   */
  public void resize(BufferSizes changed) {
    boolean differs = changed.sizeBytes() != sizes.sizeBytes();
    sizes = changed;
    if (differs && transport != null) {
      sizes = changed.announceable();
      connection.resize(sizes);
      send(Op.CREDIT_UPDATE, 0);
    }
  }

  /**
   * SO_VM_SOCKETS_CONNECT_TIMEOUT.
   *
   * @return nanoseconds
   */
  public long connectTimeoutNanos() {
    return connectTimeoutNanos;
  }

  /**
   * SO_VM_SOCKETS_CONNECT_TIMEOUT.
   *
   * @param nanos nanoseconds; 0 for the default
   */
  public void connectTimeoutNanos(long nanos) {
    connectTimeoutNanos = nanos == 0 ? DEFAULT_CONNECT_TIMEOUT_NANOS : nanos;
  }

  /**
   * SO_RCVTIMEO.
   *
   * @return nanoseconds; {@link KernelSocket#FOREVER} if none is set
   */
  public long receiveTimeoutNanos() {
    return receiveTimeoutNanos;
  }

  /**
   * SO_RCVTIMEO.
   *
   * @param nanos nanoseconds, or {@link KernelSocket#FOREVER}
   */
  public void receiveTimeoutNanos(long nanos) {
    receiveTimeoutNanos = nanos;
  }

  /**
   * SO_SNDTIMEO.
   *
   * @return nanoseconds; {@link KernelSocket#FOREVER} if none is set
   */
  public long sendTimeoutNanos() {
    return sendTimeoutNanos;
  }

  /**
   * SO_SNDTIMEO.
   *
   * @param nanos nanoseconds, or {@link KernelSocket#FOREVER}
   */
  public void sendTimeoutNanos(long nanos) {
    sendTimeoutNanos = nanos;
  }

  /**
   * SO_RCVLOWAT.
   *
   * @return bytes, 1 or more
   */
  public int receiveLowWaterBytes() {
    return receiveLowWaterBytes;
  }

  /**
   * SO_RCVLOWAT: {@code sock_setsockopt}, {@code vsock_set_rcvlowat}.
   *
   * @param wanted bytes; 0 is 1, negative is the most there is
   * @throws ErrnoException EINVAL if a stream's buffer is smaller
   */
  public void receiveLowWaterBytes(int wanted) throws ErrnoException {
    int bytes = wanted < 0 ? Integer.MAX_VALUE : wanted;
    if (type == SocketType.STREAM) {
      if (Long.compareUnsigned(bytes, sizes.sizeBytes()) > 0) {
        throw new ErrnoException(
            Errno.EINVAL,
            "a low-water mark of "
                + bytes
                + " is above the receive buffer of "
                + Long.toUnsignedString(sizes.sizeBytes()));
      }
      if (transport != null && connection.lowWaterTellsCredit(bytes)) {
        send(Op.CREDIT_UPDATE, 0);
      }
    }
    receiveLowWaterBytes = Math.max(1, bytes);
  }

  /**
   * SO_LINGER.
   *
   * @param nanos how long close may wait; 0 if it does not
   */
  public void lingerNanos(long nanos) {
    lingerNanos = nanos;
  }

  /**
   * SIOCINQ and SIOCOUTQ: {@code vsock_do_ioctl}.
   *
   * @param bytes which
   * @return how many
   * @throws ErrnoException EOPNOTSUPP, ENOTTY, EINVAL
   */
  public long queuedBytes(KernelSocket.Waiting bytes) throws ErrnoException {
    checkOpen();
    boolean known =
        switch (bytes) {
          case UNREAD -> stack.kernel().has(KernelHabit.HAS_SIOCINQ);
          case UNSENT -> stack.kernel().has(KernelHabit.HAS_SIOCOUTQ);
        };
    if (!known) {
      throw new ErrnoException(
          stack.kernel().has(KernelHabit.UNKNOWN_IOCTL_IS_ENOTTY) ? Errno.ENOTTY : Errno.EOPNOTSUPP,
          stack.kernel() + " cannot tell");
    }
    if (transport == null) {
      throw new ErrnoException(Errno.EOPNOTSUPP, "it never tried to connect");
    }
    if (backlog != null) {
      throw new ErrnoException(Errno.EINVAL, "it listens");
    }
    return switch (bytes) {
      case UNREAD -> connection.unreadBytes();
      case UNSENT -> unsentBytes.get();
    };
  }

  /**
   * getsockname().
   *
   * @return the address; any while unbound
   */
  public VsockAddress localAddress() {
    return local != null ? local : VsockAddress.any(VsockAddress.PORT_ANY);
  }

  /**
   * getpeername().
   *
   * @return the address, or null if the calls do not count it as connected
   */
  public @Nullable VsockAddress peerName() {
    return connection.hasPeerName() ? remote : null;
  }

  /**
   * Throws if the user closed the socket.
   *
   * @throws ErrnoException EBADF
   */
  public void checkOpen() throws ErrnoException {
    if (closed) {
      throw new ErrnoException(Errno.EBADF, "it was closed");
    }
  }

  /**
   * Where readers and accepters wait.
   *
   * @return the place
   */
  public Surroundings.WaitPoint readers() {
    return readers;
  }

  /**
   * Where writers and connecters wait.
   *
   * @return the place
   */
  public Surroundings.WaitPoint writers() {
    return writers;
  }

  /**
   * Where those wait who poll.
   *
   * @return the place
   */
  public Surroundings.WaitPoint pollers() {
    return pollers;
  }

  // ---- what the tables ask
  // -----------------------------------------------------------------------

  long boundCid() {
    return local == null ? VsockAddress.CID_ANY : local.cid();
  }

  long localPort() {
    return local == null ? VsockAddress.PORT_ANY : local.port();
  }

  long remoteCid() {
    return remote == null ? VsockAddress.CID_ANY : remote.cid();
  }

  long remotePort() {
    return remote == null ? VsockAddress.PORT_ANY : remote.port();
  }

  /**
   * What kind of socket it is.
   *
   * @return stream or seqpacket
   */
  public SocketType type() {
    return type;
  }

  /** Which of its machine's sockets it is, counted as they are made. */
  long number() {
    return number;
  }

  /**
   * Whether {@link #unlock} by this thread would hand packets over.
   *
   * @return true if so
   */
  public boolean hasPacketsDue() {
    return outbox.isDue();
  }

  @Nullable Transport transport() {
    return transport;
  }

  // ---- what an onlooker asks, with the lock held
  // ------------------------------------------------

  /**
   * The connection, to look at.
   *
   * @return the state machine
   */
  public Connection connection() {
    return connection;
  }

  /**
   * The credit that this end told its peer last, as a packet that would tell it again.
   *
   * @return the header
   */
  public Header toldCredit() {
    return credit(
        stack.cidAs(transport),
        localPort(),
        remoteCid(),
        remotePort(),
        connection.stampBufAlloc(),
        connection.toldFwdCnt());
  }

  /**
   * The credit that the peer told this end last, as a packet that would tell it again.
   *
   * @return the header
   */
  public Header knownCredit() {
    return credit(
        remoteCid(),
        remotePort(),
        stack.cidAs(transport),
        localPort(),
        connection.window().peerBufAlloc(),
        connection.window().peerFwdCnt());
  }

  private Header credit(
      long fromCid, long fromPort, long toCid, long toPort, int bufAlloc, int fwdCnt) {
    return new Header(
        fromCid,
        toCid,
        (int) fromPort,
        (int) toPort,
        0,
        type.wireValue(),
        Op.CREDIT_UPDATE.wireValue(),
        0,
        bufAlloc,
        fwdCnt);
  }

  /**
   * Who looks on.
   *
   * @return the onlooker
   */
  public SockWatch watch() {
    return watch;
  }

  /**
   * The other end, whether or not it is connected.
   *
   * @return where the last connect went or what was accepted; null if there was neither
   */
  public @Nullable VsockAddress remoteAddress() {
    return remote;
  }

  /**
   * Whether a reader or accepter that waits could go on.
   *
   * @return true if so; false once it is closed
   */
  public boolean hasInput() {
    Backlog queue = backlog;
    return !closed && (queue == null ? connection.hasInput() : !queue.isEmpty());
  }

  /**
   * Whether a writer or connecter that waits could go on.
   *
   * @return true if so; false once it is closed
   */
  public boolean hasOutput() {
    return !closed && connection.hasOutput();
  }

  /**
   * The machine that it belongs to.
   *
   * @return its CID now
   */
  public long machineCid() {
    return stack.cid();
  }

  /**
   * What should be gone of a socket that is gone for its user and its peer.
   *
   * @return what is left of it, in a few words; empty if it may still be there, or left nothing
   */
  public String leftover() {
    if (!closed || closeIsHalfDone || connection.waitsForReset()) {
      return "";
    }
    if (inConnectedTable) {
      return "it is still in the table of connections";
    }
    if (inBoundTable) {
      return "it still has port " + localPort();
    }
    return outbox.isDue() ? "packets of it were never handed over" : "";
  }

  /** What a refused peer is told about this socket, or null if it does not listen. */
  @Nullable String listenerSummary() {
    Backlog queue = backlog;
    return queue == null || closed ? null : localPort() + " (backlog " + queue + ")";
  }

  private String state() {
    return backlog == null ? connection.toString() : "listening, backlog " + backlog;
  }

  @Override
  public String toString() {
    lock.lock();
    try {
      String end = remote == null ? "" : " → " + remote;
      return stack + " " + localAddress() + end + " [" + state() + "]";
    } finally {
      lock.unlock();
    }
  }
}
