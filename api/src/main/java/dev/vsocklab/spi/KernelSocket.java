package dev.vsocklab.spi;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockAddress;
import java.io.IOException;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One AF_VSOCK socket, SOCK_STREAM or SOCK_SEQPACKET, call by call as the kernel has it: a result
 * or an errno, none of the JDK's rules.
 *
 * <p>Any thread may call any method at any time. A call that waits is woken by what it waits for,
 * by its timeout, or by {@link #close} (it then gives {@link Errno#EBADF}). A thread's interrupt
 * status neither wakes a call nor is lost: an interruptible channel closes its socket instead.
 *
 * <p>Timeouts are relative, in nanoseconds: {@link #NO_WAIT} is a non-blocking call, {@link
 * #FOREVER} waits without end. An {@link IOException} (as opposed to an {@link ErrnoException})
 * means that the machine itself cannot be reached any more, for example a guest that died; its
 * message says why.
 */
public interface KernelSocket {

  /** Timeout of a non-blocking call. */
  long NO_WAIT = 0;

  /** Timeout of a call that waits without end. */
  long FOREVER = Long.MAX_VALUE;

  /** Result of a read at the end of the stream. */
  int EOF = -1;

  /** Result of a read or write that found nothing to do in its time (EAGAIN). */
  int WOULD_BLOCK = -2;

  /** Poll event: data, a connection to accept, or the end of the stream. */
  int POLLIN = 0x0001;

  /** Poll event: writing would take at least one byte, or an unconnected socket. */
  int POLLOUT = 0x0004;

  /** Poll event, always reported: an error is pending. */
  int POLLERR = 0x0008;

  /** Poll event, always reported: both directions are shut. */
  int POLLHUP = 0x0010;

  /** Poll event: the socket is not open any more. */
  int POLLNVAL = 0x0020;

  /** Poll event: the peer writes no more, or this end reads no more. */
  int POLLRDHUP = 0x2000;

  /** Flag of {@link #receive}: leave the data in the queue. */
  int MSG_PEEK = 0x0002;

  /**
   * Flag of {@link #receive}: tell a message's real length, even if it did not fit. Told by it: the
   * message was longer than the room for it. SOCK_SEQPACKET only.
   */
  int MSG_TRUNC = 0x0020;

  /**
   * Flag of {@link #send}: this message ends a record. Told by {@link #receive} of that message.
   * SOCK_SEQPACKET only.
   */
  int MSG_EOR = 0x0080;

  /** Flag of {@link #receive}: wait for as much as there is room for. SOCK_STREAM only. */
  int MSG_WAITALL = 0x0100;

  /** Which bytes {@link #queuedBytes} counts. */
  enum Waiting {
    /** Received and not read: SIOCINQ. */
    UNREAD,
    /** Written and not yet handed to the peer's side: SIOCOUTQ. */
    UNSENT
  }

  /**
   * What one {@link #receive} gave.
   *
   * @param lengthBytes bytes copied, or with {@link #MSG_TRUNC} asked for the message's real
   *     length; {@link #EOF}, {@link #WOULD_BLOCK}, or 0 where there was no room
   * @param flags {@link #MSG_EOR} and {@link #MSG_TRUNC} as they hold of this message, else 0
   */
  record Received(int lengthBytes, int flags) {}

  /** Which direction {@link #shutdown} ends. */
  enum Direction {
    /** SHUT_RD. */
    READ,
    /** SHUT_WR. */
    WRITE,
    /** SHUT_RDWR. */
    BOTH
  }

  /**
   * Binds the socket.
   *
   * @param address the local address; {@link VsockAddress#PORT_ANY} chooses a port
   * @throws ErrnoException EADDRINUSE, EADDRNOTAVAIL, EACCES or EINVAL (already bound)
   * @throws IOException if the machine cannot be reached
   */
  void bind(VsockAddress address) throws ErrnoException, IOException;

  /**
   * Makes the socket a listener.
   *
   * @param backlog how many connections may wait besides the next one: backlog + 1 fit
   * @throws ErrnoException EINVAL if it is unbound or connected
   * @throws IOException if the machine cannot be reached
   */
  void listen(int backlog) throws ErrnoException, IOException;

  /**
   * Takes the next connection off the queue.
   *
   * @param timeoutNanos how long to wait for one
   * @return the connection, or null if none came in time
   * @throws ErrnoException EINVAL if the socket does not listen
   * @throws IOException if the machine cannot be reached
   */
  @Nullable KernelSocket accept(long timeoutNanos) throws ErrnoException, IOException;

  /**
   * Connects. The socket's own connect timeout (2 s unless set) bounds it either way: a call that
   * waits then fails with ETIMEDOUT, one that went on in the background leaves it in SO_ERROR.
   *
   * @param remote the other end
   * @param timeoutNanos {@link #NO_WAIT} or {@link #FOREVER}
   * @return true if connected, always so after {@link #FOREVER}; false if it goes on in the
   *     background (EINPROGRESS): then wait for {@link #POLLOUT} and ask {@link #takeError}, for a
   *     refused socket is writable too
   * @throws ErrnoException ECONNRESET if refused, ETIMEDOUT, ENODEV, EISCONN, EALREADY, EINVAL
   * @throws IOException if the machine cannot be reached
   */
  boolean connect(VsockAddress remote, long timeoutNanos) throws ErrnoException, IOException;

  /**
   * Reads what is there, at least one byte.
   *
   * @param dst where to; its position moves by the result
   * @param timeoutNanos how long to wait for the first byte
   * @return bytes read, {@link #EOF}, {@link #WOULD_BLOCK}, or at once 0 if {@code dst} has no room
   * @throws ErrnoException ENOTCONN, ECONNRESET, ENOBUFS
   * @throws IOException if the machine cannot be reached
   */
  int read(ByteBuffer dst, long timeoutNanos) throws ErrnoException, IOException;

  /**
   * Writes: all of it if it may wait without end, else what credit allows now.
   *
   * @param src what; its position moves by the result
   * @param timeoutNanos how long to wait for credit, in all
   * @return bytes written, or {@link #WOULD_BLOCK} if not even one, or at once 0 if {@code src} is
   *     empty; a call that failed after it wrote something gives the count, and the next call the
   *     error
   * @throws ErrnoException ENOTCONN, EPIPE, ECONNRESET
   * @throws IOException if the machine cannot be reached
   */
  int write(ByteBuffer src, long timeoutNanos) throws ErrnoException, IOException;

  /**
   * recvmsg(): one call of the kernel's own, with its flags. Waits, if it may, as the kernel does:
   * bounded by SO_RCVTIMEO, until SO_RCVLOWAT or {@link #MSG_WAITALL} is met.
   *
   * @param dst where to; its position moves by what was copied. With no room the call is made all
   *     the same, for its errors
   * @param flags {@link #MSG_PEEK}, {@link #MSG_TRUNC}, {@link #MSG_WAITALL}
   * @param timeoutNanos {@link #NO_WAIT} or {@link #FOREVER}
   * @return the length and the message's flags
   * @throws ErrnoException ENOTCONN, ECONNRESET, ENOBUFS, ENOMEM, EOPNOTSUPP
   * @throws IOException if the machine cannot be reached
   */
  Received receive(ByteBuffer dst, int flags, long timeoutNanos) throws ErrnoException, IOException;

  /**
   * sendmsg(): one call of the kernel's own, with its flags. Waits, if it may, as the kernel does:
   * bounded by SO_SNDTIMEO, for credit.
   *
   * @param src what; its position moves by the result. If it is empty the call is made all the
   *     same, for its errors
   * @param flags {@link #MSG_EOR}
   * @param timeoutNanos {@link #NO_WAIT} or {@link #FOREVER}
   * @return bytes sent, or {@link #WOULD_BLOCK} if not even one. A SOCK_SEQPACKET message goes
   *     whole or fails; what a failed call sent of it stays sent
   * @throws ErrnoException ENOTCONN, EPIPE, ECONNRESET, EMSGSIZE, ENOMEM
   * @throws IOException if the machine cannot be reached
   */
  int send(ByteBuffer src, int flags, long timeoutNanos) throws ErrnoException, IOException;

  /**
   * Bytes that wait in the socket: {@code ioctl(SIOCINQ)}, {@code ioctl(SIOCOUTQ)}.
   *
   * @param bytes which
   * @return 0 or more
   * @throws ErrnoException EOPNOTSUPP or ENOTTY where the kernel has no such ioctl or the socket no
   *     transport yet, EINVAL for a listener
   * @throws IOException if the machine cannot be reached
   */
  long queuedBytes(Waiting bytes) throws ErrnoException, IOException;

  /**
   * Ends one or both directions, and wakes the calls that wait in them: reads with {@link #EOF},
   * writes with EPIPE.
   *
   * @param direction which
   * @throws ErrnoException ENOTCONN if the socket is not connected
   * @throws IOException if the machine cannot be reached
   */
  void shutdown(Direction direction) throws ErrnoException, IOException;

  /**
   * What the socket is ready for, as {@code poll(2)} tells it.
   *
   * @param events which of {@link #POLLIN}, {@link #POLLOUT}, {@link #POLLRDHUP} are asked for; 0
   *     asks for those alone that are always reported
   * @param timeoutNanos how long to wait for one
   * @return those that hold, besides {@link #POLLERR} and {@link #POLLHUP}; 0 if none in time;
   *     {@link #POLLNVAL} if the socket is closed
   * @throws IOException if the machine cannot be reached
   */
  int poll(int events, long timeoutNanos) throws IOException;

  /**
   * Calls back once, from any thread, when one of the events holds: at once if it already does. It
   * is called back also when the socket is closed and when its machine cannot be reached any more;
   * a callback without an event is allowed, a lost one is not. A later call replaces an earlier one
   * that has not called back.
   *
   * <p>The callback may come from within this very call and under locks of the socket's. So it must
   * return promptly, may not call any socket, and may take only locks under which nobody calls one.
   *
   * @param events as for {@link #poll}
   * @param onReady the callback
   * @throws IOException if the machine cannot be reached
   */
  void watch(int events, Runnable onReady) throws IOException;

  /**
   * Reads and clears SO_ERROR.
   *
   * @return the pending error, or null
   * @throws ErrnoException if the machine refuses
   * @throws IOException if the machine cannot be reached
   */
  @Nullable Errno takeError() throws ErrnoException, IOException;

  /**
   * Why a connect that went on in the background failed, where the machine knows more than the
   * errno: what {@link ErrnoException#detail} is to a connect that waited.
   *
   * @param error what {@link #takeError} told
   * @return a clause that can follow "ECONNRESET, "; empty where no more is known, as here
   */
  default String explain(Errno error) {
    return "";
  }

  /**
   * Sets an option: one of {@link dev.vsocklab.VsockSocketOptions}, or of {@link
   * java.net.StandardSocketOptions} SO_SNDBUF, SO_RCVBUF, SO_KEEPALIVE, SO_REUSEADDR and SO_LINGER,
   * which Linux takes on every family. The faces name these as supported and pass no other.
   *
   * @param option the option
   * @param value its value, not null and of the option's type
   * @param <T> the value's type
   * @throws UnsupportedOperationException if vsock does not have it
   * @throws ErrnoException if the kernel refuses the value
   * @throws IOException if the machine cannot be reached
   */
  <T> void setOption(SocketOption<T> option, T value) throws ErrnoException, IOException;

  /**
   * Reads an option back.
   *
   * @param option the option
   * @param <T> the value's type
   * @return its value
   * @throws UnsupportedOperationException if vsock does not have it
   * @throws ErrnoException if the kernel refuses
   * @throws IOException if the machine cannot be reached
   */
  <T> T getOption(SocketOption<T> option) throws ErrnoException, IOException;

  /**
   * This end's address, as {@code getsockname} tells it.
   *
   * @return the address; CID and port any while unbound, CID any and a port where connect bound it
   * @throws ErrnoException EBADF after close
   * @throws IOException if the machine cannot be reached
   */
  VsockAddress localAddress() throws ErrnoException, IOException;

  /**
   * The other end's address, as {@code getpeername} tells it.
   *
   * @return the address
   * @throws ErrnoException ENOTCONN if there is none
   * @throws IOException if the machine cannot be reached
   */
  VsockAddress remoteAddress() throws ErrnoException, IOException;

  /**
   * Closes the socket, wakes every call that waits on it, and calls back who watches it. Waits no
   * longer than SO_LINGER says. Closing again does nothing.
   */
  void close();
}
