package dev.vsocklab.sim.fault;

import dev.vsocklab.fault.FaultKind;
import dev.vsocklab.sim.check.Checker;
import java.util.EnumSet;
import java.util.Set;

/** Which checkers cannot hold while a broken peer is simulated. */
final class Contradictions {
  private Contradictions() {}

  static Set<Checker> of(FaultKind kind) {
    if (kind instanceof FaultKind.Dropped) {
      return EnumSet.of(Checker.PREFIX, Checker.CONSERVATION, Checker.MESSAGE);
    }
    if (kind instanceof FaultKind.Duplicated) {
      return EnumSet.of(
          Checker.PREFIX, Checker.CONSERVATION, Checker.MESSAGE, Checker.CREDIT, Checker.FWD_CNT);
    }
    if (kind instanceof FaultKind.Reordered) {
      return EnumSet.of(Checker.PREFIX, Checker.CONSERVATION, Checker.MESSAGE, Checker.FWD_CNT);
    }
    if (kind instanceof FaultKind.LyingCredit) {
      return EnumSet.of(Checker.CREDIT);
    }
    if (kind instanceof FaultKind.Corrupted corrupted) {
      return switch (corrupted.field()) {
        case BUF_ALLOC -> EnumSet.of(Checker.CREDIT);
        case FWD_CNT -> EnumSet.of(Checker.CREDIT, Checker.FWD_CNT);
        case LENGTH, TYPE, OP, FLAGS, SOURCE_PORT, DESTINATION_PORT ->
            EnumSet.of(Checker.PREFIX, Checker.CONSERVATION, Checker.MESSAGE);
      };
    }
    return EnumSet.noneOf(Checker.class);
  }
}
