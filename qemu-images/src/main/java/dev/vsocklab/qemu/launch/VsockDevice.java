package dev.vsocklab.qemu.launch;

import java.util.List;

/** The vsock device that QEMU gives a guest. */
public sealed interface VsockDevice {

  /** The device's id in QEMU. */
  String ID = "vsock";

  /** No device: the guest has its own loopback alone. */
  VsockDevice NONE = new None();

  /** None yet: one that another process plays can be {@linkplain QemuGuest#plug plugged in}. */
  VsockDevice SLOT = new Slot();

  /**
   * QEMU's options for the device.
   *
   * @return arguments of its command line
   */
  List<String> options();

  /**
   * Memory of QEMU's own, which huge pages may back. A saved machine of 2 GiB comes up three times
   * as fast in it as in a shared file, all of whose pages come into being.
   */
  String OWN_MEMORY = "memory-backend-ram";

  /**
   * The object that holds the guest's memory.
   *
   * @return its type and properties as QEMU's {@code -object} has them, {@link #OWN_MEMORY} unless
   *     the device needs another
   */
  String memory();

  /** No device. */
  record None() implements VsockDevice {
    @Override
    public List<String> options() {
      return List.of();
    }

    @Override
    public String memory() {
      return OWN_MEMORY;
    }
  }

  /** A place for a device: q35 takes none on its root bus once it runs. */
  record Slot() implements VsockDevice {
    /** The id of its bus in QEMU. */
    static final String BUS = "vsock-slot";

    @Override
    public List<String> options() {
      return List.of("-device", "pcie-root-port,id=" + BUS + ",chassis=1");
    }

    /** {@inheritDoc} Here a shared file: vhost-user hands the memory to another process. */
    @Override
    public String memory() {
      return "memory-backend-memfd,share=on";
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

    @Override
    public String memory() {
      return OWN_MEMORY;
    }
  }
}
