package dev.vsocklab.qemu.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a host of further guests has besides agent and modules: QEMU, and what its guests boot. */
public final class HostFiles {
  private static final String FOLDER = "guest";

  /** The agent, which init is; as an ordinary program it takes arguments. */
  public static final String AGENT = "/init";

  /** The guests' kernel, where the host sees it. */
  public static final String GUEST_KERNEL = "/" + FOLDER + "/kernel";

  /** The guests' initramfs, where the host sees it. */
  public static final String GUEST_INITRAMFS = "/" + FOLDER + "/initramfs.cpio";

  private HostFiles() {}

  static void write(Cpio cpio, GuestImage guest, List<Path> qemuFiles) throws IOException {
    cpio.folder(FOLDER);
    cpio.file(GUEST_KERNEL.substring(1), 0644, Files.readAllBytes(guest.kernel()));
    cpio.file(GUEST_INITRAMFS.substring(1), 0644, Files.readAllBytes(guest.initramfs()));
    Set<Path> folders = new HashSet<>();
    for (Path file : qemuFiles) {
      addFolder(cpio, file.getParent(), folders);
      int permissions = Files.isExecutable(file) ? 0755 : 0644;
      cpio.file(file.toString().substring(1), permissions, Files.readAllBytes(file));
    }
  }

  private static void addFolder(Cpio cpio, @Nullable Path folder, Set<Path> added)
      throws IOException {
    if (folder != null && folder.getNameCount() > 0 && added.add(folder)) {
      addFolder(cpio, folder.getParent(), added);
      cpio.folder(folder.toString().substring(1));
    }
  }
}
