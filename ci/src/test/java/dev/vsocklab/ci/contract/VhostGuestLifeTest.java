package dev.vsocklab.ci.contract;

import dev.vsocklab.junit.VsockTest;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;

/** A real guest on a real host that is switched off and on, paused or killed. */
@VsockTest(backends = {"vhost:6.1", "vhost:6.12"})
@Tag("vhost")
@Timeout(value = 20, unit = TimeUnit.MINUTES)
class VhostGuestLifeTest extends GuestLifeContract {}
