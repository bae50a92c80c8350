package dev.vsocklab.spi;

import dev.vsocklab.Errno;

/**
 * A socket call that failed, as the kernel says it. The nio faces turn it into the JDK's exception
 * for the call and add the addresses.
 */
public final class ErrnoException extends Exception {
  private static final long serialVersionUID = 1L;

  /** The error. */
  private final Errno errno;

  /** Why, or the empty string. */
  private final String detail;

  /**
   * A failure that the errno explains.
   *
   * @param errno the error
   */
  public ErrnoException(Errno errno) {
    this(errno, "");
  }

  /**
   * A failure about which more is known.
   *
   * @param errno the error
   * @param detail why, with the numbers, as a clause that can follow "ECONNRESET, "; may be empty
   */
  public ErrnoException(Errno errno, String detail) {
    super(detail.isEmpty() ? errno.name() : errno.name() + ", " + detail);
    this.errno = errno;
    this.detail = detail;
  }

  /**
   * The error.
   *
   * @return the errno
   */
  public Errno errno() {
    return errno;
  }

  /**
   * Why it failed.
   *
   * @return a clause, or the empty string
   */
  public String detail() {
    return detail;
  }
}
