package dev.vsocklab.sim.fault;

import dev.vsocklab.sim.stack.Surroundings;
import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.Op;
import dev.vsocklab.sim.wire.Packet;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Tells a sender another credit than its receiver does: the receiver's packets pass, with other
 * numbers in them. When the rule ends, each sender is told the truth with a CREDIT_UPDATE.
 */
abstract class CreditRule extends Rule {
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Direction, Credit> credits = new LinkedHashMap<>();
  private final LabFaults faults;

  /** What one receiver said last, and what its sender was told. */
  static final class Credit {
    Header said;
    int toldBufAlloc;
    int toldFwdCnt;

    Credit(Header said) {
      this.said = said;
      this.toldBufAlloc = said.bufAlloc();
      this.toldFwdCnt = said.fwdCnt();
    }

    boolean isTrue() {
      return toldBufAlloc == said.bufAlloc() && toldFwdCnt == said.fwdCnt();
    }

    Packet update() {
      return Packet.of(Headers.creditUpdate(said, toldBufAlloc, toldFwdCnt));
    }
  }

  CreditRule(Struck struck, LabFaults faults) {
    super(struck);
    this.faults = faults;
  }

  @Override
  final boolean takes(Passing passing) {
    Header header = passing.header();
    Header told;
    lock.lock();
    try {
      if (header.op() == Op.RST) {
        credits.remove(passing.direction());
        credits.remove(passing.direction().back());
        return false;
      }
      Credit credit = credits.get(passing.direction());
      if (credit == null || header.op() == Op.REQUEST || header.op() == Op.RESPONSE) {
        credit = new Credit(header);
        credits.put(passing.direction(), credit);
      }
      credit.said = header;
      tell(credit);
      if (credit.isTrue()) {
        return false;
      }
      told = Headers.withCredit(header, credit.toldBufAlloc, credit.toldFwdCnt);
    } finally {
      lock.unlock();
    }
    struck().count(header);
    passing.sendOn(told);
    isBehind();
    return true;
  }

  @Override
  void begin(List<? extends Victim> machines) {
    for (Victim machine : machines) {
      machine.toldCredit().forEach(this::remember);
    }
    for (Victim machine : machines) {
      machine.knownCredit().forEach(this::remember); // what arrived counts, not what was said
    }
  }

  private void remember(Header told) {
    if (isAbout(told)) {
      lock.lock();
      try {
        credits.put(Direction.of(told), new Credit(told));
      } finally {
        lock.unlock();
      }
    }
  }

  /** Tells the senders of what changes for them at once. */
  final void tellAll() {
    List<Packet> updates = new ArrayList<>();
    lock.lock();
    try {
      for (Credit credit : credits.values()) {
        tell(credit);
        if (!credit.isTrue()) {
          updates.add(credit.update());
        }
      }
    } finally {
      lock.unlock();
    }
    updates.forEach(update -> struck().count(update.header()));
    send(updates);
  }

  /** Chooses what the sender is told; {@code said} is what it would be. */
  abstract void tell(Credit credit);

  /** A sender was told less than the truth. */
  void isBehind() {}

  /** Changes what is told and tells it, connection by connection, without another packet. */
  final boolean update() {
    List<Packet> updates = new ArrayList<>();
    boolean allTrue = true;
    lock.lock();
    try {
      for (Credit credit : credits.values()) {
        if (!credit.isTrue()) {
          drip(credit);
          updates.add(credit.update());
          allTrue &= credit.isTrue();
        }
      }
    } finally {
      lock.unlock();
    }
    send(updates);
    return allTrue;
  }

  /** Time went by. */
  void drip(Credit credit) {}

  private void send(List<Packet> updates) {
    for (Packet update : updates) {
      faults.lane(Direction.of(update.header())).send(update.header().dstCid(), update);
    }
  }

  @Override
  void end() {
    List<Packet> truths = new ArrayList<>();
    lock.lock();
    try {
      for (Credit credit : credits.values()) {
        if (!credit.isTrue()) {
          credit.toldBufAlloc = credit.said.bufAlloc();
          credit.toldFwdCnt = credit.said.fwdCnt();
          truths.add(credit.update());
        }
      }
      credits.clear();
    } finally {
      lock.unlock();
    }
    send(truths);
  }

  /** Nothing is consumed, it seems. */
  static final class Withholding extends CreditRule {
    Withholding(Struck struck, LabFaults faults) {
      super(struck, faults);
    }

    @Override
    void tell(Credit credit) {
      credit.toldBufAlloc = credit.said.bufAlloc();
    }
  }

  /** Little is consumed at a time, it seems. */
  static final class Dripping extends CreditRule {
    private final ReentrantLock clock = new ReentrantLock();
    private final Surroundings timers;
    private final int bytes;
    private final long everyNanos;
    private boolean ticks;

    Dripping(Struck struck, LabFaults faults, Surroundings timers, int bytes, long everyNanos) {
      super(struck, faults);
      this.timers = timers;
      this.bytes = bytes;
      this.everyNanos = everyNanos;
    }

    @Override
    void tell(Credit credit) {
      credit.toldBufAlloc = credit.said.bufAlloc();
    }

    @Override
    void drip(Credit credit) {
      int untold = credit.said.fwdCnt() - credit.toldFwdCnt;
      boolean all = Integer.compareUnsigned(untold, bytes) <= 0;
      credit.toldFwdCnt += all ? untold : bytes;
    }

    @Override
    void isBehind() {
      clock.lock();
      try {
        if (!ticks) {
          ticks = true;
          timers.schedule(everyNanos, this::tick);
        }
      } finally {
        clock.unlock();
      }
    }

    private void tick() {
      clock.lock();
      try {
        ticks = false;
      } finally {
        clock.unlock();
      }
      if (!update()) {
        isBehind();
      }
    }
  }

  /** The buffer has another size, it seems: smaller, or larger than there is room for. */
  static final class Sizing extends CreditRule {
    private final long mostBytes;
    private final long extraBytes;

    /** Announces at most so much, or so much more. */
    Sizing(Struck struck, LabFaults faults, long mostBytes, long extraBytes) {
      super(struck, faults);
      this.mostBytes = mostBytes;
      this.extraBytes = extraBytes;
    }

    @Override
    void begun() {
      tellAll();
    }

    @Override
    void tell(Credit credit) {
      long size = Integer.toUnsignedLong(credit.said.bufAlloc()) + extraBytes;
      credit.toldBufAlloc = (int) Math.min(size, mostBytes);
      credit.toldFwdCnt = credit.said.fwdCnt();
    }
  }
}
