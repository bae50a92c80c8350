package dev.vsocklab.spi;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * One way to play the host and the guests. Found through {@link java.util.ServiceLoader}; one
 * instance serves the whole JVM and any number of threads.
 */
public interface Backend extends AutoCloseable {

  /**
   * The name in {@code -Dvsocklab.backends}.
   *
   * @return for example {@code sim}
   */
  String name();

  /**
   * The kernel series that a test can choose, as in {@code -Dvsocklab.backends=vhost-user:6.1}. The
   * first is the default.
   *
   * @return for example {@code [6.12, 6.1]}; empty where there is nothing to choose
   */
  List<String> kernels();

  /**
   * Whether a lab could be opened here and now. Cheap enough to ask before every test class.
   *
   * @param kernel one of {@link #kernels}, or the empty string where there are none
   * @return why it cannot, or empty if it can
   */
  Optional<Unavailable> unavailable(String kernel);

  /**
   * What a test's display name calls this backend.
   *
   * @param kernel one of {@link #kernels}, or the empty string
   * @return for example {@code vhost-user, Linux 6.1.192}
   */
  String describe(String kernel);

  /**
   * Whether its guests run programs, and have a file system to put them into.
   *
   * @return false unless a backend says otherwise; then a request's files and programs are not
   *     looked at
   */
  default boolean runsPrograms() {
    return false;
  }

  /**
   * Says that a lab with these guests will soon be asked for, so that what takes long, a boot, can
   * begin now. Returns at once, and does nothing unless a backend can make use of it; what goes
   * wrong is told when the lab is opened.
   *
   * @param request the guests and the kernel
   */
  default void prepare(LabRequest request) {}

  /**
   * Opens a lab for one test.
   *
   * @param request the guests and the kernel
   * @return the lab, ready: every guest is up, has its files, and its programs have come as far as
   *     they should
   * @throws IOException if it cannot, with what, why and the mend in the message
   */
  BackendLab open(LabRequest request) throws IOException;

  /** Ends whatever the backend keeps between labs. Called once, when the JVM's tests are over. */
  @Override
  void close();
}
