package dev.vsocklab.qemu.launch;

import java.nio.file.Path;
import java.util.List;

/** The vsock device that QEMU gives a guest. */
public sealed interface VsockDevice {

  /** The device's id in QEMU. */
  String ID = "vsock";

  /** No device: the guest has its own loopback alone. */
  VsockDevice NONE = new None();

  /** None yet: a {@link VhostUser} can be plugged in with {@link QemuGuest#plug}. */
  VsockDevice SLOT = new Slot();

  /** QEMU's options for the device. */
  List<String> options();

  /** No device. */
  record None() implements VsockDevice {
    @Override
    public List<String> options() {
      return List.of();
    }
  }

  /** A place for a device: q35 takes none on its root bus once it runs. */
  record Slot() implements VsockDevice {
    /** The bus's id in QEMU. */
    static final String ID = "vsock-slot";

    @Override
    public List<String> options() {
      return List.of("-device", "pcie-root-port,id=" + ID + ",chassis=1");
    }
  }

  /**
   * A device that another process plays.
   *
   * @param socket the Unix socket on which it listens
   */
  record VhostUser(Path socket) implements VsockDevice {
    /** The backend channel's id in QEMU. */
    static final String CHANNEL = "vsock";

    /**
     * Two interrupts: one for changes of the configuration, one for all queues. With more of them
     * the event queue could have its own, which nobody but QEMU could raise.
     */
    static final int VECTORS = 2;

    @Override
    public List<String> options() {
      return List.of(
          "-chardev",
          "socket,id=" + CHANNEL + ",path=" + QemuGuest.quoted(socket),
          "-device",
          "vhost-user-vsock-pci,id=" + ID + ",chardev=" + CHANNEL + ",vectors=" + VECTORS);
    }
  }

  /**
   * A device of the kernel that QEMU runs on: {@code /dev/vhost-vsock}.
   *
   * @param cid the guest's CID, 3 to 4294967294
   */
  record Vhost(long cid) implements VsockDevice {
    @Override
    public List<String> options() {
      return List.of("-device", "vhost-vsock-pci,id=" + ID + ",guest-cid=" + cid);
    }
  }
}
