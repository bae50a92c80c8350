package dev.vsocklab;

import java.util.Optional;

/**
 * One machine of a {@link Lab}: the host or a guest, simulated or real.
 *
 * <p>A user's Java code always runs in the test's own JVM. On a real guest, {@link #vsock} opens
 * sockets that live in that guest's kernel, and the code drives them from here.
 */
public interface Machine {

  /**
   * The machine's CID: 2 for the host.
   *
   * @return 0 to 4294967295
   */
  long cid();

  /**
   * The machine's name in reports, for example {@code host} or {@code vm(42)}.
   *
   * @return the name
   */
  String name();

  /**
   * The machine's vsock.
   *
   * @return always the same provider
   */
  VsockProvider vsock();

  /**
   * A further view of this machine that only some backends have, such as putting programs into a
   * real guest.
   *
   * @param type the view's interface
   * @param <T> the view's interface
   * @return the view, or empty where this backend does not offer it
   */
  <T> Optional<T> as(Class<T> type);
}
