package dev.vsocklab.sim;

import dev.vsocklab.sim.check.Checkers;
import dev.vsocklab.sim.engine.FreeThreads;
import dev.vsocklab.sim.fabric.Fabric;
import dev.vsocklab.sim.fault.LabFaults;
import dev.vsocklab.sim.fault.Victim;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * The faults of a lab whose host is simulated and whose guests are not: the host's engine runs
 * their timers, and chance draws for them, since no such run can be repeated.
 */
public final class SimFaults {
  private SimFaults() {}

  /**
   * A lab without faults.
   *
   * @param fabric the lab's fabric
   * @param host the lab's host
   * @param nanos the time for reports, in nanoseconds since the lab began
   * @param victims the machines of the lab now
   * @param checkers those that a broken peer excuses
   * @return the lab's faults
   */
  public static LabFaults of(
      Fabric fabric,
      SimMachine host,
      LongSupplier nanos,
      Supplier<List<? extends Victim>> victims,
      Checkers checkers) {
    return new LabFaults(fabric, host.timers(), FreeThreads.draws(), nanos, victims, checkers);
  }
}
