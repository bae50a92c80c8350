package dev.vsocklab.sim.fault;

import dev.vsocklab.sim.wire.Header;
import java.io.IOException;
import java.util.List;
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

  /**
   * What its sockets told their peers last of their credit.
   *
   * @return one header for each connection, as of a CREDIT_UPDATE; none for a real machine
   */
  default List<Header> toldCredit() {
    return List.of();
  }

  /**
   * What its sockets know of their peers' credit.
   *
   * @return one header for each connection, as of the peer's CREDIT_UPDATE
   */
  default List<Header> knownCredit() {
    return List.of();
  }

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
