package dev.vsocklab.linux;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockSocketOptions;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import java.io.IOException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.ReadOnlyBufferException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A socket of this kernel's: each call here is that system call.
 *
 * <p>How a call waits: {@link #read}, {@link #accept}, {@link #poll} and a {@link #write} with a
 * timeout are tried without waiting, and again whenever the kernel reports a change ({@link
 * SocketEvents}); SO_RCVTIMEO and SO_SNDTIMEO shorten their waits where they are set. {@link
 * #receive}, {@link #send}, {@link #connect}, and a {@link #write} that waits without end, sleep in
 * the kernel ({@link Sleepers}). Closing ends all of them, and the descriptor is closed when the
 * last has left, so its number is never another file's under a call.
 */
final class LinuxSocket implements KernelSocket {
  private final SocketOwner owner;
  private final int type;
  private final Fd fd;
  private final SocketEvents events;
  private final Sleepers sleepers;
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile boolean lingers;

  /**
   * Uses a socket that has O_NONBLOCK.
   *
   * @param owner hears of the end of this socket and of sockets that it accepts
   * @param type SOCK_STREAM or SOCK_SEQPACKET
   */
  LinuxSocket(SocketOwner owner, int type, Fd fd) {
    this.owner = owner;
    this.type = type;
    this.fd = fd;
    this.events = new SocketEvents(fd);
    this.sleepers = new Sleepers(fd);
  }

  /** Whose sockets they are: it closes those that nobody else closed. */
  interface SocketOwner {
    /**
     * A socket was accepted.
     *
     * @return the socket, owned
     */
    LinuxSocket adopt(int type, int number) throws ErrnoException;

    /**
     * Makes a bind() with the privilege that sockets have here.
     *
     * @return its result, or the negative errno
     */
    int bind(IntSupplier call);

    /** A socket was closed. */
    void forget(LinuxSocket socket);
  }

  // -- Addresses and connections --

  @Override
  public void bind(VsockAddress address) throws ErrnoException, IOException {
    byte[] local = SockaddrVm.encode(address);
    call(
        "bind",
        number -> owner.bind(() -> Libc.orErrno(Libc.bind(number, local, SockaddrVm.BYTES))));
  }

  @Override
  public void listen(int backlog) throws ErrnoException, IOException {
    call("listen", number -> Libc.orErrno(Libc.listen(number, backlog)));
  }

  @Override
  public @Nullable KernelSocket accept(long timeoutNanos) throws ErrnoException, IOException {
    checked(timeoutNanos);
    int accepted = waitFor(this::tryAccept, timeoutNanos, VsockSocketOptions.RECEIVE_TIMEOUT);
    return accepted == WOULD_BLOCK ? null : owner.adopt(type, accepted);
  }

  private int tryAccept() throws ErrnoException, IOException {
    int number = hold();
    try {
      int flags = Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC;
      return tried(
          "accept", sleepers.withoutSleep(() -> Libc.orErrno(Libc.accept4(number, 0, 0, flags))));
    } finally {
      fd.release();
    }
  }

  @Override
  public boolean connect(VsockAddress remote, long timeoutNanos)
      throws ErrnoException, IOException {
    boolean waits = checked(timeoutNanos) != NO_WAIT;
    byte[] to = SockaddrVm.encode(remote);
    int number = hold();
    try {
      Sleepers.KernelCall connect = () -> Libc.orErrno(Libc.connect(number, to, SockaddrVm.BYTES));
      long result = waits ? sleepers.sleep(connect) : sleepers.withoutSleep(connect);
      if (result == -Errno.EINPROGRESS.number()) {
        return false;
      }
      if (result < 0) {
        throw failure("connect", result);
      }
      return true;
    } finally {
      fd.release();
    }
  }

  @Override
  public void shutdown(Direction direction) throws ErrnoException, IOException {
    int how =
        switch (direction) {
          case READ -> 0;
          case WRITE -> 1;
          case BOTH -> 2;
        };
    call("shutdown", number -> Libc.orErrno(Libc.shutdown(number, how)));
    events.changed(); // the kernel does not report what poll(2) has no event for: no more writing
  }

  @Override
  public VsockAddress localAddress() throws ErrnoException, IOException {
    byte[] address = new byte[SockaddrVm.BYTES];
    int[] length = {SockaddrVm.BYTES};
    call("getsockname", number -> Libc.orErrno(Libc.getsockname(number, address, length)));
    return SockaddrVm.decode(address);
  }

  @Override
  public VsockAddress remoteAddress() throws ErrnoException, IOException {
    byte[] address = new byte[SockaddrVm.BYTES];
    int[] length = {SockaddrVm.BYTES};
    call("getpeername", number -> Libc.orErrno(Libc.getpeername(number, address, length)));
    return SockaddrVm.decode(address);
  }

  // -- Bytes, tried again until there is something to do --

  @Override
  public int read(ByteBuffer dst, long timeoutNanos) throws ErrnoException, IOException {
    checkWritable(dst);
    checked(timeoutNanos);
    if (!dst.hasRemaining()) {
      return 0;
    }
    return waitFor(() -> tryRead(dst), timeoutNanos, VsockSocketOptions.RECEIVE_TIMEOUT);
  }

  private int tryRead(ByteBuffer dst) throws ErrnoException, IOException {
    int number = hold();
    try {
      int room = pieceOf(dst);
      int count =
          tried(
              "recv",
              CallMemory.into(
                  dst,
                  room,
                  address -> Libc.orErrno(Libc.recv(number, address, room, Libc.MSG_DONTWAIT))));
      return count == 0 ? EOF : count;
    } finally {
      fd.release();
    }
  }

  /** How much goes in one call: a stream's bytes in pieces, a message at once. */
  private int pieceOf(ByteBuffer bytes) {
    return type == Libc.SOCK_STREAM
        ? Math.min(bytes.remaining(), CallMemory.KEPT_BYTES)
        : bytes.remaining();
  }

  @Override
  public int write(ByteBuffer src, long timeoutNanos) throws ErrnoException, IOException {
    checked(timeoutNanos);
    if (closed.get()) {
      throw new ErrnoException(Errno.EBADF);
    }
    if (!src.hasRemaining()) {
      return 0;
    }
    return type == Libc.SOCK_STREAM
        ? writeStream(src, timeoutNanos)
        : writeMessage(src, timeoutNanos);
  }

  private int writeStream(ByteBuffer src, long timeoutNanos) throws ErrnoException, IOException {
    int start = src.position();
    try {
      if (timeoutNanos == FOREVER) {
        writeAsleep(src);
      } else {
        waitFor(() -> trySendAll(src), timeoutNanos, VsockSocketOptions.SEND_TIMEOUT);
      }
    } catch (ErrnoException e) {
      if (src.position() == start) {
        throw e;
      } // else the next call tells
    }
    int written = src.position() - start;
    return written == 0 ? WOULD_BLOCK : written;
  }

  /** Not by trying again: no event of poll(2) tells a writer that its peer reads no more. */
  private void writeAsleep(ByteBuffer src) throws ErrnoException, IOException {
    int piece;
    int count;
    do {
      piece = pieceOf(src);
      count = send(src.duplicate().limit(src.position() + piece), 0, FOREVER);
      src.position(src.position() + Math.max(0, count));
    } while (src.hasRemaining() && count == piece); // it is less where SO_SNDTIMEO ran out
  }

  private int trySendAll(ByteBuffer src) throws ErrnoException, IOException {
    int count = 0;
    while (src.hasRemaining() && count != WOULD_BLOCK) {
      count = sendNow(src, pieceOf(src), 0);
    }
    return count;
  }

  /** A message cannot be tried: what a failed try sent of it stays sent. */
  private int writeMessage(ByteBuffer src, long timeoutNanos) throws ErrnoException, IOException {
    boolean timed = timeoutNanos != NO_WAIT && timeoutNanos != FOREVER;
    if (timed && poll(POLLOUT, timeoutNanos) == 0) {
      return WOULD_BLOCK;
    }
    return send(src, 0, timeoutNanos == FOREVER ? FOREVER : NO_WAIT);
  }

  private int sendNow(ByteBuffer src, int lengthBytes, int flags)
      throws ErrnoException, IOException {
    int number = hold();
    try {
      return sent(src, sendCall(number, src, lengthBytes, flags | Libc.MSG_DONTWAIT));
    } finally {
      fd.release();
    }
  }

  private static long sendCall(int number, ByteBuffer src, int lengthBytes, int flags) {
    return CallMemory.from(
        src,
        lengthBytes,
        address ->
            Libc.orErrno(Libc.send(number, address, lengthBytes, flags | Libc.MSG_NOSIGNAL)));
  }

  private static int sent(ByteBuffer src, long result) throws ErrnoException, IOException {
    int count = tried("send", result);
    src.position(src.position() + Math.max(0, count));
    return count;
  }

  // -- Bytes, with the kernel's own flags and waiting --

  @Override
  public Received receive(ByteBuffer dst, int flags, long timeoutNanos)
      throws ErrnoException, IOException {
    checkWritable(dst);
    boolean waits = checked(timeoutNanos) != NO_WAIT;
    int room = dst.remaining();
    int number = hold();
    try (CallMemory memory = CallMemory.take(room)) {
      Sleepers.KernelCall asleep =
          () -> Libc.orErrno(Libc.recvmsg(number, memory.header(room), flags));
      long result = -Libc.EAGAIN;
      if (!waits || takesWhatIsThere(flags)) {
        result = Libc.orErrno(Libc.recvmsg(number, memory.header(room), flags | Libc.MSG_DONTWAIT));
      }
      if (waits && result == -Libc.EAGAIN) {
        result = sleepers.sleep(asleep);
      }
      int count = tried("recvmsg", result);
      if (count == WOULD_BLOCK) {
        return new Received(WOULD_BLOCK, 0);
      }
      memory.drain(dst, Math.min(count, room)); // MSG_TRUNC tells more than there is room for
      int length = count == 0 && room > 0 ? EOF : count;
      return new Received(length, memory.messageFlags() & (MSG_EOR | MSG_TRUNC));
    } finally {
      fd.release();
    }
  }

  /**
   * Whether a recvmsg that may wait gives what one gives that may not, where that gives anything:
   * not if it waits for more than a byte.
   */
  private boolean takesWhatIsThere(int flags) throws ErrnoException, IOException {
    return (flags & MSG_WAITALL) == 0 && getOption(VsockSocketOptions.RECEIVE_LOW_WATER) == 1;
  }

  @Override
  public int send(ByteBuffer src, int flags, long timeoutNanos) throws ErrnoException, IOException {
    boolean waits = checked(timeoutNanos) != NO_WAIT;
    if (!waits || !src.hasRemaining()) {
      return sendNow(src, src.remaining(), flags);
    }
    // A message cannot be tried first: what a failed try sent of it stays sent.
    int already = type == Libc.SOCK_STREAM ? Math.max(0, sendNow(src, src.remaining(), flags)) : 0;
    if (already > 0 && !src.hasRemaining()) {
      return already;
    }
    try {
      int more = sendAsleep(src, flags);
      return already == 0 ? more : already + Math.max(0, more);
    } catch (ErrnoException e) {
      if (already == 0) {
        throw e;
      }
      return already; // the next call tells
    }
  }

  private int sendAsleep(ByteBuffer src, int flags) throws ErrnoException, IOException {
    int length = src.remaining();
    int number = hold();
    try {
      return sent(src, sleepers.sleep(() -> sendCall(number, src, length, flags)));
    } finally {
      fd.release();
    }
  }

  @Override
  public long queuedBytes(Waiting bytes) throws ErrnoException, IOException {
    long request =
        switch (bytes) {
          case UNREAD -> Libc.SIOCINQ;
          case UNSENT -> Libc.SIOCOUTQ;
        };
    int[] count = new int[1];
    call("ioctl", number -> Libc.orErrno(Libc.ioctl(number, request, count)));
    return Integer.toUnsignedLong(count[0]);
  }

  // -- Readiness --

  @Override
  public int poll(int events, long timeoutNanos) throws IOException {
    checked(timeoutNanos);
    try {
      int found = waitFor(() -> tryPoll(events), timeoutNanos, null);
      return found == WOULD_BLOCK ? 0 : found;
    } catch (ErrnoException e) { // EBADF: it was closed
      return POLLNVAL;
    }
  }

  private int tryPoll(int asked) throws ErrnoException {
    if (closed.get()) {
      throw new ErrnoException(Errno.EBADF);
    }
    int found = events.pollNow(asked);
    return found == 0 ? WOULD_BLOCK : found;
  }

  @Override
  public void watch(int asked, Runnable onReady) throws IOException {
    events.watch(asked, onReady);
  }

  @Override
  public @Nullable Errno takeError() throws ErrnoException, IOException {
    byte[] value = option(VsockOption.LEVEL_SOCKET, VsockOption.SO_ERROR, Integer.BYTES);
    int number = ByteBuffer.wrap(value).order(ByteOrder.nativeOrder()).getInt(0);
    return number == 0 ? null : errno("getsockopt(SO_ERROR)", number);
  }

  // -- Options --

  @Override
  public <T> void setOption(SocketOption<T> option, T value) throws ErrnoException, IOException {
    VsockOption<T> place = VsockOption.of(option);
    byte[] bytes = place.encode().apply(value).array();
    call(
        "setsockopt",
        number ->
            Libc.orErrno(
                Libc.setsockopt(number, place.level(), place.name(), bytes, bytes.length)));
    if (option.equals(StandardSocketOptions.SO_LINGER)) {
      lingers = (Integer) value > 0;
    }
  }

  @Override
  public <T> T getOption(SocketOption<T> option) throws ErrnoException, IOException {
    VsockOption<T> place = VsockOption.of(option);
    byte[] value = option(place.level(), place.name(), place.lengthBytes());
    return place.decode().apply(ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN));
  }

  private byte[] option(int level, int name, int lengthBytes) throws ErrnoException, IOException {
    byte[] value = new byte[lengthBytes];
    int[] length = {lengthBytes};
    call("getsockopt", number -> Libc.orErrno(Libc.getsockopt(number, level, name, value, length)));
    if (length[0] != lengthBytes) {
      throw new IOException(
          "The kernel gave "
              + length[0]
              + " bytes for socket option "
              + level
              + "/"
              + name
              + ", not "
              + lengthBytes
              + ".");
    }
    return value;
  }

  // -- The end --

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    events.close();
    if (lingers) { // then close() waits
      Sleepers.elsewhere(() -> fd.closeAndAwait(sleepers::wake));
    } else {
      fd.closeAndAwait(sleepers::wake);
    }
    owner.forget(this);
  }

  @Override
  public String toString() {
    return fd.toString();
  }

  // -- Making calls --

  /** A system call that never waits. */
  private interface PlainCall {
    /** Its result, or the negative errno. */
    int on(int number);
  }

  private void call(String name, PlainCall call) throws ErrnoException, IOException {
    int number = hold();
    try {
      int result = call.on(number);
      if (result < 0) {
        throw failure(name, result);
      }
    } finally {
      fd.release();
    }
  }

  /** The descriptor's number for one call; {@code fd.release()} must follow. */
  private int hold() throws ErrnoException {
    if (closed.get() || !fd.tryAcquire()) {
      throw new ErrnoException(Errno.EBADF);
    }
    return fd.number();
  }

  /**
   * Tries without waiting, and then again whenever something changed.
   *
   * @param own the socket's own timeout for such a call, or null if there is none
   */
  private int waitFor(
      SocketEvents.Attempt attempt, long timeoutNanos, @Nullable SocketOption<Duration> own)
      throws ErrnoException, IOException {
    int result = attempt.make();
    if (result != WOULD_BLOCK || timeoutNanos == NO_WAIT) {
      return result;
    }
    try {
      return events.await(attempt, own == null ? timeoutNanos : shortened(timeoutNanos, own));
    } catch (ErrnoException e) {
      throw e.errno() == Errno.ENOTCONN ? whileAsleep(e) : e;
    }
  }

  /**
   * What a call that waited would have given, had it slept in the kernel: there a transport's reset
   * wakes it with the socket's error, where a new call only finds the socket unconnected.
   */
  private ErrnoException whileAsleep(ErrnoException notConnected)
      throws ErrnoException, IOException {
    Errno pending = takeError();
    return pending == null ? notConnected : new ErrnoException(pending);
  }

  /** The lesser of a timeout and the socket's own, of which zero is none. */
  private long shortened(long timeoutNanos, SocketOption<Duration> own)
      throws ErrnoException, IOException {
    Duration bound = getOption(own);
    return bound.isZero() || bound.compareTo(Duration.ofNanos(timeoutNanos)) > 0
        ? timeoutNanos
        : bound.toNanos();
  }

  /** A result of a call that may find nothing to do. */
  private static int tried(String call, long result) throws ErrnoException, IOException {
    if (result == -Libc.EAGAIN) {
      return WOULD_BLOCK;
    }
    if (result < 0) {
      throw failure(call, result);
    }
    return (int) result;
  }

  private static ErrnoException failure(String call, long result) throws LinuxException {
    return new ErrnoException(errno(call, (int) -result));
  }

  private static Errno errno(String call, int number) throws LinuxException {
    return Errno.fromNumber(number)
        .orElseThrow(() -> new LinuxException(call, "a vsock socket", number));
  }

  private static long checked(long timeoutNanos) {
    if (timeoutNanos < 0) {
      throw new IllegalArgumentException("Timeout " + timeoutNanos + " ns is negative.");
    }
    return timeoutNanos;
  }

  private static void checkWritable(ByteBuffer dst) {
    if (dst.isReadOnly()) {
      throw new ReadOnlyBufferException();
    }
  }
}
