package dev.vsocklab.sim.stack;

import dev.vsocklab.sim.wire.Packet;

/** Where a stack's packets go: the fabric, as the stack sees it. */
public interface Outlet {

  /**
   * Carries a packet away. Called with no lock held.
   *
   * @param packet the packet; its payload may be borrowed
   */
  void carry(Packet packet);

  /**
   * Whether vhost knows a machine.
   *
   * @param cid its CID
   * @return false leads to ENODEV
   */
  boolean reaches(long cid);
}
