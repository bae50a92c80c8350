package dev.vsocklab.qemu;

import dev.vsocklab.qemu.image.GuestImages;
import dev.vsocklab.qemu.image.SavedEntry;
import dev.vsocklab.qemu.launch.Accelerator;
import dev.vsocklab.qemu.launch.HostCpu;
import dev.vsocklab.qemu.launch.Launcher;
import dev.vsocklab.qemu.launch.QemuGuest;
import dev.vsocklab.qemu.launch.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Guests that nobody used yet, each a kernel whose agent is at rest: restored from a file in the
 * user's cache folder, which takes a quarter of a boot. The first of its kind is booted, and saved
 * on the way to its user, who waits some tenths of a second more for it.
 *
 * <p>A saved guest depends on the QEMU that runs it, its machine, its image and the CPU; all that
 * is in its name, so one that does not fit is never tried. One that does not come up all the same
 * is dropped, which is said aloud, and the guest is booted.
 */
final class BareGuests {
  private static final System.Logger LOG = System.getLogger("dev.vsocklab.qemu");

  /** The system property that decides whether guests are saved: {@code on} or {@code off}. */
  static final String PROPERTY = "vsocklab.qemu.snapshots";

  /** Counts changes of what is saved that its other inputs do not tell: a new number, new files. */
  private static final String LAYOUT = "1";

  private static final String FILE = "machine";

  private final @Nullable GuestImages cache;
  private final Map<Launcher, String> identities = new ConcurrentHashMap<>();
  private volatile boolean savingFailed;

  private BareGuests(@Nullable GuestImages cache) {
    this.cache = cache;
  }

  /** Guests that are all booted. */
  static BareGuests booted() {
    return new BareGuests(null);
  }

  /**
   * Guests that are restored where possible.
   *
   * @param cache where saved guests are kept
   */
  static BareGuests saved(GuestImages cache) {
    return new BareGuests(cache);
  }

  /**
   * As {@link #PROPERTY} says, kept where this user's images are.
   *
   * @throws IOException if it says neither
   */
  static BareGuests ofThisUser() throws IOException {
    String wanted = System.getProperty(PROPERTY, "on");
    return switch (wanted) {
      case "on" -> saved(GuestImages.ofThisUser());
      case "off" -> booted();
      default ->
          throw new IOException(
              "-D" + PROPERTY + "=" + wanted + " is neither on nor off. Write one of them.");
    };
  }

  /**
   * Makes a machine of a bare guest.
   *
   * @param <T> the machine
   */
  interface Use<T> {
    /**
     * Makes it; returns when it can be used.
     *
     * @param bare the guest, which the machine owns; ended if this fails
     * @throws IOException if the guest does not do its part
     */
    T of(GuestKernel bare) throws IOException;
  }

  /**
   * Starts a guest and makes a machine of it.
   *
   * @param config what to boot; without any device that cannot be saved
   * @param use what is made of it; called again with a booted guest if that fails with a restored
   * @throws IOException if not even a booted guest comes up, with the console's last lines
   */
  <T> T start(QemuGuest.Config config, Use<T> use) throws IOException {
    if (cache == null || savingFailed) {
      return use.of(boot(config));
    }
    SavedEntry entry = cache.saved(inputs(config));
    Optional<Path> saved = entry.find();
    if (saved.isPresent()) {
      try {
        return use.of(restore(config, saved.get()));
      } catch (IOException e) {
        if (Thread.currentThread().isInterrupted()) {
          throw e; // no fault of the file's
        }
        LOG.log(
            System.Logger.Level.WARNING,
            "The saved guest in {0} did not come up; it is dropped, and a guest is booted and saved"
                + " in its place. {1}",
            saved.get(),
            e.getMessage());
        entry.drop();
      }
    }
    return use.of(bootAndSave(config, entry));
  }

  private static GuestKernel boot(QemuGuest.Config config) throws IOException {
    return GuestKernel.boot(config, RunFolder.create(), GuestKernel.BOOT_DEADLINE);
  }

  private static GuestKernel restore(QemuGuest.Config config, Path saved) throws IOException {
    return GuestKernel.restore(config, RunFolder.create(), saved.resolve(FILE));
  }

  /** Everything that a saved guest depends on. */
  private List<String> inputs(QemuGuest.Config config) throws IOException {
    List<String> inputs = new ArrayList<>(List.of("bare guest", LAYOUT));
    inputs.add(identity(config.launcher()));
    inputs.addAll(QemuGuest.machine(config));
    // The paths tell what the files were built from; these, that they were not built again since.
    inputs.add(stamp(config.image().kernel()));
    inputs.add(stamp(config.image().initramfs()));
    inputs.addAll(HostCpu.identity());
    if (config.accelerator() == Accelerator.KVM) {
      inputs.add(System.getProperty("os.version")); // KVM is a part of this machine's kernel
    }
    return inputs;
  }

  private String identity(Launcher launcher) throws IOException {
    String known = identities.get(launcher);
    if (known == null) {
      known = launcher.identity();
      identities.put(launcher, known);
    }
    return known;
  }

  private static String stamp(Path file) throws IOException {
    return Files.size(file) + " " + Files.getLastModifiedTime(file);
  }

  private GuestKernel bootAndSave(QemuGuest.Config config, SavedEntry entry) throws IOException {
    Saving saving = new Saving(config);
    try {
      Path saved = entry.get(GuestKernel.BOOT_DEADLINE, saving);
      if (saving.kernel == null) {
        return restore(config, saved); // another thread or JVM has made it meanwhile
      }
    } catch (IOException e) {
      boolean bootFailed = saving.begun && saving.kernel == null;
      if (bootFailed || Thread.currentThread().isInterrupted()) {
        saving.end(e);
        throw e;
      }
      savingFailed = true;
      LOG.log(
          System.Logger.Level.WARNING,
          "Guests cannot be saved, so each one is booted: {0} -D{1}=off silences this.",
          e.getMessage(),
          PROPERTY);
    }
    return saving.goOn();
  }

  /** A guest that is saved once it has booted, and then goes on. */
  private static final class Saving implements SavedEntry.Maker {
    private final QemuGuest.Config config;
    private boolean begun;
    private @Nullable GuestKernel kernel;

    Saving(QemuGuest.Config config) {
      this.config = config;
    }

    @Override
    public void make(Path folder) throws IOException {
      begun = true;
      GuestKernel booted = boot(config);
      kernel = booted;
      booted.guest().save(folder.resolve(FILE));
    }

    /** The guest; booted now if nothing was begun. */
    GuestKernel goOn() throws IOException {
      GuestKernel booted = kernel;
      if (booted == null) {
        return boot(config);
      }
      try {
        booted.guest().resume();
        return booted;
      } catch (IOException e) {
        end(e);
        throw e;
      }
    }

    void end(IOException why) {
      try {
        if (kernel != null) {
          kernel.close();
        }
      } catch (IOException atClose) {
        why.addSuppressed(atClose);
      }
    }
  }
}
