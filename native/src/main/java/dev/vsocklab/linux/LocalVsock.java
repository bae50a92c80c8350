package dev.vsocklab.linux;

import dev.vsocklab.Errno;
import dev.vsocklab.spi.SocketLayer;
import dev.vsocklab.spi.Unavailable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What the kernel that this JVM runs on has of vsock: each answer is a probe that was run, with the
 * reason and the mend where it failed. No probe leaves the machine, and none opens {@code
 * /dev/vsock}.
 */
public final class LocalVsock {

  /** Drivers through which a machine that is itself a guest reaches its host. */
  private static final List<String> TRANSPORTS_TO_A_HOST =
      List.of(
          "virtio/drivers/vmw_vsock_virtio_transport",
          "pci/drivers/vmw_vmci",
          "vmbus/drivers/hv_sock");

  private static final Path VHOST = Path.of("dev", "vhost-vsock");
  private static final Path BUSES = Path.of("sys", "bus");

  private static final String LOAD_VHOST =
      "Load its module (sudo modprobe vhost_vsock); in a container pass the device in (--device"
          + " /dev/vhost-vsock).";

  private final Path root;
  private final Supplier<SocketLayer> sockets;
  private final DeviceOpener opener;

  /**
   * A machine to probe.
   *
   * @param root where its {@code dev} and {@code sys} are
   * @param sockets its socket layer; called only where the machine is a Linux
   */
  LocalVsock(Path root, Supplier<SocketLayer> sockets, DeviceOpener opener) {
    this.root = root;
    this.sockets = sockets;
    this.opener = opener;
  }

  /** Opens a device and closes it again. */
  interface DeviceOpener {
    /**
     * Tries it.
     *
     * @return 0, or the errno
     */
    int open(Path device);
  }

  /**
   * This kernel.
   *
   * @return the probes; nothing is probed yet
   */
  public static LocalVsock ofThisKernel() {
    return new LocalVsock(
        Path.of("/"), () -> new LinuxSocketLayer("this machine"), LocalVsock::openDevice);
  }

  private static int openDevice(Path device) {
    int number =
        Libc.orErrno(Libc.open(Libc.cString(device.toString()), Libc.O_RDWR | Libc.O_CLOEXEC));
    if (number < 0) {
      return -number;
    }
    Fd.adopt(number, device.toString()).close();
    return 0;
  }

  /**
   * Whether this kernel's sockets reach each other over CID 1. Binds that CID first and connects
   * only where this works: elsewhere a connect to CID 1 would leave the machine through its guest
   * transport.
   *
   * @return why not, or empty if a byte went round
   */
  public Optional<Unavailable> loopback() {
    return notLinux().or(() -> LoopbackProbe.run(sockets.get()));
  }

  /**
   * Whether loopback works, and is the only way out for CIDs 0 to 2: tests may then call CID 2 and
   * reach this kernel. On a machine that is itself a guest they would reach its host.
   *
   * @return why not, or empty if so
   */
  public Optional<Unavailable> loopbackAlone() {
    return notLinux().or(this::transportToAHost).or(this::loopback);
  }

  private Optional<Unavailable> transportToAHost() {
    for (String driver : TRANSPORTS_TO_A_HOST) {
      if (Files.exists(root.resolve(BUSES).resolve(driver))) {
        String name = driver.substring(driver.lastIndexOf('/') + 1);
        return Optional.of(
            new Unavailable(
                "CID 2 would lead out of this machine, to its host: driver " + name + " is loaded",
                "Use a kernel in QEMU, or unload the driver where nobody needs it (sudo rmmod "
                    + name
                    + ")."));
      }
    }
    return Optional.empty();
  }

  /**
   * Whether this kernel can be the host of guests: {@code /dev/vhost-vsock} is there and this user
   * may open it. Opening it takes no CID.
   *
   * @return why not, or empty if so
   */
  public Optional<Unavailable> vhost() {
    return notLinux().or(this::vhostDevice);
  }

  private Optional<Unavailable> vhostDevice() {
    Path device = root.resolve(VHOST);
    if (!Files.exists(device)) {
      return Optional.of(new Unavailable("there is no " + device, LOAD_VHOST));
    }
    int number = opener.open(device);
    if (number == 0) {
      return Optional.empty();
    }
    Optional<Errno> errno = Errno.fromNumber(number);
    String name = errno.map(Enum::name).orElse("errno " + number);
    if (errno.isPresent() && (errno.get() == Errno.EACCES || errno.get() == Errno.EPERM)) {
      return Optional.of(
          new Unavailable(
              "this user may not open " + device + " (" + name + ")",
              "Permit it: sudo setfacl -m u:$USER:rw "
                  + device
                  + ", or, where the device belongs to group kvm, sudo usermod -aG kvm $USER and a"
                  + " new login. In a container the device must be passed in (--device "
                  + device
                  + ")."));
    }
    return Optional.of(
        new Unavailable("no driver answers behind " + device + " (" + name + ")", LOAD_VHOST));
  }

  private static Optional<Unavailable> notLinux() {
    String os = System.getProperty("os.name");
    return os.equals("Linux")
        ? Optional.empty()
        : Optional.of(new Unavailable("this is " + os, "Run it on Linux, or use the simulator."));
  }
}
