package dev.vsocklab.sim.fault;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A machine, for faults that strike it as a whole. */
public interface Victim {

  /**
   * Its CID.
   *
   * @return 0 to 4294967295
   */
  long cid();

  /**
   * Strikes the machine.
   *
   * @param struck with what; the machine counts what is not done at once
   * @return how it is mended, or null if it leaves the fault to the fabric, which keeps the packets
   *     of a machine that is paused or whose queue is stalled, and does nothing for other faults
   * @throws UnsupportedOperationException if this machine cannot be struck so, with the reason
   * @throws IOException if a real machine cannot be reached
   */
  @Nullable Mend strike(Struck struck) throws IOException;

  /** Mends a machine. */
  interface Mend {

    /** For what needs no mending. */
    Mend NOTHING = () -> {};

    /**
     * Mends it.
     *
     * @throws IOException if a real machine cannot be reached
     */
    void mend() throws IOException;
  }
}
