package dev.vsocklab.sim.fabric;

import dev.vsocklab.sim.wire.Packet;

/** Sees every packet that the fabric carries, in the order in which each connection's are sent. */
public interface Tap {

  /**
   * Sees one packet, before its receiver does. Called by whichever thread carries the packet, so by
   * several at once; it must not wait and must not send.
   *
   * @param packet the packet; {@link Packet#owned} before it is kept
   */
  void onPacket(Packet packet);
}
