package dev.vsocklab.linux;

import dev.vsocklab.Errno;
import dev.vsocklab.spi.ErrnoException;

/** Why the kernel gives no AF_VSOCK socket, and what would change that. */
final class FamilyRefused {
  private FamilyRefused() {}

  /**
   * The failure of a {@code socket(AF_VSOCK)}.
   *
   * @param number its errno
   * @throws LinuxException for a number that such a call is not known to give
   */
  static ErrnoException failure(int number) throws LinuxException {
    Errno errno =
        Errno.fromNumber(number)
            .orElseThrow(() -> new LinuxException("socket(AF_VSOCK)", "this kernel", number));
    return new ErrnoException(errno, meaning(errno));
  }

  /** As a clause; empty where the errno says it all. */
  private static String meaning(Errno errno) {
    return switch (errno) {
      case EAFNOSUPPORT ->
          "this kernel has no AF_VSOCK, or its module is not loaded: run sudo modprobe vsock";
      case EPERM, EACCES ->
          "the container's seccomp profile blocks socket(AF_VSOCK), as Docker's, Podman's and"
              + " containerd's default ones do: run it with a profile that allows address family 40";
      case ESOCKTNOSUPPORT ->
          "this kernel has no such vsock sockets: SOCK_SEQPACKET came with Linux 5.14";
      case EMFILE ->
          "this process has no file descriptors left: close some, or raise its limit (ulimit -n)";
      case ENFILE -> "the system has no file descriptors left: raise sysctl fs.file-max";
      default -> "";
    };
  }
}
