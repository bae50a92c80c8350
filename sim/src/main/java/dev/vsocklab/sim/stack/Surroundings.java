package dev.vsocklab.sim.stack;

import dev.vsocklab.sim.wire.Packet;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * What a stack needs of the engine: time that comes back as a call, waiting, a packet's way, and a
 * first port.
 */
public interface Surroundings {

  /**
   * Runs something later.
   *
   * @param delayNanos how much later, in nanoseconds
   * @param task what; takes the locks it needs by itself
   * @return the alarm, to cancel it
   */
  Alarm schedule(long delayNanos, Runnable task);

  /**
   * Makes the place where threads wait for one kind of event of one socket.
   *
   * @param lock the socket's lock
   * @param awaited what they wait for
   * @param socket the socket, whose {@code toString} tells where it stands
   * @return the place
   */
  WaitPoint waitPoint(ReentrantLock lock, Awaited awaited, Object socket);

  /**
   * Sends a packet on its way: at once, or when the engine lets it arrive. Packets that take the
   * same way to the same CID arrive in the order in which they were sent. No lock is held.
   *
   * @param packet the packet; its payload may be borrowed
   * @param way what takes it on, always the same object for the same way
   */
  void carry(Packet packet, Consumer<Packet> way);

  /**
   * Where automatic ports begin, as Linux draws it once at random.
   *
   * @return any port above 1023
   */
  long firstAutomaticPort();

  /** What threads wait for at a socket. */
  enum Awaited {
    /** Data, the end of the stream, or a connection to accept. */
    INPUT("input"),
    /** Credit, or the answer to a connect. */
    OUTPUT("credit or a connect's answer"),
    /** Whatever poll tells. */
    EVENTS("poll events");

    private final String words;

    Awaited(String words) {
      this.words = words;
    }

    @Override
    public String toString() {
      return words;
    }
  }

  /** Something that will run later. */
  interface Alarm {
    /** Forgets it, unless it runs already. */
    void cancel();
  }

  /** Where threads wait. Every method is called with the socket's lock held. */
  interface WaitPoint {
    /**
     * Waits, with the lock given up meanwhile. The thread's interrupt status neither ends the wait
     * nor is lost.
     *
     * @param timeoutNanos at most how long; {@link Long#MAX_VALUE} for ever
     * @return what is left of the time; 0 or less if it is over
     */
    long await(long timeoutNanos);

    /** Wakes all that wait. */
    void wakeAll();
  }
}
