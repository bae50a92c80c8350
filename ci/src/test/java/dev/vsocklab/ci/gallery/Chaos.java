package dev.vsocklab.ci.gallery;

import dev.vsocklab.fault.Fault;
import dev.vsocklab.fault.Faults;
import dev.vsocklab.fault.PacketOp;
import dev.vsocklab.sim.Simulation;
import dev.vsocklab.sim.choice.ChoiceStream;
import java.io.IOException;
import java.time.Duration;

/** What goes wrong in one run of two, once, at a moment that is drawn. */
final class Chaos {
  private static final long HOST = 2;
  private static final long GUEST = 42;

  /** A call takes a microsecond of virtual time; a run of the gallery has some dozens. */
  private static final int LATEST_MICROS = 40;

  private static final Duration MICRO = Duration.ofNanos(1000);

  private Chaos() {}

  /** The guest's transport is reset, as by a restore from a snapshot. */
  static void resetTransportOnce(Simulation simulation) {
    atSomeTime(simulation, "restore", Faults.transportReset().on(GUEST));
  }

  /** The guest migrates: its transport is reset, and its CID is another. */
  static void migrateOnce(Simulation simulation, long newCid) {
    atSomeTime(simulation, "migration", Faults.transportReset(newCid).on(GUEST));
  }

  private static void atSomeTime(Simulation simulation, String name, Fault fault) {
    ChoiceStream faults = simulation.choices().stream("chaos");
    if (faults.chance(0.5)) {
      int afterMicros = faults.draw(LATEST_MICROS);
      simulation.spawnDaemon(
          name,
          () -> {
            simulation.sleep(MICRO.multipliedBy(afterMicros));
            simulation.lab().inject(fault);
          });
    }
  }

  /** A connection is reset where one of the host's answers would have arrived. */
  static void loseAnAnswerOnce(Simulation simulation) throws IOException {
    ChoiceStream faults = simulation.choices().stream("chaos");
    if (faults.chance(0.5)) {
      simulation
          .lab()
          .inject(Faults.resetAt(PacketOp.RW).from(HOST).after(faults.draw(3)).times(1));
    }
  }
}
