package dev.vsocklab;

import java.net.SocketTimeoutException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A call that got no answer in time. */
public final class VsockTimeoutException extends SocketTimeoutException implements VsockFailure {
  private static final long serialVersionUID = 1L;

  /** The machine's error. */
  private final Errno errno;

  /** This end's address, if it had one. */
  private final @Nullable VsockAddress local;

  /** The other end's address, if there is one. */
  private final @Nullable VsockAddress remote;

  /**
   * Creates the exception.
   *
   * @param message what failed, why, and with which numbers
   * @param errno the machine's error
   * @param local this end's address, if it had one
   * @param remote the other end's address, if there is one
   */
  public VsockTimeoutException(
      String message, Errno errno, @Nullable VsockAddress local, @Nullable VsockAddress remote) {
    super(message);
    this.errno = errno;
    this.local = local;
    this.remote = remote;
  }

  @Override
  public Errno errno() {
    return errno;
  }

  @Override
  public Optional<VsockAddress> localAddress() {
    return Optional.ofNullable(local);
  }

  @Override
  public Optional<VsockAddress> remoteAddress() {
    return Optional.ofNullable(remote);
  }
}
