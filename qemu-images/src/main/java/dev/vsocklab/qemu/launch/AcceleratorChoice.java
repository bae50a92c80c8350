package dev.vsocklab.qemu.launch;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Optional;

/**
 * KVM where it truly runs a guest, TCG elsewhere. That the device node exists proves nothing (in a
 * nested or restricted machine QEMU then aborts, or the guest crawls), so KVM is tried once: the
 * verdict is kept with the QEMU version and the boot of this machine for which it was found.
 */
public final class AcceleratorChoice {
  private static final System.Logger LOG = System.getLogger("dev.vsocklab.qemu.launch");

  /** The system property that decides instead: {@code kvm} or {@code tcg}. */
  public static final String PROPERTY = "vsocklab.qemu.accel";

  private static final Path KVM = Path.of("/dev/kvm");
  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

  /** A KVM that works boots in less than two seconds; a loaded machine gets some more. */
  static final Duration TRIAL_DEADLINE = Duration.ofSeconds(8);

  private final Path verdicts;
  private final Trial trial;
  private final Path deviceNode;

  /**
   * Creates the choice.
   *
   * @param cacheFolder where verdicts are kept
   * @param trial tries KVM
   */
  public AcceleratorChoice(Path cacheFolder, Trial trial) {
    this(cacheFolder, trial, KVM);
  }

  AcceleratorChoice(Path cacheFolder, Trial trial, Path deviceNode) {
    this.verdicts = cacheFolder;
    this.trial = trial;
    this.deviceNode = deviceNode;
  }

  /** Boots a guest with KVM. */
  public interface Trial {
    /**
     * Boots the guest and waits for its agent.
     *
     * @param deadline how long that may take
     * @throws IOException if it did not come up in time, with the reason
     */
    void run(Duration deadline) throws IOException;
  }

  /**
   * Chooses for a QEMU; the first time on a machine with KVM this boots a guest.
   *
   * @param launcher where QEMU runs
   * @return what to boot with
   * @throws IOException if QEMU cannot be run at all
   */
  public Accelerator choose(Launcher launcher) throws IOException {
    String named = System.getProperty(PROPERTY);
    if (named != null) {
      return switch (named) {
        case "kvm" -> Accelerator.KVM;
        case "tcg" -> Accelerator.TCG;
        default ->
            throw new IOException(
                "-D" + PROPERTY + "=" + named + " names no accelerator. Write kvm or tcg.");
      };
    }
    if (!Files.isReadable(deviceNode) || !Files.isWritable(deviceNode)) {
      return Accelerator.TCG;
    }
    String inputs = "qemu: " + launcher.identity() + "\nboot: " + bootId() + "\n";
    Optional<Accelerator> before = remembered(inputs);
    if (before.isPresent()) {
      return before.get();
    }
    Accelerator verdict;
    String why;
    try {
      trial.run(TRIAL_DEADLINE);
      verdict = Accelerator.KVM;
      why = "a guest came up";
    } catch (IOException e) {
      verdict = Accelerator.TCG;
      why = String.valueOf(e.getMessage());
      LOG.log(
          System.Logger.Level.INFO,
          "{1} is here but does not run a guest, so guests run under TCG, which is slower."
              + " The verdict is kept in {0}; remove it to have KVM tried again.",
          file(),
          deviceNode);
    }
    remember(inputs, verdict, why);
    return verdict;
  }

  private static String bootId() {
    try {
      return Files.readString(BOOT_ID, StandardCharsets.US_ASCII).strip();
    } catch (IOException e) {
      return "unknown";
    }
  }

  private Optional<Accelerator> remembered(String inputs) {
    try {
      String text = Files.readString(file(), StandardCharsets.UTF_8);
      for (Accelerator accelerator : Accelerator.values()) {
        if (text.startsWith(inputs + "use: " + accelerator + "\n")) {
          return Optional.of(accelerator);
        }
      }
    } catch (IOException e) {
      // There is no verdict yet, or none that can be read: KVM is tried.
    }
    return Optional.empty();
  }

  private void remember(String inputs, Accelerator verdict, String why) {
    try {
      Files.createDirectories(verdicts);
      Path temporary = Files.createTempFile(verdicts, "kvm-", ".new");
      Files.writeString(temporary, inputs + "use: " + verdict + "\nwhy: " + why + "\n");
      Files.move(temporary, file(), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "The verdict on KVM could not be kept in {0}, so every JVM will try it again: {1}",
          file(),
          e.toString());
    }
  }

  private Path file() {
    return verdicts.resolve("kvm-verdict");
  }
}
