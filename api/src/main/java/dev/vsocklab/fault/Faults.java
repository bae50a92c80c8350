package dev.vsocklab.fault;

import java.time.Duration;

/**
 * What happens to correct programs: faults that vsock really has. Each says what it stands for.
 *
 * <pre>{@code
 * try (var fault = lab.inject(Faults.delay(Duration.ofMillis(20)).from(guest))) {
 *   ... // whatever the guest sends takes 20 ms
 * }
 * }</pre>
 */
public final class Faults {
  private static final long MAX_UNSIGNED_32 = 0xFFFF_FFFFL;

  private Faults() {}

  /**
   * Packets take longer, in order: a busy hypervisor takes its time with the queues.
   *
   * @param delay how much longer, 0 or more
   * @return the fault
   */
  public static Fault delay(Duration delay) {
    return delay(delay, delay);
  }

  /**
   * Packets take longer, each by a time of its own, in order all the same: jitter.
   *
   * @param min the least delay, 0 or more
   * @param max the greatest
   * @return the fault
   * @throws IllegalArgumentException if {@code min} is negative or above {@code max}
   */
  public static Fault delay(Duration min, Duration max) {
    if (min.isNegative() || min.compareTo(max) > 0) {
      throw new IllegalArgumentException(
          "A delay of "
              + min
              + " to "
              + max
              + " is none. The first is 0 or more, the second not less.");
    }
    return new Fault(new FaultKind.Delay(min.toNanos(), max.toNanos()));
  }

  /**
   * Payload goes through at a pace that all packets of the rule share: a hypervisor's rate limit.
   *
   * @param bytesPerSecond the pace
   * @return the fault
   * @throws IllegalArgumentException if the pace is below 1
   */
  public static Fault bandwidth(long bytesPerSecond) {
    atLeast(1, bytesPerSecond, "bytes a second");
    return new Fault(new FaultKind.Bandwidth(bytesPerSecond));
  }

  /**
   * A guest's queue stands still until the fault is closed; name the guest with {@link Fault#on}.
   * With {@link Virtqueue#BOTH} neither end gets a word through, as when both queues are full and
   * each side waits for the other to make room.
   *
   * @param queue which
   * @return the fault
   */
  public static Fault stalled(Virtqueue queue) {
    return new Fault(new FaultKind.StalledQueue(queue));
  }

  /**
   * Resets a connection in the middle of its data: the peer's program dies. Both ends get RST after
   * that many payload bytes of one direction arrived.
   *
   * @param byteNumber bytes that still arrive, 0 or more
   * @return the fault
   * @throws IllegalArgumentException if it is negative
   */
  public static Fault resetAtByte(long byteNumber) {
    atLeast(0, byteNumber, "bytes");
    return new Fault(new FaultKind.ResetAtByte(byteNumber));
  }

  /**
   * Resets a connection where a packet would have arrived, which does not: the peer's program dies
   * at this step.
   *
   * @param op the packet; {@link Fault#after} chooses a later one
   * @return the fault
   */
  public static Fault resetAt(PacketOp op) {
    return new Fault(new FaultKind.ResetAtOp(op));
  }

  /**
   * Refuses connects: the service is not up yet.
   *
   * @return the fault
   */
  public static Fault refused() {
    return new Fault(new FaultKind.Refused());
  }

  /**
   * Refuses connects as a full backlog does, which on vsock looks like {@link #refused}.
   *
   * @return the fault
   */
  public static Fault backlogFull() {
    return new Fault(new FaultKind.BacklogFull());
  }

  /**
   * The machine named by {@link Fault#from} tells no credit: its program does not read. Its peer
   * sends what it had credit for and then waits. What was kept is told when the fault is closed.
   *
   * @return the fault
   */
  public static Fault creditWithheld() {
    return new Fault(new FaultKind.CreditWithheld());
  }

  /**
   * The machine named by {@link Fault#from} tells its credit bit by bit: its program reads slowly.
   *
   * @param bytes how much each time
   * @param every how often
   * @return the fault
   * @throws IllegalArgumentException if either is not positive
   */
  public static Fault creditDripped(int bytes, Duration every) {
    atLeast(1, bytes, "bytes");
    atLeast(1, every.toNanos(), "nanoseconds");
    return new Fault(new FaultKind.CreditDripped(bytes, every.toNanos()));
  }

  /**
   * The machine named by {@link Fault#from} announces a smaller buffer than it has, perhaps less
   * than what is in flight: its program shrinks SO_VM_SOCKETS_BUFFER_SIZE.
   *
   * @param bytes the size that is announced, 0 to 4294967295
   * @return the fault
   * @throws IllegalArgumentException if it is out of range
   */
  public static Fault bufferShrunk(long bytes) {
    atLeast(0, bytes, "bytes");
    atMost32Bits(bytes);
    return new Fault(new FaultKind.BufferShrunk(bytes));
  }

