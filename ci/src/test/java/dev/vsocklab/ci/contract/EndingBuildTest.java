package dev.vsocklab.ci.contract;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** However a build with a guest on the simulated host's device ends. */
@Tag("guest")
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class EndingBuildTest extends EndingBuildContract {

  EndingBuildTest(@TempDir Path temporary) {
    super(EndingBuild.OnVhostUser.class, temporary);
  }
}
