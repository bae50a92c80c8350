package dev.vsocklab.qemu.image;

import java.io.IOException;

/** No mirror that apt knows has that version of a package any more. */
final class PackageGoneException extends IOException {
  private static final long serialVersionUID = 1L;

  PackageGoneException(String message) {
    super(message);
  }
}
