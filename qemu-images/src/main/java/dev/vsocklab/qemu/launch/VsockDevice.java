package dev.vsocklab.qemu.launch;

import java.nio.file.Path;
import java.util.List;

/** The vsock device that QEMU gives a guest. */
public sealed interface VsockDevice {

  /** The device's id in QEMU. */
  String ID = "vsock";

  /** No device: the guest has its own loopback alone. */
  VsockDevice NONE = new None();

  /**
   * QEMU's options for the device.
   *
   * @return arguments of its command line
   */
  List<String> options();

  /** No device. */
  record None() implements VsockDevice {
    @Override
    public List<String> options() {
      return List.of();
    }
  }

  /**
   * A device that another process plays.
   *
   * @param socket the Unix socket on which it listens
   */
  record VhostUser(Path socket) implements VsockDevice {
    @Override
    public List<String> options() {
      // Two interrupts: one for changes of the configuration, one for all queues. With more of them
      // the event queue could have its own, which nobody but QEMU could raise.
      return List.of(
          "-chardev",
          "socket,id=vsock,path=" + QemuGuest.quoted(socket),
          "-device",
          "vhost-user-vsock-pci,id=" + ID + ",chardev=vsock,vectors=2");
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
