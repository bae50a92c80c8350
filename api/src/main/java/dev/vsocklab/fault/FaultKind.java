package dev.vsocklab.fault;

/** What a fault does, without where it does so. Made by {@link Faults} and {@link BrokenPeer}. */
public sealed interface FaultKind {

  /**
   * The real situation that it stands for, for reports.
   *
   * @return a few words
   */
  String situation();

  /**
   * Whether only a broken peer does so: a correct program may fail then.
   *
   * @return true for what {@link BrokenPeer} makes
   */
  default boolean isBrokenPeer() {
    return false;
  }

  /**
   * Whether it strikes one machine as a whole, so that {@link Fault#on} must name it.
   *
   * @return true if so
   */
  default boolean strikesMachine() {
    return false;
  }

  /**
   * Packets take longer.
   *
   * @param minNanos the least delay in nanoseconds, 0 or more
   * @param maxNanos the greatest
   */
  record Delay(long minNanos, long maxNanos) implements FaultKind {
    @Override
    public String situation() {
      return "a busy hypervisor takes its time with the queues";
    }
  }

  /**
   * Payload goes through at a pace.
   *
   * @param bytesPerSecond the pace, 1 or more
   */
  record Bandwidth(long bytesPerSecond) implements FaultKind {
    @Override
    public String situation() {
      return "a hypervisor limits the device's rate";
    }
  }

  /**
   * A virtqueue of a guest stands still.
   *
   * @param queue which
   */
  record StalledQueue(Virtqueue queue) implements FaultKind {
    @Override
    public String situation() {
      return "the device or the driver serves a virtqueue no more, as when both are full";
    }

    @Override
    public boolean strikesMachine() {
      return true;
    }
  }

  /**
   * A connection is reset in the middle of its data.
   *
   * @param byteNumber payload bytes of one direction that still arrive, 0 or more
   */
  record ResetAtByte(long byteNumber) implements FaultKind {
    @Override
    public String situation() {
      return "the peer's program dies in the middle of a transfer";
    }
  }

  /**
   * A connection is reset where a packet would arrive, in its place.
   *
   * @param op the packet
   */
  record ResetAtOp(PacketOp op) implements FaultKind {
    @Override
    public String situation() {
      return "the peer's program dies at this step of the protocol";
    }
  }

  /** Connects are refused. */
  record Refused() implements FaultKind {
    @Override
    public String situation() {
      return "the service is not up yet, or restarts";
    }
  }

  /** Connects are refused since the backlog is full; on the wire as {@link Refused}. */
  record BacklogFull() implements FaultKind {
    @Override
    public String situation() {
      return "the listener accepts too slowly and its backlog is full";
    }
  }

  /** A receiver tells no credit. */
  record CreditWithheld() implements FaultKind {
    @Override
    public String situation() {
      return "the receiving program does not read";
    }
  }

  /**
   * A receiver tells its credit bit by bit.
   *
   * @param bytes how much each time, 1 or more
   * @param everyNanos how often, in nanoseconds, 1 or more
   */
  record CreditDripped(int bytes, long everyNanos) implements FaultKind {
    @Override
    public String situation() {
      return "the receiving program reads slowly, in small pieces";
    }
  }

  /**
   * A receiver announces a smaller buffer than it has, perhaps less than what is in flight.
   *
   * @param bytes the size that is announced, 0 to 4294967295
   */
  record BufferShrunk(long bytes) implements FaultKind {
    @Override
    public String situation() {
      return "the receiving program shrinks its buffer while data is on its way";
    }
  }

  /**
   * Byte counters of new connections begin shortly before they wrap.
   *
   * @param bytesBefore payload bytes before they wrap to 0, 1 to 4294967295
   */
  record CountersNearWrap(long bytesBefore) implements FaultKind {
    @Override
    public String situation() {
      return "a connection that has carried almost 4 GiB";
    }
  }

  /**
   * A read gives less than there is.
   *
   * @param maxBytes at most this, 1 or more
   */
  record ShortReads(int maxBytes) implements FaultKind {
    @Override
    public String situation() {
      return "data arrives in smaller pieces than it was sent in";
    }
  }

  /**
   * A write takes less than it was given.
   *
   * @param maxBytes at most this, 1 or more
   */
  record ShortWrites(int maxBytes) implements FaultKind {
    @Override
    public String situation() {
      return "a signal or a full buffer ends a write early";
    }
  }

  /** A guest stands still, and goes on later. */
  record Paused() implements FaultKind {
    @Override
    public String situation() {
      return "the guest is paused: a snapshot, a migration, a stolen CPU";
    }

    @Override
    public boolean strikesMachine() {
      return true;
    }
  }

  /** A guest is gone without a word, and starts anew later. */
  record Crash() implements FaultKind {
    @Override
    public String situation() {
      return "the guest crashes, and starts again";
    }

    @Override
    public boolean strikesMachine() {
      return true;
    }
  }

  /** The programs of a machine end, and its kernel closes what they had open. */
  record ProcessDeath() implements FaultKind {
    @Override
    public String situation() {
      return "the program is killed and its kernel closes its sockets";
    }

    @Override
    public boolean strikesMachine() {
      return true;
    }
  }

  /**
   * A guest's transport is reset.
   *
   * @param event what becomes of the guest's notice
   * @param newCid the guest's CID from then on; 0 if it keeps its own
   * @param lateNanos how late the notice is, in nanoseconds, for {@link ResetEvent#LATE}
   */
  record TransportReset(ResetEvent event, long newCid, long lateNanos) implements FaultKind {
    @Override
    public String situation() {
      return newCid == 0
          ? "the guest is restored from a snapshot"
          : "the guest migrates to another host and gets another CID";
    }

    @Override
    public boolean strikesMachine() {
      return true;
    }
  }

  /** A packet is lost. */
  record Dropped() implements FaultKind {
    @Override
    public String situation() {
      return "a device that loses packets";
    }

    @Override
    public boolean isBrokenPeer() {
      return true;
    }
  }

  /** A packet arrives twice. */
  record Duplicated() implements FaultKind {
    @Override
    public String situation() {
      return "a device that repeats packets";
    }

    @Override
    public boolean isBrokenPeer() {
      return true;
    }
  }

  /** A packet arrives after the next one of its direction. */
  record Reordered() implements FaultKind {
    @Override
    public String situation() {
      return "a device that mixes packets up";
    }

    @Override
    public boolean isBrokenPeer() {
      return true;
    }
  }

  /**
   * A field of the header is wrong.
   *
   * @param field which
   * @param value what stands there instead, unsigned, as wide as the field
   */
  record Corrupted(HeaderField field, long value) implements FaultKind {
    @Override
    public String situation() {
      return "a peer that writes nonsense into its headers";
    }

    @Override
    public boolean isBrokenPeer() {
      return true;
    }
  }

  /**
   * A receiver tells more credit than it has.
   *
   * @param extraBytes what it adds to its buffer's size, 1 to 4294967295
   */
  record LyingCredit(long extraBytes) implements FaultKind {
    @Override
    public String situation() {
      return "a peer that promises room that it does not have";
    }

    @Override
    public boolean isBrokenPeer() {
      return true;
    }
  }
}
