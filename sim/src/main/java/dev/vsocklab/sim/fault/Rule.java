package dev.vsocklab.sim.fault;

import dev.vsocklab.VsockAddress;
import dev.vsocklab.fault.Fault;
import dev.vsocklab.fault.PacketOp;
import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.Op;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One fault that acts on packets. Asked by many threads at once. */
abstract class Rule {
  private final Struck struck;

  Rule(Struck struck) {
    this.struck = struck;
  }

  /** Whether the fault is about this packet at all. */
  final boolean isAbout(Header header) {
    PacketOp op = named(header.op());
    return op != null
        && struck
            .fault()
            .isAbout(
                op,
                address(header.srcCid(), header.srcPort()),
                address(header.dstCid(), header.dstPort()));
  }

  static VsockAddress address(long cid, int port) {
    return VsockAddress.of(cid & VsockAddress.MAX_VALUE, Integer.toUnsignedLong(port));
  }

  private static @Nullable PacketOp named(Op op) {
    return switch (op) {
      case REQUEST -> PacketOp.REQUEST;
      case RESPONSE -> PacketOp.RESPONSE;
      case RST -> PacketOp.RST;
      case SHUTDOWN -> PacketOp.SHUTDOWN;
      case RW -> PacketOp.RW;
      case CREDIT_UPDATE -> PacketOp.CREDIT_UPDATE;
      case CREDIT_REQUEST -> PacketOp.CREDIT_REQUEST;
      case INVALID, UNKNOWN -> null; // made by hand; nobody injects faults into those
    };
  }

  final Fault fault() {
    return struck.fault();
  }

  /** What the fault did so far. */
  final Struck struck() {
    return struck;
  }

  /**
   * Decides what becomes of a packet.
   *
   * @return false if the packet goes its way, as far as this rule is concerned; true if the rule
   *     did with it what is to be done
   */
  abstract boolean takes(Passing passing);

  /**
   * The rule is about to be put in.
   *
   * @param machines the machines of the lab
   */
  void begin(List<? extends Victim> machines) {}

  /** The rule was put in. */
  void begun() {}

  /** The rule was taken out: what it kept goes on. */
  void end() {}
}
