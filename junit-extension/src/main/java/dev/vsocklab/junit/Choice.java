package dev.vsocklab.junit;

import dev.vsocklab.spi.Backend;

/**
 * A backend with one of its kernels.
 *
 * @param backend the backend
 * @param kernel one of its kernels, or the empty string where there is nothing to choose
 */
record Choice(Backend backend, String kernel) {

  /** What display names call it, for example {@code vhost-user, Linux 6.1.192}. */
  String description() {
    return backend.describe(kernel);
  }
}
