package dev.vsocklab.qemu.vhost;

import dev.vsocklab.qemu.image.GuestImages;
import dev.vsocklab.qemu.image.SavedEntry;
import dev.vsocklab.qemu.launch.HostCpu;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Nested hosts as they were saved, with live guests: a boot takes about a minute, a restore two
 * seconds. Each set of CIDs is booted and saved once, on first use: one guest is added to a host
 * that was saved with the others.
 *
 * <p>A saved machine depends on the QEMU that runs it and on the CPU, whose clock rate its kernels
 * measured. All that is in its name, so one that does not fit is never tried. One that does not
 * come up all the same is dropped and made again, once.
 */
public final class NestedHosts {
  private static final System.Logger LOG = System.getLogger("dev.vsocklab.qemu.vhost");

  /**
   * Translated twice, a kernel was seen to panic, once, while it patched its own code as it booted.
   */
  private static final int BOOT_ATTEMPTS = 3;

  /** Counts changes of what is saved and how it is found again: a new number, new entries. */
  private static final String LAYOUT = "1";

  private final GuestImages images;

  /**
   * Looks for nothing yet.
   *
   * @param images where saved machines are kept
   */
  public NestedHosts(GuestImages images) {
    this.images = images;
  }

  /**
   * A running host whose guests run, as new; it may have to be booted first.
   *
   * @param parts what it is made of
   * @param cids the guests' CIDs, at least one, at most {@value HostParts#MAX_GUESTS}
   * @return the host, with the guests in that order
   * @throws IOException if it does not come up
   */
  public VhostHost open(HostParts parts, List<Long> cids) throws IOException {
    checkNumberOf(cids);
    NestedHost host = restored(parts, cids);
    try {
      host.watch();
      return host;
    } catch (IOException e) {
      host.close();
      throw e;
    }
  }

  /**
   * Boots and saves a host that was never saved, so that {@link #open} restores it at once.
   *
   * @param parts what it is made of
   * @param cids the guests' CIDs, as for {@link #open}
   * @throws IOException if it does not come up
   */
  public void prepare(HostParts parts, List<Long> cids) throws IOException {
    checkNumberOf(cids);
    SavedEntry entry = entry(parts, cids);
    if (entry.peek().isEmpty()) {
      entry.get(to -> save(parts, cids, to));
    }
  }

  private static void checkNumberOf(List<Long> cids) throws IOException {
    if (cids.isEmpty() || cids.size() > HostParts.MAX_GUESTS) {
      throw new IOException(
          "A nested host has 1 to "
              + HostParts.MAX_GUESTS
              + " guests, not "
              + cids.size()
              + ". Ask for fewer, or use backend vhost-user or sim.");
    }
  }

  /** A host that can be saved again. */
  private NestedHost restored(HostParts parts, List<Long> cids) throws IOException {
    SavedEntry entry = entry(parts, cids);
    boolean wasThere = entry.peek().isPresent();
    Path folder = entry.get(to -> save(parts, cids, to));
    try {
      return checked(NestedHost.restore(parts, folder));
    } catch (IOException e) {
      if (!wasThere || Thread.currentThread().isInterrupted()) {
        throw e; // it was made a moment ago, another would not do better; or it is no fault of its
      }
      LOG.log(
          System.Logger.Level.WARNING,
          "The saved nested host in {0} did not come up and is made again, which takes about a"
              + " minute: {1}",
          folder,
          e.getMessage());
      entry.drop();
      return checked(NestedHost.restore(parts, entry.get(to -> save(parts, cids, to))));
    }
  }

  private static NestedHost checked(NestedHost host) throws IOException {
    try {
      host.checkVsock();
      return host;
    } catch (IOException e) {
      host.close();
      throw e;
    }
  }

  private SavedEntry entry(HostParts parts, List<Long> cids) throws IOException {
    List<String> inputs = new ArrayList<>(List.of("nested host", LAYOUT));
    inputs.addAll(parts.identity());
    inputs.addAll(HostCpu.identity());
    inputs.add(cids.toString());
    return images.saved(inputs);
  }

  private void save(HostParts parts, List<Long> cids, Path folder) throws IOException {
    LOG.log(
        System.Logger.Level.INFO,
        "Booting guest {0} of a nested host with Linux {1} for the first time, which takes about a"
            + " minute. It is saved then, and restored within seconds from now on.",
        String.valueOf(cids.get(cids.size() - 1)),
        parts.image().release());
    for (int attempt = 1; ; attempt++) {
      try {
        bootAndSave(parts, cids, folder);
        return;
      } catch (IOException e) {
        if (attempt == BOOT_ATTEMPTS || Thread.currentThread().isInterrupted()) {
          throw e;
        }
        LOG.log(
            System.Logger.Level.WARNING,
            "A guest of a nested host did not come up and is booted again, attempt {0} of {1}: {2}",
            attempt + 1,
            BOOT_ATTEMPTS,
            e.getMessage());
      }
    }
  }

  private void bootAndSave(HostParts parts, List<Long> cids, Path folder) throws IOException {
    List<Long> others = cids.subList(0, cids.size() - 1);
    try (NestedHost host = others.isEmpty() ? NestedHost.boot(parts) : restored(parts, others)) {
      host.addGuest(cids.get(cids.size() - 1));
      host.save(folder);
    }
  }
}
