package dev.vsocklab.qemu.launch;

import dev.vsocklab.spi.Unavailable;
import java.io.IOException;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Where QEMU runs: as the build says, else as a process where QEMU is installed, else in a
 * container where an engine answers.
 */
public final class LauncherChoice {

  /** The system property that decides: {@code process}, {@code container} or {@code auto}. */
  public static final String PROPERTY = "vsocklab.qemu";

  private static final String AUTO = "auto";

  private static final Unavailable NO_PROVIDER =
      new Unavailable(
          "nothing on the class path runs QEMU in a container",
          "Add the test dependency dev.vsocklab:vsocklab-testcontainers.");

  private final Supplier<String> wanted;
  private final Supplier<Optional<QemuBinary>> binary;
  private final Supplier<Optional<LauncherProvider>> containers;

  /** Creates the choice; nothing is looked for yet. */
  public LauncherChoice() {
    this(
        () -> System.getProperty(PROPERTY, AUTO),
        QemuBinary::find,
        () ->
            ServiceLoader.load(LauncherProvider.class, LauncherProvider.class.getClassLoader())
                .findFirst());
  }

  LauncherChoice(
      Supplier<String> wanted,
      Supplier<Optional<QemuBinary>> binary,
      Supplier<Optional<LauncherProvider>> containers) {
    this.wanted = wanted;
    this.binary = binary;
    this.containers = containers;
  }

  /**
   * What keeps QEMU from running anywhere. Quick.
   *
   * @return why not, or empty if {@link #find} has a launcher
   */
  public Optional<Unavailable> unavailable() {
    return switch (wanted.get()) {
      case "process" -> processUnavailable();
      case "container" -> containerUnavailable();
      case AUTO -> {
        Optional<Unavailable> process = processUnavailable();
        yield process.isEmpty() || aBinaryIsNamed()
            ? process
            : containerUnavailable().map(container -> both(process.get(), container));
      }
      default ->
          Optional.of(
              new Unavailable(
                  "-D" + PROPERTY + "=" + wanted.get() + " names no launcher",
                  "Write process, container or auto."));
    };
  }

  /**
   * The launcher; a container's image is built where that was not done yet.
   *
   * @param backend its name in messages
   * @return the launcher
   * @throws IOException what {@link #unavailable} says, or why the image could not be built
   */
  public Launcher find(String backend) throws IOException {
    Optional<Unavailable> why = unavailable();
    if (why.isPresent()) {
      throw new IOException(why.get().message(backend));
    }
    if (!wanted.get().equals("container")) {
      @Nullable QemuBinary found = binary.get().orElse(null);
      if (found != null) {
        return new ProcessLauncher(found);
      }
    }
    return containers
        .get()
        .orElseThrow(() -> new IOException(NO_PROVIDER.message(backend)))
        .launcher();
  }

  private Optional<Unavailable> processUnavailable() {
    return binary.get().isPresent() ? Optional.empty() : Optional.of(QemuBinary.missing());
  }

  private Optional<Unavailable> containerUnavailable() {
    return containers
        .get()
        .map(LauncherProvider::unavailable)
        .orElseGet(() -> Optional.of(NO_PROVIDER));
  }

  /** A QEMU that the user named and that is not there is not replaced by another. */
  private static boolean aBinaryIsNamed() {
    return System.getProperty(QemuBinary.PATH_PROPERTY) != null;
  }

  private static Unavailable both(Unavailable process, Unavailable container) {
    return new Unavailable(
        process.why() + ", and in a container neither: " + container.why(),
        process.mend() + " Or, for a container: " + container.mend());
  }
}
