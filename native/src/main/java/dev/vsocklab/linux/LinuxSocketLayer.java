package dev.vsocklab.linux;

import dev.vsocklab.Errno;
import dev.vsocklab.spi.ErrnoException;
import dev.vsocklab.spi.KernelSocket;
import dev.vsocklab.spi.SocketLayer;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntSupplier;

/** The socket layer of the kernel that this JVM runs on, and the owner of what it opened. */
final class LinuxSocketLayer implements SocketLayer, LinuxSocket.SocketOwner {
  private static final byte[] DEV_VSOCK = Libc.cString("/dev/vsock");

  private final String name;
  private final Set<LinuxSocket> open = ConcurrentHashMap.newKeySet();
  private volatile boolean bindsPrivilegedPorts = true;
  private volatile boolean closed;

  /**
   * Opens nothing yet.
   *
   * @param name the machine's in messages
   */
  LinuxSocketLayer(String name) {
    this.name = name;
  }

  @Override
  public KernelSocket stream() throws ErrnoException, IOException {
    return socket(Libc.SOCK_STREAM);
  }

  @Override
  public KernelSocket seqpacket() throws ErrnoException, IOException {
    return socket(Libc.SOCK_SEQPACKET);
  }

  private LinuxSocket socket(int type) throws ErrnoException, IOException {
    if (closed) {
      throw closed();
    }
    int flags = type | Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC;
    int number = Libc.orErrno(Libc.socket(Libc.AF_VSOCK, flags, 0));
    if (number < 0) {
      throw FamilyRefused.failure(-number);
    }
    return adopt(type, number);
  }

  @Override
  public LinuxSocket adopt(int type, int number) throws ErrnoException {
    LinuxSocket socket = new LinuxSocket(this, type, Fd.adopt(number, "a vsock socket of " + name));
    open.add(socket);
    if (closed) { // meanwhile, perhaps before it could see this one
      socket.close();
      throw new ErrnoException(Errno.EBADF);
    }
    return socket;
  }

  /**
   * Whether sockets may bind ports below 1024, as far as this process may.
   *
   * @throws IOException if they are to, and this process has no CAP_NET_BIND_SERVICE
   */
  void mayBindPrivilegedPorts(boolean may) throws IOException {
    if (may && !BindCapability.isHeld()) {
      throw new IOException(
          "Ports below 1024 cannot be bound on "
              + name
              + ": this process has no CAP_NET_BIND_SERVICE. Run it as root, or with sudo setcap"
              + " cap_net_bind_service+ep on its java.");
    }
    bindsPrivilegedPorts = may;
  }

  @Override
  public int bind(IntSupplier call) {
    return bindsPrivilegedPorts ? call.getAsInt() : BindCapability.without(call);
  }

  @Override
  public void forget(LinuxSocket socket) {
    open.remove(socket);
  }

  /** The ioctl is the device's, not a socket's, whatever the manual's example says. */
  @Override
  public long localCid() throws ErrnoException, IOException {
    int number = Libc.orErrno(Libc.open(DEV_VSOCK, Libc.O_RDONLY | Libc.O_CLOEXEC));
    if (number < 0) {
      throw failure("open", -number);
    }
    int[] cid = new int[1];
    int result;
    try (Fd device = Fd.adopt(number, "/dev/vsock")) {
      result = Libc.orErrno(Libc.ioctl(device.number(), Libc.IOCTL_VM_SOCKETS_GET_LOCAL_CID, cid));
    }
    if (result < 0) {
      throw failure("ioctl", -result);
    }
    return Integer.toUnsignedLong(cid[0]);
  }

  private static ErrnoException failure(String call, int number) throws LinuxException {
    Errno errno =
        Errno.fromNumber(number).orElseThrow(() -> new LinuxException(call, "/dev/vsock", number));
    String detail =
        switch (errno) {
          case ENOENT -> "there is no /dev/vsock: load the module (sudo modprobe vsock)";
          case EACCES, EPERM ->
              "this user may not read /dev/vsock: sudo setfacl -m u:$USER:r /dev/vsock";
          default -> "";
        };
    return new ErrnoException(errno, detail);
  }

  @Override
  public String name() {
    return name;
  }

  private IllegalStateException closed() {
    return new IllegalStateException(
        "The sockets of " + name + " were closed all together: it opens no more.");
  }

  /** Closes all sockets that are still open. Closing again does nothing. */
  void close() {
    closed = true;
    for (LinuxSocket socket : open) {
      socket.close();
    }
  }
}
