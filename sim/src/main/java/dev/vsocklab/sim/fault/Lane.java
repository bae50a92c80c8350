package dev.vsocklab.sim.fault;

import dev.vsocklab.sim.fabric.Fabric;
import dev.vsocklab.sim.wire.Packet;
import java.util.ArrayDeque;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One direction of a connection while there are faults: a FIFO whose head goes on when it is due. A
 * packet never overtakes another of its lane, whoever held it and for whatever reason. One thread
 * at a time hands over, with no lock held, as the stack's outboxes do.
 */
final class Lane {
  private final ReentrantLock lock = new ReentrantLock();
  private final ArrayDeque<Held> packets = new ArrayDeque<>();
  private final Fabric fabric;

  /** Somebody hands over. */
  private boolean taken;

  Lane(Fabric fabric) {
    this.fabric = fabric;
  }

  /** A packet in a lane. */
  static final class Held {
    private final long cid;
    private final Packet packet;
    private boolean due;

    private Held(long cid, Packet packet, boolean due) {
      this.cid = cid;
      this.packet = packet;
      this.due = due;
    }
  }

  /** Sends a packet on, as soon as those before it are gone. */
  void send(long cid, Packet packet) {
    Held straight;
    lock.lock();
    try {
      if (taken || !packets.isEmpty()) {
        packets.addLast(new Held(cid, packet.owned(), true));
        straight = takeToken();
      } else {
        taken = true;
        straight = new Held(cid, packet, true); // it may stay borrowed: it goes on at once
      }
    } finally {
      lock.unlock();
    }
    handOver(straight);
  }

  /** Keeps a packet, and with it all that come after, until {@link #release}. */
  Held hold(long cid, Packet packet) {
    Held held = new Held(cid, packet.owned(), false);
    lock.lock();
    try {
      packets.addLast(held);
    } finally {
      lock.unlock();
    }
    return held;
  }

  /** A packet need not wait any more, but for those before it. */
  void release(Held held) {
    Held first;
    lock.lock();
    try {
      held.due = true;
      first = takeToken();
    } finally {
      lock.unlock();
    }
    handOver(first);
  }

  /** Packets that wait. */
  int waiting() {
    lock.lock();
    try {
      return packets.size();
    } finally {
      lock.unlock();
    }
  }

  /** Nobody waits in it and nobody hands over. */
  boolean isIdle() {
    lock.lock();
    try {
      return packets.isEmpty() && !taken;
    } finally {
      lock.unlock();
    }
  }

  private @Nullable Held takeToken() {
    Held first = packets.peekFirst();
    if (taken || first == null || !first.due) {
      return null;
    }
    taken = true;
    return packets.pollFirst();
  }

  private void handOver(@Nullable Held first) {
    Held next = first;
    try {
      while (next != null) {
        fabric.handOver(next.cid, next.packet);
        next = nextOrGiveTokenBack();
      }
    } finally {
      if (next != null) {
        giveTokenBack(); // the receiver threw: what is left goes on with the next packet
      }
    }
  }

  private @Nullable Held nextOrGiveTokenBack() {
    lock.lock();
    try {
      taken = false;
      return takeToken();
    } finally {
      lock.unlock();
    }
  }

  private void giveTokenBack() {
    lock.lock();
    try {
      taken = false;
    } finally {
      lock.unlock();
    }
  }
}
