package dev.vsocklab.sim;

/** Opens peers that are made by hand: a view of every simulated machine, see {@code Machine.as}. */
public interface PacketPeers {

  /**
   * Takes a port.
   *
   * @param port the port, 0 to 4294967294; packets for it do not reach sockets until the peer is
   *     closed
   * @return the peer
   * @throws IllegalStateException if another peer has it
   */
  PacketPeer open(long port);
}
