package dev.vsocklab.qemu.vhost;

import dev.vsocklab.qemu.agent.GuestCommand;
import dev.vsocklab.qemu.image.HostFiles;
import dev.vsocklab.qemu.launch.Accelerator;
import dev.vsocklab.qemu.launch.QemuGuest;
import dev.vsocklab.qemu.launch.VsockDevice;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The command line of a guest's QEMU inside a nested host. */
final class InnerQemu {
  /** Enough for the agent and small programs; the host's memory holds it several times. */
  private static final int MEMORY_MIB = 256;

  private InnerQemu() {}

  /**
   * The command. The guest's console is the program's standard output.
   *
   * @param qemu the program, as the host sees it
   * @param cid the guest's CID
   * @param agentDevice the host's end of the agent's channel: what the guest's agent writes to its
   *     own virtio-serial port goes there as it is
   */
  static GuestCommand command(Path qemu, long cid, String agentDevice) {
    List<String> command = new ArrayList<>(List.of(qemu.toString()));
    command.addAll(Accelerator.TCG.options());
    command.addAll(List.of("-nodefaults", "-no-user-config", "-display", "none", "-smp", "1"));
    command.addAll(List.of("-action", "reboot=shutdown", "-M", "q35", "-m", MEMORY_MIB + "M"));
    command.addAll(List.of("-chardev", "stdio,id=console,signal=off"));
    command.addAll(List.of("-serial", "chardev:console", "-device", "virtio-serial-pci"));
    // Not a pipe, but QEMU's pipe opens any path for reading and writing if there is no PATH.in.
    command.addAll(List.of("-chardev", "pipe,id=agent,path=" + agentDevice));
    command.addAll(
        List.of("-device", "virtserialport,chardev=agent,name=" + QemuGuest.AGENT_PORT_NAME));
    command.addAll(new VsockDevice.Vhost(cid).options());
    command.addAll(List.of("-kernel", HostFiles.GUEST_KERNEL));
    command.addAll(List.of("-initrd", HostFiles.GUEST_INITRAMFS));
    command.addAll(List.of("-append", QemuGuest.KERNEL_LINE));
    return GuestCommand.of(command.toArray(String[]::new)).withStreamedOutput();
  }
}
