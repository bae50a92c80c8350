package dev.vsocklab;

import java.util.Optional;

/**
 * The error numbers that AF_VSOCK calls can give, with Linux's numbers on x86-64 and AArch64.
 *
 * <p>Source: Linux {@code include/uapi/asm-generic/errno-base.h} and {@code errno.h}.
 */
public enum Errno {
  /** Operation not permitted. */
  EPERM(1),
  /** No such file or directory. */
  ENOENT(2),
  /** Interrupted by a signal. */
  EINTR(4),
  /** Input/output error. */
  EIO(5),
  /** Bad file descriptor: the socket was closed. */
  EBADF(9),
  /** Would block: nothing to read, no credit to write, or a socket timeout ran out. */
  EAGAIN(11),
  /** Out of memory; on Linux 6.1 also what several other errors become. */
  ENOMEM(12),
  /** Permission denied: a port below 1024 without the capability. */
  EACCES(13),
  /** Bad address. */
  EFAULT(14),
  /** Device or resource busy. */
  EBUSY(16),
  /** No such device: no transport leads to that CID. */
  ENODEV(19),
  /** Invalid argument, or a call that the socket's state does not allow. */
  EINVAL(22),
  /** The whole system has no file descriptors left. */
  ENFILE(23),
  /** This process has no file descriptors left. */
  EMFILE(24),
  /** Inappropriate ioctl. */
  ENOTTY(25),
  /** Broken pipe: this side shut down writing, or the peer reads no more. */
  EPIPE(32),
  /** Out of range. */
  ERANGE(34),
  /** Protocol error: the peer answered what no peer may answer here. */
  EPROTO(71),
  /** Message too long for the peer's buffer. */
  EMSGSIZE(90),
  /** Option not supported at this level. */
  ENOPROTOOPT(92),
  /** Protocol not supported. */
  EPROTONOSUPPORT(93),
  /** Socket type not supported. */
  ESOCKTNOSUPPORT(94),
  /** Operation not supported. */
  EOPNOTSUPP(95),
  /** The kernel has no AF_VSOCK, or its module is not loaded. */
  EAFNOSUPPORT(97),
  /** Address already in use. */
  EADDRINUSE(98),
  /** That address is not this machine's, or no automatic port was free. */
  EADDRNOTAVAIL(99),
  /** Network unreachable. */
  ENETUNREACH(101),
  /** Connection reset; on vsock also what a refused connect gives. */
  ECONNRESET(104),
  /** The peer overran this socket's receive buffer. */
  ENOBUFS(105),
  /** Already connected. */
  EISCONN(106),
  /** Not connected. */
  ENOTCONN(107),
  /** No answer in time. */
  ETIMEDOUT(110),
  /** A connect is already under way. */
  EALREADY(114),
  /** The connect goes on in the background. */
  EINPROGRESS(115);

  private final int number;

  Errno(int number) {
    this.number = number;
  }

  /**
   * Linux's number.
   *
   * @return the positive number
   */
  public int number() {
    return number;
  }

  /**
   * The constant for a number that a kernel gave.
   *
   * @param number the positive errno
   * @return the constant, or empty for a number that AF_VSOCK calls are not known to give
   */
  public static Optional<Errno> fromNumber(int number) {
    for (Errno errno : values()) {
      if (errno.number == number) {
        return Optional.of(errno);
      }
    }
    return Optional.empty();
  }
}
