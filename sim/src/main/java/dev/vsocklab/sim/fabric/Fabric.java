package dev.vsocklab.sim.fabric;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.sim.connection.CellVisits;
import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.Packet;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The lab's wiring: which CID is which machine, and who looks on. Safe for any number of threads;
 * it holds no lock while it hands a packet over.
 */
public final class Fabric {
  private final ConcurrentHashMap<Long, Port> ports = new ConcurrentHashMap<>();
  private final CopyOnWriteArrayList<Tap> taps = new CopyOnWriteArrayList<>();
  private final CellVisits visits = new CellVisits();
  private final boolean siblings;

  /** Null as long as there is no fault: then a packet costs one look at this field. */
  private volatile @Nullable Diversion diversion;

  /** Creates a fabric with no machines, whose guests reach the host alone. */
  public Fabric() {
    this(false);
  }

  /**
   * Creates a fabric with no machines.
   *
   * @param siblings whether it carries packets from one guest to another, as vhost-device-vsock
   *     does; the kernel's vhost drops them
   */
  public Fabric(boolean siblings) {
    this.siblings = siblings;
  }

  /**
   * Whether guests reach each other.
   *
   * @return what the fabric was created with
   */
  public boolean hasSiblings() {
    return siblings;
  }

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
   * so is a packet from one guest to another unless the fabric has siblings.
   *
   * @param packet the packet
   */
  public void carry(Packet packet) {
    Header header = packet.header();
    boolean isForSibling =
        header.srcCid() != VsockAddress.CID_HOST && header.dstCid() != VsockAddress.CID_HOST;
    if (isForSibling && !siblings) {
      showTaps(packet);
      return; // vhost_vsock_handle_tx_kick: guests reach the host alone, anything else is silence
    }
    deliver(header.dstCid(), packet);
  }

  /**
   * Carries one packet to a machine, whatever CIDs its header has: for packets that are made by
   * hand. One whose length is beyond its payload is dropped, as the drivers at both ends do.
   *
   * @param cid the machine
   * @param packet the packet
   */
  public void deliver(long cid, Packet packet) {
    Diversion faults = diversion;
    if (faults == null) {
      handOver(cid, packet);
    } else {
      faults.carry(cid, packet);
    }
  }

  /**
   * Puts faults in the way of every packet, or takes them out of it.
   *
   * @param faults what carries packets from now on, or null for the straight way
   */
  public void divert(@Nullable Diversion faults) {
    diversion = faults;
  }

  /**
   * Hands a packet to a machine, past all faults.
   *
   * @param cid the machine
   * @param packet the packet
   */
  public void handOver(long cid, Packet packet) {
    showTaps(packet);
    Port port = ports.get(cid);
    if (port != null && hasWhatItsHeaderSays(packet)) {
      port.receive(packet);
    }
  }

  /** Otherwise virtio_transport_rx_work and vhost_vsock_alloc_skb drop it. */
  private static boolean hasWhatItsHeaderSays(Packet packet) {
    return Integer.compareUnsigned(packet.header().lengthBytes(), packet.availableBytes()) <= 0;
  }

  private void showTaps(Packet packet) {
    for (Tap tap : taps) {
      tap.onPacket(packet);
    }
  }

  /**
   * What packets of this lab met in its simulated machines.
   *
   * @return the counts, always the same object
   */
  public CellVisits visits() {
    return visits;
  }

  /**
   * Why a connect to an address was refused, for the error message.
   *
   * @param remote the address
   * @return a clause or two with the numbers; empty where nobody can tell
   */
  public String explainRefusal(VsockAddress remote) {
    Diversion faults = diversion;
    String fault = faults == null ? "" : faults.explainRefusal(remote);
    if (!fault.isEmpty()) {
      return fault;
    }
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
