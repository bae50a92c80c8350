package dev.vsocklab.linux;

import dev.vsocklab.Errno;
import dev.vsocklab.PortPrivilege;
import dev.vsocklab.VsockCapability;
import dev.vsocklab.VsockProvider;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.SocketLayer;
import dev.vsocklab.spi.nio.NioVsockProvider;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Set;

/**
 * AF_VSOCK of the kernel that this JVM runs on: on a host its guests' CIDs, in a guest its host.
 * For production, where a {@link VsockProvider} is passed in; a test passes another one.
 *
 * <pre>{@code
 * try (LinuxVsock linux = LinuxVsock.open()) {
 *   new InventoryServer(linux.vsock(), 7000).run();
 * }
 * }</pre>
 *
 * <p>Calls that wait do so in Java, woken by one thread that hears from the kernel; those that only
 * the kernel can wait in, such as a blocking connect, sleep in threads of their own. Closing a
 * channel ends them as it does with the JDK's.
 */
public final class LinuxVsock implements AutoCloseable, PortPrivilege {
  private final LinuxSocketLayer sockets;
  private final VsockProvider vsock;

  private LinuxVsock(LinuxSocketLayer sockets, Set<VsockCapability> capabilities) {
    this.sockets = sockets;
    this.vsock = new NioVsockProvider(sockets, capabilities);
  }

  /**
   * Opens this kernel's vsock, under the name {@code this machine} in messages.
   *
   * @return it
   * @throws IOException if there is none: the kernel lacks the family (EAFNOSUPPORT), or a
   *     container's seccomp profile blocks it (EPERM); the message says what to do
   * @throws UnsupportedOperationException if this is not Linux on a 64-bit processor
   */
  public static LinuxVsock open() throws IOException {
    return open("this machine");
  }

  /**
   * Opens this kernel's vsock.
   *
   * @param name the machine's name in messages
   * @return it
   * @throws IOException as {@link #open()}
   * @throws UnsupportedOperationException if this is not Linux on a 64-bit processor
   */
  public static LinuxVsock open(String name) throws IOException {
    LinuxSocketLayer sockets = new LinuxSocketLayer(name);
    Set<VsockCapability> capabilities =
        EnumSet.of(
            VsockCapability.STREAM,
            VsockCapability.SELECTOR,
            VsockCapability.SOCKET_FACES,
            VsockCapability.REAL_KERNEL);
    try {
      sockets.stream().close();
    } catch (ErrnoException e) {
      throw new IOException("There is no vsock on " + name + ": " + e.getMessage() + ".", e);
    }
    if (hasSeqpacket(sockets)) {
      capabilities.add(VsockCapability.SEQPACKET);
    }
    return new LinuxVsock(sockets, capabilities);
  }

  private static boolean hasSeqpacket(SocketLayer sockets) throws IOException {
    try {
      sockets.seqpacket().close();
      return true;
    } catch (ErrnoException e) {
      if (e.errno() == Errno.ESOCKTNOSUPPORT) { // Linux before 5.14
        return false;
      }
      throw new IOException("No SEQPACKET sockets: " + e.getMessage() + ".", e);
    }
  }

  /**
   * The channels, selectors and sockets.
   *
   * @return always the same provider, for any number of threads
   */
  public VsockProvider vsock() {
    return vsock;
  }

  /**
   * The kernel's own calls, errno and all.
   *
   * @return always the same layer
   */
  public SocketLayer sockets() {
    return sockets;
  }

  /**
   * {@inheritDoc} For tests: the capability is taken from the thread that binds, for the call
   * alone.
   *
   * @param mayBind {@inheritDoc}
   * @throws IOException if they are to, and this process has no CAP_NET_BIND_SERVICE
   */
  @Override
  public void mayBindPrivilegedPorts(boolean mayBind) throws IOException {
    sockets.mayBindPrivilegedPorts(mayBind);
  }

  /**
   * Closes every socket that was opened here and is still open, and opens no more. Closing again
   * does nothing.
   */
  @Override
  public void close() {
    sockets.close();
  }

  @Override
  public String toString() {
    return "vsock of " + sockets.name();
  }
}
