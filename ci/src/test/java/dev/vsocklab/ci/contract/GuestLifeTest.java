package dev.vsocklab.ci.contract;

import dev.vsocklab.junit.VsockTest;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;

/** A real guest on the simulated host's device that is reset, paused or killed. */
@VsockTest(backends = {"vhost-user:6.1", "vhost-user:6.12"})
@Tag("guest")
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class GuestLifeTest extends GuestLifeContract {}
