package dev.vsocklab.sim.fault;

import dev.vsocklab.fault.FaultKind;
import dev.vsocklab.fault.Virtqueue;
import dev.vsocklab.sim.stack.Surroundings;
import org.jspecify.annotations.Nullable;

/** Which rule carries out which fault. */
final class RuleBook {
  private static final long MOST_BYTES = 0xFFFF_FFFFL;

  private RuleBook() {}

  /** The rule, or null for a fault that lies in the machines and not in their packets. */
  static @Nullable Rule ruleFor(Struck struck, LabFaults faults, Surroundings timers) {
    FaultKind kind = struck.fault().kind();
    if (kind instanceof FaultKind.Delay delay) {
      return new HoldRule.Delaying(struck, timers, delay.minNanos(), delay.maxNanos());
    }
    if (kind instanceof FaultKind.Bandwidth pace) {
      return new HoldRule.Pacing(struck, timers, pace.bytesPerSecond());
    }
    if (kind instanceof FaultKind.StalledQueue stalled) {
      return stalling(struck, stalled.queue());
    }
    if (kind instanceof FaultKind.Paused) {
      return stalling(struck, Virtqueue.BOTH);
    }
    if (kind instanceof FaultKind.ResetAtByte reset) {
      return new ResetRule.AtByte(struck, reset.byteNumber());
    }
    if (kind instanceof FaultKind.ResetAtOp reset) {
      return new ResetRule.AtOp(struck, reset.op());
    }
    if (kind instanceof FaultKind.Refused || kind instanceof FaultKind.BacklogFull) {
      return new ResetRule.Refusing(struck);
    }
    if (kind instanceof FaultKind.CreditWithheld) {
      return new CreditRule.Withholding(struck, faults);
    }
    if (kind instanceof FaultKind.CreditDripped drip) {
      return new CreditRule.Dripping(struck, faults, timers, drip.bytes(), drip.everyNanos());
    }
    if (kind instanceof FaultKind.BufferShrunk shrunk) {
      return new CreditRule.Sizing(struck, faults, shrunk.bytes(), 0);
    }
    if (kind instanceof FaultKind.LyingCredit lie) {
      return new CreditRule.Sizing(struck, faults, MOST_BYTES, lie.extraBytes());
    }
    if (kind instanceof FaultKind.Dropped) {
      return new BrokenRule.Dropping(struck);
    }
    if (kind instanceof FaultKind.Duplicated) {
      return new BrokenRule.Duplicating(struck);
    }
    if (kind instanceof FaultKind.Reordered) {
      return new BrokenRule.Reordering(struck);
    }
    if (kind instanceof FaultKind.Corrupted corrupted) {
      return new BrokenRule.Corrupting(struck, corrupted.field(), corrupted.value());
    }
    return null;
  }

  private static Rule stalling(Struck struck, Virtqueue queue) {
    return new HoldRule.Stalling(
        struck, struck.fault().machineCid(), queue != Virtqueue.TX, queue != Virtqueue.RX);
  }
}
