package dev.vsocklab.ci.gallery;

import dev.vsocklab.GuestDevice;
import dev.vsocklab.sim.Simulation;

/** What happens to guest 42 at a moment that is drawn. */
final class Chaos {

  private Chaos() {}

  /** In one run of two its transport is reset once, as by a restore from a snapshot. */
  static void resetTransportOnce(Simulation simulation) {
    if (simulation.choices().stream("faults").chance(0.5)) {
      simulation.spawn(
          "restore",
          () -> simulation.guest(42).as(GuestDevice.class).orElseThrow().resetTransport());
    }
  }

  /** In one run of two it migrates once: its transport is reset, and its CID is another. */
  static void migrateOnce(Simulation simulation, long newCid) {
    if (simulation.choices().stream("faults").chance(0.5)) {
      simulation.spawn(
          "migration",
          () -> simulation.guest(42).as(GuestDevice.class).orElseThrow().resetTransport(newCid));
    }
  }
}
