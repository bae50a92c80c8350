package dev.vsocklab;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The exception for a failed call and its errno: the table of {@link VsockFailure} as code, the
 * only place that has it.
 *
 * <p>A test that scripts failures makes them here, so that its code meets the same types as on a
 * machine: {@code doThrow(VsockFailures.connect(ETIMEDOUT, host)).when(channel).connect(any())}.
 */
public final class VsockFailures {

  private VsockFailures() {}

  /**
   * A connect that fails because a test says so, which its message tells.
   *
   * @param errno the error
   * @param remote the address that the code under test connects to
   * @return the exception that a machine gives for it
   */
  public static IOException connect(Errno errno, VsockAddress remote) {
    return ofConnect(scripted("connect", remote, errno), errno, null, remote);
  }

  /**
   * A bind that fails because a test says so, which its message tells.
   *
   * @param errno the error
   * @param local the address that the code under test binds to
   * @return the exception that a machine gives for it
   */
  public static IOException bind(Errno errno, VsockAddress local) {
    return ofBind(scripted("bind", local, errno), errno, local, null);
  }

  /**
   * A read, write, close or other call that fails because a test says so, which its message tells.
   *
   * @param errno the error
   * @param remote the other end of the connection, or for a listener its own address
   * @return the exception that a machine gives for it
   */
  public static IOException call(Errno errno, VsockAddress remote) {
    return ofCall(scripted("a call", remote, errno), errno, null, remote);
  }

  private static String scripted(String call, VsockAddress address, Errno errno) {
    return call + " " + address + ": " + errno + ", as this test wants it.";
  }

  /**
   * The exception of a failed connect.
   *
   * @param message what failed, why, and with which numbers
   * @param errno the machine's error
   * @param local this end's address, if it had one
   * @param remote the other end's address
   * @return the exception
   */
  public static IOException ofConnect(
      String message, Errno errno, @Nullable VsockAddress local, @Nullable VsockAddress remote) {
    return switch (errno) {
      case ECONNRESET -> new VsockConnectException(message, errno, local, remote);
      case ETIMEDOUT -> new VsockTimeoutException(message, errno, local, remote);
      case ENODEV, ENETUNREACH -> new VsockNoRouteException(message, errno, local, remote);
      default -> ofCall(message, errno, local, remote);
    };
  }

  /**
   * The exception of a failed bind.
   *
   * @param message what failed, why, and with which numbers
   * @param errno the machine's error
   * @param local the address asked for
   * @param remote the other end's address, if there is one
   * @return the exception
   */
  public static IOException ofBind(
      String message, Errno errno, @Nullable VsockAddress local, @Nullable VsockAddress remote) {
    return new VsockBindException(message, errno, local, remote);
  }

  /**
   * The exception of any other failed call.
   *
   * @param message what failed, why, and with which numbers
   * @param errno the machine's error; EAGAIN is a socket timeout that ran out
   * @param local this end's address, if it had one
   * @param remote the other end's address, if there is one
   * @return the exception
   */
  public static IOException ofCall(
      String message, Errno errno, @Nullable VsockAddress local, @Nullable VsockAddress remote) {
    return errno == Errno.EAGAIN
        ? new VsockTimeoutException(message, errno, local, remote)
        : new VsockSocketException(message, errno, local, remote);
  }
}
