package dev.vsocklab.ci.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.Lab;
import dev.vsocklab.junit.VsockTest;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Ten guests at once, each with ten connections in use at the same time. */
@VsockTest(
    backends = {"vhost-user:6.1", "vhost-user:6.12"},
    guests = {10, 11, 12, 13, 14, 15, 16, 17, 18, 19})
@Tag("guest")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class TenGuestsTest {

  @Test
  void eachHasTenConnectionsThatCarryTheirOwnBytesBothWays(Lab lab) throws Exception {
    assertEquals(10, lab.guests().size());
    Traffic traffic = new Traffic();
    try {
      traffic.flow(lab);
    } finally {
      traffic.end();
    }
  }
}
