package dev.vsocklab.qemu.vhostuser;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.sim.fabric.Fabric;
import dev.vsocklab.sim.fabric.Port;
import dev.vsocklab.sim.wire.Op;
import dev.vsocklab.sim.wire.Packet;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The guest's place on a fabric, which changes from test to test. While it has none, or the fabric
 * has no host, the guest is told so as Linux tells it of a connection that nobody knows: with RST.
 */
final class Uplink {
  private final RxQueue toGuest;
  private final DeviceLog log;
  private final ReentrantLock plugging = new ReentrantLock();
  private volatile long cid;
  private @Nullable Plug plug;
  private boolean ended;
  private volatile boolean takenAway;

  Uplink(long cid, RxQueue toGuest, DeviceLog log) {
    this.cid = cid;
    this.toGuest = toGuest;
    this.log = log;
  }

  /** What one fabric sees of the guest. Deaf once it is pulled out. */
  private final class Plug implements Port {
    private final Fabric fabric;
    private final long plugCid;
    private volatile boolean out;

    Plug(Fabric fabric, long plugCid) {
      this.fabric = fabric;
      this.plugCid = plugCid;
    }

    void pull() {
      out = true;
      fabric.detach(plugCid, this);
    }

    @Override
    public void receive(Packet packet) {
      if (!out) {
        toGuest.deliver(packet);
      }
    }

    @Override
    public void peerGone(long goneCid) {
      // vhost has no word for that: the guest learns it by RST when it sends the next packet.
      if (!out && goneCid != plugCid) {
        log.event("machine " + goneCid + " left the fabric");
      }
    }
  }

  void plug(Fabric fabric) {
    plugging.lock();
    try {
      if (ended) {
        throw new IllegalStateException(
            "The guest with CID " + cid + " cannot be plugged in: its device has ended.");
      }
      if (takenAway) {
        throw new IllegalStateException(
            "The guest with CID " + cid + " cannot be plugged in: its device was taken away.");
      }
      if (plug != null) {
        throw new IllegalStateException(
            "The guest with CID " + cid + " is plugged in already. Unplug it first.");
      }
      // Held until the guest's own packets find the fabric: its answers may come at once.
      Plug next = new Plug(fabric, cid);
      fabric.attach(cid, next);
      plug = next;
      log.event("plugged in");
    } finally {
      plugging.unlock();
    }
  }

  /** The guest's CID. */
  long cid() {
    return cid;
  }

  /**
   * Whether {@link #move} would find that CID free.
   *
   * @throws IllegalStateException if it would not
   */
  void checkFree(long newCid) {
    Plug current = current();
    if (current != null && newCid != cid && current.fabric.isAttached(newCid)) {
      throw taken(newCid);
    }
  }

  private IllegalStateException taken(long newCid) {
    return new IllegalStateException(
        "The guest with CID "
            + cid
            + " cannot get CID "
            + newCid
            + ": another machine of this lab has it. Choose another.");
  }

  /**
   * Gives the guest another CID: for the others the old machine is gone and a new one there.
   *
   * @throws IllegalStateException if the fabric has that CID already
   */
  void move(long newCid) {
    Plug old;
    plugging.lock();
    try {
      old = plug;
      if (old != null) {
        Plug next = new Plug(old.fabric, newCid);
        old.fabric.attach(newCid, next);
        plug = next;
      }
      log.event("CID " + cid + " becomes " + newCid);
      cid = newCid;
    } finally {
      plugging.unlock();
    }
    if (old != null) {
      old.pull();
    }
  }

  void unplug() {
    Plug old = pullOut();
    if (old != null) {
      log.event("unplugged");
      toGuest.forgetRequests();
    }
  }

  /** The guest is cut off for good: it leaves its fabric, and its packets vanish. */
  void takeAway() {
    takenAway = true;
    unplug();
  }

  boolean isTakenAway() {
    return takenAway;
  }

  /** The device has ended: the guest leaves its fabric for good. */
  void end() {
    plugging.lock();
    try {
      ended = true;
    } finally {
      plugging.unlock();
    }
    pullOut();
    toGuest.forgetAll();
  }

  private @Nullable Plug pullOut() {
    Plug old;
    plugging.lock();
    try {
      old = plug;
      plug = null;
    } finally {
      plugging.unlock();
    }
    if (old != null) {
      old.pull();
    }
    return old;
  }

  private @Nullable Plug current() {
    plugging.lock();
    try {
      return plug;
    } finally {
      plugging.unlock();
    }
  }

  /**
   * Whether the guest may send packets to a CID. The others are dropped, as {@code
   * vhost_vsock_handle_tx_kick} does with all that are not for the host.
   */
  boolean mayCarryTo(long dstCid) {
    Plug current = current();
    return dstCid == VsockAddress.CID_HOST || (current != null && current.fabric.hasSiblings());
  }

  /** Carries a packet of the guest's. */
  void carry(Packet packet) {
    Plug current = current();
    if (current != null
        && (packet.header().dstCid() != VsockAddress.CID_HOST
            || current.fabric.isAttached(VsockAddress.CID_HOST))) {
      current.fabric.carry(packet);
    } else if (packet.header().op() != Op.RST && !takenAway) {
      toGuest.deliver(Packet.of(packet.header().resetInReply()));
    }
  }

  /** The guest's driver reset its connections, but what listens there goes on. */
  void transportWasReset() {
    log.event("the guest's transport was reset: its connections are gone");
    Plug current = current();
    if (current != null) {
      current.fabric.tellGone(current.plugCid);
    }
  }

  /**
   * The guest's kernel started anew and knows none of its connections. Linux's vhost leaves the
   * host's sockets as they are until they send and get RST; that they end at once is our choice.
   */
  void guestWasReset() {
    log.event("the guest was reset: its connections are gone");
    toGuest.forgetAll();
    Plug current = current();
    if (current != null) {
      current.fabric.tellGone(current.plugCid);
    }
  }
}
