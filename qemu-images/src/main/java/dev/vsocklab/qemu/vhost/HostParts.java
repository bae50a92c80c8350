package dev.vsocklab.qemu.vhost;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.qemu.image.GuestImage;
import dev.vsocklab.qemu.launch.Accelerator;
import dev.vsocklab.qemu.launch.Launcher;
import dev.vsocklab.qemu.launch.QemuGuest;
import dev.vsocklab.qemu.launch.VsockDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a nested host is made of.
 *
 * @param launcher where its QEMU runs
 * @param accelerator how that runs it
 * @param image its kernel, and an initramfs with QEMU and a guest's image in it
 * @param innerQemu the QEMU in the initramfs
 */
public record HostParts(
    Launcher launcher, Accelerator accelerator, GuestImage image, Path innerQemu) {

  /** How many guests a nested host has room for. */
  public static final int MAX_GUESTS = 4;

  /** The guests' memory, what QEMU needs for each, the unpacked initramfs and the kernel. */
  private static final int MEMORY_MIB = 2048;

  /** The port of the agent whose sockets a test has. */
  static final String SOCKETS_PORT = "host";

  /** The port that leads through the host to the agent of a guest. */
  static String guestPort(int place) {
    return "guest" + place;
  }

  QemuGuest.Config config() {
    List<String> ports =
        new ArrayList<>(IntStream.range(0, MAX_GUESTS).mapToObj(HostParts::guestPort).toList());
    ports.add(SOCKETS_PORT); // last: once the agent there answers, the others are there as well
    return new QemuGuest.Config(
        "the nested host", launcher, accelerator, image, MEMORY_MIB, VsockDevice.NONE, ports);
  }

  /** All of it that a saved machine depends on. */
  List<String> identity() throws IOException {
    List<String> identity = new ArrayList<>(List.of(launcher.identity()));
    identity.addAll(QemuGuest.machine(config()));
    // The paths tell what the files were built from; these, that they were not built again since.
    for (Path file : List.of(image.kernel(), image.initramfs())) {
      identity.add(Files.size(file) + " " + Files.getLastModifiedTime(file));
    }
    identity.addAll(InnerQemu.command(innerQemu, VsockAddress.CID_HOST, "").arguments());
    return identity;
  }
}
