package dev.vsocklab.linux;

import dev.vsocklab.Errno;
import java.io.IOException;
import java.util.Optional;

/** A call into the kernel that failed: which, on what, with which error number. */
public final class LinuxException extends IOException {
  private static final long serialVersionUID = 1L;

  /** The positive errno. */
  private final int number;

  LinuxException(String call, String what, int number) {
    super(call + " on " + what + " failed: " + describe(number) + ".");
    this.number = number;
  }

  private static String describe(int number) {
    return Errno.fromNumber(number)
        .map(errno -> errno.name() + " (errno " + number + ")")
        .orElse("errno " + number);
  }

  /**
   * The kernel's error number.
   *
   * @return a positive number
   */
  public int number() {
    return number;
  }

  /**
   * The error by name.
   *
   * @return the constant, or empty if {@link Errno} does not list this number
   */
  public Optional<Errno> errno() {
    return Errno.fromNumber(number);
  }
}
