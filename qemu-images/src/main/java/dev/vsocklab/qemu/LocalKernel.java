package dev.vsocklab.qemu;

import dev.vsocklab.linux.LocalVsock;
import dev.vsocklab.spi.Unavailable;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Whether this machine's own kernel can play a loopback lab, and which kernel that is. */
final class LocalKernel {
  /** A machine whose kernel is not to be used. */
  static final LocalKernel NONE =
      new LocalKernel(
          "", () -> Optional.of(new Unavailable("it was not asked for", "Ask for it.")));

  private static final Pattern SERIES = Pattern.compile("(\\d+\\.\\d+)(\\.\\d+)?.*");

  private final String osVersion;
  private final Supplier<Optional<Unavailable>> probe;
  private final ReentrantLock lock = new ReentrantLock();
  private boolean isProbed;
  private Optional<Unavailable> answer = Optional.empty();

  /**
   * A kernel.
   *
   * @param osVersion as {@code uname -r} tells it
   * @param probe why it cannot be used, or empty; run once
   */
  LocalKernel(String osVersion, Supplier<Optional<Unavailable>> probe) {
    this.osVersion = osVersion;
    this.probe = probe;
  }

  static LocalKernel ofThisMachine() {
    return new LocalKernel(
        System.getProperty("os.version"), () -> LocalVsock.ofThisKernel().loopbackAlone());
  }

  /** Why it cannot be used, or empty. */
  Optional<Unavailable> whyNot() {
    lock.lock();
    try {
      if (!isProbed) {
        answer = probe.get();
        isProbed = true;
      }
      return answer;
    } finally {
      lock.unlock();
    }
  }

  /** Its series, for example {@code 6.12}; empty if it cannot be used. */
  Optional<String> series() {
    Matcher version = SERIES.matcher(osVersion);
    return version.matches() && whyNot().isEmpty()
        ? Optional.of(version.group(1))
        : Optional.empty();
  }

  /** Whether it is of that series and can be used. */
  boolean is(String kernel) {
    return series().filter(kernel::equals).isPresent();
  }

  /** Its exact release, for example {@code 6.12.30-amd64}. */
  String release() {
    return osVersion;
  }
}
