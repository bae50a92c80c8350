package dev.vsocklab.sim.fabric;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.sim.wire.Packet;

/** What takes packets off their straight way: the faults that a lab has. */
public interface Diversion {

  /**
   * Carries a packet to a machine in its own way: at once, later, changed, or not at all. What it
   * carries it gives to {@link Fabric#handOver}. Called as {@link Port#receive} is.
   *
   * @param cid the machine
   * @param packet the packet; {@link Packet#owned} before it is kept
   */
  void carry(long cid, Packet packet);

  /**
   * Why it refused a connect.
   *
   * @param remote where the connect went
   * @return a clause, or the empty string if it did not
   */
  String explainRefusal(VsockAddress remote);
}
