package dev.vsocklab.sim.stack;

import dev.vsocklab.sim.wire.Packet;
import java.util.ArrayDeque;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A socket's packets on their way out: a FIFO that one thread at a time drains, with no lock held
 * while a packet is handed over.
 *
 * <p>Packets are put in under the socket's lock. The thread that then gives the lock up takes the
 * token, if nobody has it, and hands over until the FIFO is empty: its own packets and whatever
 * others put in meanwhile. Who finds the token taken goes on without waiting. So the order is the
 * one under the lock, and two ends that send to each other never wait for each other's lock.
 */
final class Outbox {
  private final ArrayDeque<Packet> packets = new ArrayDeque<>();
  private final ReentrantLock lock;
  private final Consumer<Packet> carrier;

  /** Somebody has the token. */
  private boolean taken;

  /**
   * Creates an empty outbox.
   *
   * @param lock the socket's lock, which guards it
   * @param carrier hands one packet over
   */
  Outbox(ReentrantLock lock, Consumer<Packet> carrier) {
    this.lock = lock;
    this.carrier = carrier;
  }

  /** Puts a packet in. The lock is held. */
  void add(Packet packet) {
    // Who takes the token hands over before it returns to the owner of borrowed bytes. If another
    // has
    // it, that promise is not ours to give.
    packets.addLast(taken ? packet.owned() : packet);
  }

  /**
   * Whether giving the lock up would hand something over. Not if another thread has the token: it
   * hands over whatever is there. The lock is held.
   */
  boolean isDue() {
    return !taken && !packets.isEmpty();
  }

  /**
   * Takes the token, if there is something to hand over and nobody has it. The lock is held.
   *
   * @return the first packet, for {@link #handOver}, or null
   */
  @Nullable Packet takeToken() {
    if (!isDue()) {
      return null;
    }
    taken = true;
    return packets.pollFirst();
  }

  /**
   * Hands over until nothing is left, and gives the token back. The lock is not held.
   *
   * @param first what {@link #takeToken} gave
   */
  void handOver(Packet first) {
    Packet packet = first;
    try {
      while (packet != null) {
        carrier.accept(packet);
        packet = nextOrGiveTokenBack();
      }
    } finally {
      if (packet != null) {
        giveTokenBack(); // a tap threw: what is left goes out with the next call
      }
    }
  }

  private @Nullable Packet nextOrGiveTokenBack() {
    lock.lock();
    try {
      Packet packet = packets.pollFirst();
      taken = packet != null;
      return packet;
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
