package dev.vsocklab.spi.nio;

import dev.vsocklab.Errno;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.VsockFailures;
import dev.vsocklab.VsockSocketException;
import dev.vsocklab.VsockTimeoutException;
import dev.vsocklab.spi.ErrnoException;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A call that a machine refused: says in words what its errno means there. {@link VsockFailures}
 * has the exception's type.
 *
 * @param call which call
 * @param machine the machine that made it, as messages name it
 * @param local this end's address (for bind, the address asked for), or null if it has none
 * @param remote the other end's address, or null if there is none
 */
record FailedCall(
    Call call, String machine, @Nullable VsockAddress local, @Nullable VsockAddress remote) {

  /** The exception for an errno, with the layer's own detail or else what vsock means by it. */
  IOException exception(ErrnoException failure) {
    Errno errno = failure.errno();
    String why = failure.detail().isEmpty() ? meaning(errno) : failure.detail();
    IOException exception = exception(errno, message(errno, why));
    exception.initCause(failure);
    return exception;
  }

  /** The exception for a call that waited as long as its socket's timeout allows. */
  VsockTimeoutException timedOut(long timeoutNanos) {
    String why =
        (call == Call.CONNECT ? "no answer" : "timed out")
            + " after "
            + TimeUnit.NANOSECONDS.toMillis(timeoutNanos)
            + " ms, the timeout that this call was given";
    Errno errno = call == Call.CONNECT ? Errno.ETIMEDOUT : Errno.EAGAIN;
    return new VsockTimeoutException(message(errno, why), errno, local, remote);
  }

  /**
   * The exception for a call that might wait without end and yet found nothing to do: the socket's
   * own timeout ran out.
   */
  VsockTimeoutException ranOut() {
    return new VsockTimeoutException(
        message(Errno.EAGAIN, meaning(Errno.EAGAIN)), Errno.EAGAIN, local, remote);
  }

  /** The exception for a message of which a call that may not wait could send a part only. */
  VsockSocketException torn(int lengthBytes) {
    String why =
        "credit ended within the message of "
            + lengthBytes
            + " bytes. A part of it is on its way and will stand before the next message: close the"
            + " channel, and write messages of that size in blocking mode";
    return new VsockSocketException(message(Errno.EAGAIN, why), Errno.EAGAIN, local, remote);
  }

  private IOException exception(Errno errno, String message) {
    return switch (call) {
      case BIND -> VsockFailures.ofBind(message, errno, local, remote);
      case CONNECT -> VsockFailures.ofConnect(message, errno, local, remote);
      case SOCKET, LOCAL_CID, LISTEN, ACCEPT, READ, PEEK, WRITE, QUEUED, SHUTDOWN, OPTION ->
          VsockFailures.ofCall(message, errno, local, remote);
    };
  }

  private String message(Errno errno, String why) {
    StringBuilder text = new StringBuilder(call.words());
    VsockAddress subject = remote != null ? remote : local;
    if (subject != null) {
      text.append(' ').append(subject);
    }
    text.append(call == Call.CONNECT ? " from " : " on ").append(machine).append(": ");
    text.append(errno.name()).append(", ").append(why);
    if (!why.endsWith(".")) {
      text.append('.');
    }
    return text.toString();
  }

  /** What Linux means by this errno on this call, as a clause. */
  private String meaning(Errno errno) {
    @Nullable String meaning =
        switch (call) {
          case CONNECT -> connectMeaning(errno);
          case BIND -> bindMeaning(errno);
          case READ -> readMeaning(errno);
          case PEEK -> peekMeaning(errno);
          case WRITE -> writeMeaning(errno);
          case LISTEN -> errno == Errno.EINVAL ? "the socket is unbound or connected" : null;
          case ACCEPT -> acceptMeaning(errno);
          case QUEUED -> queuedMeaning(errno);
          case SOCKET, LOCAL_CID, SHUTDOWN, OPTION -> null;
        };
    return meaning == null ? "error number " + errno.number() : meaning;
  }

  private static @Nullable String connectMeaning(Errno errno) {
    return switch (errno) {
      case ECONNRESET -> "nobody listens there or its backlog is full";
      case ETIMEDOUT ->
          "no answer within the socket's connect timeout (CONNECT_TIMEOUT, 2 s unless set)";
      case ENODEV -> "no transport of this machine leads to that CID";
      case ENETUNREACH -> "this machine's transport refuses that address";
      case ESOCKTNOSUPPORT -> "no SEQPACKET socket can be reached there: unknown CID or old kernel";
      case EPROTO -> "the other end answered neither with an acceptance nor with a reset";
      case EADDRNOTAVAIL -> "no port was free for this end";
      case EINVAL -> "the socket listens, was shut down, or cannot have such a peer";
      default -> null;
    };
  }

  private static @Nullable String bindMeaning(Errno errno) {
    return switch (errno) {
      case EADDRINUSE -> "the port is taken on this machine";
      case EADDRNOTAVAIL -> "that CID is not this machine's, or no port was free";
      case EACCES -> "ports below 1024 need CAP_NET_BIND_SERVICE there";
      case EINVAL -> "the socket has an address already";
      default -> null;
    };
  }

  private static @Nullable String acceptMeaning(Errno errno) {
    return switch (errno) {
      case EINVAL -> "the socket does not listen";
      case EAGAIN -> "no connection came within the socket's RECEIVE_TIMEOUT";
      default -> null;
    };
  }

  private static @Nullable String readMeaning(Errno errno) {
    return switch (errno) {
      case EAGAIN -> "nothing came within the socket's RECEIVE_TIMEOUT";
      case ENOMEM ->
          "no memory, or the call waits for more than the socket can hold: what readFully asks for"
              + " and RECEIVE_LOW_WATER must be less than BUFFER_SIZE";
      default -> transferMeaning(errno);
    };
  }

  private static @Nullable String peekMeaning(Errno errno) {
    return switch (errno) {
      case ENOMEM, EOPNOTSUPP ->
          "that kernel has no peek for such a socket: Linux before 6.6 has none for SEQPACKET";
      default -> readMeaning(errno);
    };
  }

  private static @Nullable String writeMeaning(Errno errno) {
    return switch (errno) {
      case EAGAIN -> "the peer made no room within the socket's SEND_TIMEOUT";
      case EMSGSIZE -> "the message is longer than the smaller of both ends' receive buffers";
      case ENOMEM -> "the machine had no memory for the call";
      default -> transferMeaning(errno);
    };
  }

  private static @Nullable String transferMeaning(Errno errno) {
    return switch (errno) {
      case EPIPE -> "this end was shut down for writing, or the peer reads no more";
      case ECONNRESET -> "the other machine is gone, or the transport to it was reset";
      case ENOTCONN -> "the connection is gone: the transport under it was reset";
      case ENOBUFS -> "the peer overran this socket's receive buffer, so it was reset";
      default -> null;
    };
  }

  private static @Nullable String queuedMeaning(Errno errno) {
    return switch (errno) {
      case ENOTTY, EOPNOTSUPP ->
          "that kernel does not count them: Linux counts unsent bytes from 6.12 on, unread ones from"
              + " 6.17 on";
      default -> null;
    };
  }
}