  /**
   * Byte counters of connections that begin from now on start shortly before 2<sup>32</sup>, where
   * they wrap. Between simulated machines alone: Linux starts at 0, and so must its peer.
   *
   * @param bytesBefore payload bytes until they wrap, 1 to 4294967295
   * @return the fault
   * @throws IllegalArgumentException if it is out of range
   */
  public static Fault countersNearWrap(long bytesBefore) {
    atLeast(1, bytesBefore, "bytes");
    atMost32Bits(bytesBefore);
    return new Fault(new FaultKind.CountersNearWrap(bytesBefore));
  }

  /**
   * Reads of simulated machines give less than there is. Streams only; a read that waits for a
   * whole buffer (MSG_WAITALL) still gets it.
   *
   * @param maxBytes at most this many bytes; fewer by chance
   * @return the fault
   * @throws IllegalArgumentException if it is below 1
   */
  public static Fault shortReads(int maxBytes) {
    atLeast(1, maxBytes, "bytes");
    return new Fault(new FaultKind.ShortReads(maxBytes));
  }

  /**
   * Writes of simulated machines take less than they are given. Streams only. Who writes once and
   * does not look at the result loses the rest.
   *
   * @param maxBytes at most this many bytes; fewer by chance
   * @return the fault
   * @throws IllegalArgumentException if it is below 1
   */
  public static Fault shortWrites(int maxBytes) {
    atLeast(1, maxBytes, "bytes");
    return new Fault(new FaultKind.ShortWrites(maxBytes));
  }

  /**
   * A guest stands still until the fault is closed: a snapshot, a migration. A real guest's CPU is
   * stopped. Of a simulated guest the others see the same, but your Java code that plays it runs
   * on, with a vsock on which nothing comes or goes.
   *
   * @return the fault; name the guest with {@link Fault#on}
   */
  public static Fault paused() {
    return new Fault(new FaultKind.Paused());
  }

  /**
   * A guest is gone without a word. Host sockets that were connected to it read what had arrived,
   * then get ECONNRESET. It starts anew, with no socket, when the fault is closed.
   *
   * @return the fault; name the guest with {@link Fault#on}
   */
  public static Fault crash() {
    return new Fault(new FaultKind.Crash());
  }

  /**
   * The programs of a simulated machine are killed: its kernel closes every socket that is open at
   * this moment, listeners too. Sockets that are opened later are the next process's.
   *
   * @return the fault; name the machine with {@link Fault#on}
   */
  public static Fault processDeath() {
    return new Fault(new FaultKind.ProcessDeath());
  }

  /**
   * A guest's transport is reset, as after a restore from a snapshot: its connections are over.
   *
   * @return the fault; name the guest with {@link Fault#on}
   */
  public static Fault transportReset() {
    return new Fault(new FaultKind.TransportReset(ResetEvent.IN_TIME, 0, 0));
  }

  /**
   * A guest's transport is reset and it gets another CID, as after a migration.
   *
   * @param newCid 3 to 4294967294
   * @return the fault; name the guest with {@link Fault#on}
   */
  public static Fault transportReset(long newCid) {
    return new Fault(new FaultKind.TransportReset(ResetEvent.IN_TIME, newCid, 0));
  }

  /**
   * A guest's connections are over at the host, and the guest hears of it later.
   *
   * @param late how much later
   * @return the fault; name the guest with {@link Fault#on}
   * @throws IllegalArgumentException if it is negative
   */
  public static Fault lateTransportReset(Duration late) {
    atLeast(0, late.toNanos(), "nanoseconds");
    return new Fault(new FaultKind.TransportReset(ResetEvent.LATE, 0, late.toNanos()));
  }

  /**
   * A guest's connections are over at the host, and the guest never hears of it: it learns by RST,
   * when it sends.
   *
   * @return the fault; name the guest with {@link Fault#on}
   */
  public static Fault lostTransportReset() {
    return new Fault(new FaultKind.TransportReset(ResetEvent.LOST, 0, 0));
  }

  static void atLeast(long least, long value, String unit) {
    if (value < least) {
      throw new IllegalArgumentException(
          "A fault of " + value + " " + unit + " is none; it takes at least " + least + ".");
    }
  }

  static void atMost32Bits(long value) {
    if (value > MAX_UNSIGNED_32) {
      throw new IllegalArgumentException(
          value + " does not fit into 32 bits; it takes at most " + MAX_UNSIGNED_32 + ".");
    }
  }
}
