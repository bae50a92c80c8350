package dev.vsocklab.qemu.launch;

import dev.vsocklab.spi.Unavailable;
import java.io.IOException;
import java.util.Optional;

/**
 * Offers a launcher that runs QEMU elsewhere than as a process of this machine. Found by {@link
 * java.util.ServiceLoader}, so that only a project which wants one has what it needs:
 * Testcontainers comes with the module vsocklab-testcontainers alone.
 */
public interface LauncherProvider {

  /**
   * What keeps the launcher from running here. Quick: nothing is started or downloaded.
   *
   * @return why not, or empty if it can be tried
   */
  Optional<Unavailable> unavailable();

  /**
   * The launcher. The first call may take long: it builds what QEMU runs in.
   *
   * @return the launcher
   * @throws IOException if there is none, with what, why and the mend
   */
  Launcher launcher() throws IOException;
}
