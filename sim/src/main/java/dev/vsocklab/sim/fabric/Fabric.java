package dev.vsocklab.sim.fabric;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.Packet;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The lab's wiring: which CID is which machine, and who looks on. Safe for any number of threads;
 * it holds no lock while it hands a packet over.
 */
public final class Fabric {
  private final ConcurrentHashMap<Long, Port> ports = new ConcurrentHashMap<>();
  private final CopyOnWriteArrayList<Tap> taps = new CopyOnWriteArrayList<>();

  /** Creates a fabric with no machines. */
  public Fabric() {}

  /**
   * Connects a machine.
   *
   * @param cid its CID
   * @param port the machine
   * @throws IllegalStateException if the CID is taken
   */
  public void attach(long cid, Port port) {
    if (ports.putIfAbsent(cid, port) != null) {
      throw new IllegalStateException("CID " + cid + " is already on this fabric.");
    }
  }

  /**
   * Disconnects a machine and tells the others, so that what they had with it ends. Does nothing if
   * another port has that CID.
   *
   * @param cid its CID
   * @param port the machine
   */
  public void detach(long cid, Port port) {
    if (ports.remove(cid, port)) {
      tellGone(cid);
    }
  }

  /**
   * Tells the others that a machine lost its connections but stays where it is: a guest that
   * reboots.
   *
   * @param cid the machine
   */
  public void tellGone(long cid) {
    for (Port other : ports.values()) {
      other.peerGone(cid);
    }
  }

  /**
   * Whether a machine is there.
   *
   * @param cid its CID
   * @return true if packets to it are delivered
   */
  public boolean isAttached(long cid) {
    return ports.containsKey(cid);
  }

  /**
   * Carries one packet to the machine that its header names. Without such a machine it is gone, and
   * so is a packet from one guest to another.
   *
   * @param packet the packet
   */
  public void carry(Packet packet) {
    for (Tap tap : taps) {
      tap.onPacket(packet);
    }
    Header header = packet.header();
    if (header.srcCid() != VsockAddress.CID_HOST && header.dstCid() != VsockAddress.CID_HOST) {
      return; // vhost_vsock_handle_tx_kick: guests reach the host alone, anything else is silence
    }
    Port port = ports.get(header.dstCid());
    if (port != null) {
      port.receive(packet);
    }
  }

  /**
   * Why a connect to an address was refused, for the error message.
   *
   * @param remote the address
   * @return a clause or two with the numbers; empty where nobody can tell
   */
  public String explainRefusal(VsockAddress remote) {
    Port port = ports.get(remote.cid());
    return port == null ? "" : port.explainRefusal(remote.port());
  }

  /**
   * Adds an onlooker.
   *
   * @param tap the onlooker
   */
  public void addTap(Tap tap) {
    taps.add(tap);
  }

  /**
   * Removes an onlooker.
   *
   * @param tap the onlooker
   */
  public void removeTap(Tap tap) {
    taps.remove(tap);
  }

  /**
   * The machines that are there.
   *
   * @return their CIDs, ascending
   */
  public List<Long> cids() {
    return ports.keySet().stream().sorted().toList();
  }
}
