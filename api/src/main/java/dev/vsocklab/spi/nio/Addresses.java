package dev.vsocklab.spi.nio;

import dev.vsocklab.VsockAddress;
import java.net.SocketAddress;
import java.nio.channels.UnsupportedAddressTypeException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Reads the addresses that callers hand to the faces. */
final class Addresses {
  private static final VsockAddress UNBOUND = VsockAddress.any(VsockAddress.PORT_ANY);

  private Addresses() {}

  /** A peer's address, which must be there. */
  static VsockAddress remote(SocketAddress address) {
    Objects.requireNonNull(address, "remote address");
    return vsock(address);
  }

  /** The address to bind: null lets the machine choose, as in all of the JDK. */
  static VsockAddress toBind(@Nullable SocketAddress address) {
    return address == null ? UNBOUND : vsock(address);
  }

  /** What {@code getsockname} told, or null for a socket that has no address yet. */
  static @Nullable VsockAddress bound(VsockAddress local) {
    return local.port() == VsockAddress.PORT_ANY ? null : local;
  }

  private static VsockAddress vsock(SocketAddress address) {
    if (address instanceof VsockAddress vsock) {
      return vsock;
    }
    throw new UnsupportedAddressTypeException();
  }
}
