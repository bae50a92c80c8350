package dev.vsocklab.ci.gallery;

import dev.vsocklab.GuestDevice;
import dev.vsocklab.sim.Simulation;
import dev.vsocklab.sim.choice.ChoiceStream;
import java.time.Duration;

/** What happens to guest 42 in one run of two, at a moment that is drawn. */
final class Chaos {
  /** A call takes a microsecond of virtual time; a run of the gallery has some dozens. */
  private static final int LATEST_MICROS = 40;

  private static final Duration MICRO = Duration.ofNanos(1000);

  /** Does it to the guest's device. */
  private interface Mischief {
    void with(GuestDevice device) throws Exception;
  }

  private Chaos() {}

  /** Its transport is reset, as by a restore from a snapshot. */
  static void resetTransportOnce(Simulation simulation) {
    once(simulation, "restore", GuestDevice::resetTransport);
  }

  /** It migrates: its transport is reset, and its CID is another. */
  static void migrateOnce(Simulation simulation, long newCid) {
    once(simulation, "migration", device -> device.resetTransport(newCid));
  }

  private static void once(Simulation simulation, String name, Mischief mischief) {
    ChoiceStream faults = simulation.choices().stream("faults");
    if (faults.chance(0.5)) {
      int afterMicros = faults.draw(LATEST_MICROS);
      simulation.spawnDaemon(
          name,
          () -> {
            simulation.sleep(MICRO.multipliedBy(afterMicros));
            mischief.with(simulation.guest(42).as(GuestDevice.class).orElseThrow());
          });
    }
  }
}
