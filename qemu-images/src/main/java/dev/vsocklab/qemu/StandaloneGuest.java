package dev.vsocklab.qemu;

import dev.vsocklab.qemu.agent.GuestPrograms;
import dev.vsocklab.qemu.image.GuestImage;
import dev.vsocklab.qemu.image.GuestImages;
import dev.vsocklab.qemu.image.GuestRoot;
import dev.vsocklab.qemu.launch.QemuGuest;
import dev.vsocklab.qemu.launch.RunFolder;
import dev.vsocklab.qemu.launch.VsockDevice;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * A guest that is no lab's: a stock kernel without a vsock device, whose only vsock transport is
 * loopback, with files of yours and the memory that your programs need.
 */
public final class StandaloneGuest implements AutoCloseable {
  private static final String NAME = "a guest on its own";

  /** More than a bare guest needs: its files are unpacked first. */
  private static final Duration BOOT_DEADLINE = Duration.ofMinutes(3);

  private final GuestKernel kernel;

  private StandaloneGuest(GuestKernel kernel) {
    this.kernel = kernel;
  }

  /**
   * The kernel series that it can run.
   *
   * @return for example {@code [6.12, 6.1]}
   */
  public static List<String> kernels() {
    return GuestImages.series();
  }

  /**
   * Boots one; returns when its agent answers.
   *
   * @param series one of {@link #kernels}
   * @param memoryMib its memory in MiB; at most half of it is for files
   * @param files local files by their absolute paths in the guest
   * @return the guest
   * @throws IOException if it cannot run here or does not come up, with the reason and the mend
   */
  public static StandaloneGuest boot(String series, int memoryMib, Map<String, Path> files)
      throws IOException {
    GuestParts parts = new GuestParts(NAME);
    parts.check(series);
    GuestParts.Found found = parts.find(series);
    RunFolder folder = RunFolder.create();
    GuestImage image;
    try {
      image = GuestRoot.with(found.image(), files, folder.path().resolve("initramfs.cpio"));
    } catch (IOException | RuntimeException e) {
      folder.close();
      throw e;
    }
    QemuGuest.Config config =
        new QemuGuest.Config(
            NAME,
            found.launcher(),
            found.accelerator(),
            image,
            memoryMib,
            VsockDevice.NONE,
            List.of());
    return new StandaloneGuest(GuestKernel.boot(config, folder, BOOT_DEADLINE));
  }

  /**
   * Starts programs in it.
   *
   * @return the view of its programs
   */
  public GuestPrograms programs() {
    return kernel.agent().programs();
  }

  /**
   * What its kernel and QEMU said.
   *
   * @return the console's text so far
   */
  public String console() {
    return kernel.guest().console().text();
  }

  /**
   * Ends it. Closing again does nothing.
   *
   * @throws IOException if it does not end
   */
  @Override
  public void close() throws IOException {
    kernel.close();
  }
}
