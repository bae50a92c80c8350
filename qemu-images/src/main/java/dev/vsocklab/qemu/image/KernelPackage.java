package dev.vsocklab.qemu.image;

/**
 * One Debian kernel package, exactly.
 *
 * @param series the kernel series, for example {@code 6.1}
 * @param name the package's name
 * @param version its Debian version, for example {@code 6.1.192-2}
 * @param sha256 the SHA-256 of the .deb, lower-case hex
 */
record KernelPackage(String series, String name, String version, String sha256) {

  /** The kernel's own version: the Debian version up to its first dash. */
  String release() {
    int dash = version.indexOf('-');
    return dash < 0 ? version : version.substring(0, dash);
  }

  /** How apt calls it. */
  String spec() {
    return name + "=" + version;
  }
}
