package dev.vsocklab.sim.fabric;

import dev.vsocklab.sim.wire.Packet;

/** A machine as the fabric sees it: something that takes packets. */
public interface Port {

  /**
   * Takes a packet that was sent to this machine. Called with no lock held, by whichever thread
   * carries it, and in order for each connection. It may send packets of its own before it returns.
   * It must not wait.
   *
   * @param packet the packet; {@link Packet#owned} before it is kept
   */
  void receive(Packet packet);

  /**
   * Another machine left the fabric: it crashed, was reset, or its device went away. What it knew
   * of its connections is lost.
   *
   * @param cid the machine that left
   */
  void peerGone(long cid);

  /**
   * Why a connect to a port of this machine was refused, for the error message.
   *
   * @param port the port
   * @return a clause or two with the numbers; empty where the machine cannot tell
   */
  default String explainRefusal(long port) {
    return "";
  }
}
