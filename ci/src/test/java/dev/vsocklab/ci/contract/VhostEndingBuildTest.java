package dev.vsocklab.ci.contract;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** However a build with a nested host ends. */
@Tag("vhost")
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class VhostEndingBuildTest extends EndingBuildContract {

  VhostEndingBuildTest(@TempDir Path temporary) {
    super(EndingBuild.OnVhost.class, temporary);
  }
}
