package dev.vsocklab.fault;

import dev.vsocklab.Machine;
import dev.vsocklab.VsockAddress;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A fault and where it strikes. Immutable: each method gives a narrower one. Without any it strikes
 * everything in the lab.
 *
 * <p>Several faults of a lab are asked in the order in which they were injected; the first that has
 * something to do with a packet decides what becomes of it.
 */
public final class Fault {
  private static final long ANY = -1;

  private final FaultKind kind;
  private final Scope scope;

  /** Who declared it; empty where whoever injects it did. */
  private final String declaredBy;

  private record Scope(
      long machineCid,
      long fromCid,
      long toCid,
      long port,
      @Nullable VsockAddress oneEnd,
      @Nullable VsockAddress otherEnd,
      Set<PacketOp> ops,
      int skipped,
      int times,
      int percent) {
    static final Scope EVERYTHING =
        new Scope(
            ANY,
            ANY,
            ANY,
            ANY,
            null,
            null,
            EnumSet.allOf(PacketOp.class),
            0,
            Integer.MAX_VALUE,
            100);
  }

  Fault(FaultKind kind) {
    this(kind, Scope.EVERYTHING, "");
  }

  private Fault(FaultKind kind, Scope scope, String declaredBy) {
    this.kind = kind;
    this.scope = scope;
    this.declaredBy = declaredBy;
  }

  /**
   * Only this machine: what it sends and what is sent to it; for what strikes a machine, which one.
   *
   * @param machine the machine
   * @return the narrower fault
   */
  public Fault on(Machine machine) {
    return on(machine.cid());
  }

  /**
   * Only the machine with this CID.
   *
   * @param cid 0 to 4294967295
   * @return the narrower fault
   * @see #on(Machine)
   */
  public Fault on(long cid) {
    return with(cid, scope.fromCid, scope.toCid, scope.port);
  }

  /**
   * Only packets that this machine sends; for faults of the credit, only the credit that it tells;
   * for short reads and writes, only its calls.
   *
   * @param machine the machine
   * @return the narrower fault
   */
  public Fault from(Machine machine) {
    return from(machine.cid());
  }

  /**
   * Only packets that the machine with this CID sends.
   *
   * @param cid 0 to 4294967295
   * @return the narrower fault
   * @see #from(Machine)
   */
  public Fault from(long cid) {
    return with(scope.machineCid, cid, scope.toCid, scope.port);
  }

  /**
   * Only packets that are sent to this machine.
   *
   * @param machine the machine
   * @return the narrower fault
   */
  public Fault to(Machine machine) {
    return to(machine.cid());
  }

  /**
   * Only packets that are sent to the machine with this CID.
   *
   * @param cid 0 to 4294967295
   * @return the narrower fault
   */
  public Fault to(long cid) {
    return with(scope.machineCid, scope.fromCid, cid, scope.port);
  }

  /**
   * Only connections that have this port at either end.
   *
   * @param port 0 to 4294967294
   * @return the narrower fault
   */
  public Fault port(long port) {
    return with(scope.machineCid, scope.fromCid, scope.toCid, port);
  }

  private Fault with(long machineCid, long fromCid, long toCid, long port) {
    return new Fault(
        kind,
        new Scope(
            machineCid,
            fromCid,
            toCid,
            port,
            scope.oneEnd,
            scope.otherEnd,
            scope.ops,
            scope.skipped,
            scope.times,
            scope.percent),
        declaredBy);
  }

  /**
   * Only the connection between these addresses, in both directions.
   *
   * @param oneEnd the address of one end, with its machine's CID
   * @param otherEnd that of the other
   * @return the narrower fault
   */
  public Fault between(VsockAddress oneEnd, VsockAddress otherEnd) {
    return new Fault(
        kind,
        new Scope(
            scope.machineCid,
            scope.fromCid,
            scope.toCid,
            scope.port,
            oneEnd,
            otherEnd,
            scope.ops,
            scope.skipped,
            scope.times,
            scope.percent),
        declaredBy);
  }

  /**
   * Only packets of these kinds, for example credit alone.
   *
   * @param first one
   * @param more others
   * @return the narrower fault
   */
  public Fault only(PacketOp first, PacketOp... more) {
    return new Fault(
        kind,
        new Scope(
            scope.machineCid,
            scope.fromCid,
            scope.toCid,
            scope.port,
            scope.oneEnd,
            scope.otherEnd,
            EnumSet.of(first, more),
            scope.skipped,
            scope.times,
            scope.percent),
        declaredBy);
  }

  /**
   * Lets the first ones of what it would strike go by.
   *
   * @param count how many, 0 or more
   * @return the later fault
   * @throws IllegalArgumentException if it is negative
   */
  public Fault after(int count) {
    Faults.atLeast(0, count, "occasions");
    return with(count, scope.times, scope.percent);
  }

  /**
   * Strikes so often and not more.
   *
   * @param count how often, 1 or more
   * @return the rarer fault
   * @throws IllegalArgumentException if it is below 1
   */
  public Fault times(int count) {
    Faults.atLeast(1, count, "occasions");
    return with(scope.skipped, count, scope.percent);
  }

  /**
   * Strikes by chance, drawn by the lab.
   *
   * @param percent of what it would strike, 1 to 100
   * @return the rarer fault
   * @throws IllegalArgumentException if it is out of range
   */
  public Fault percent(int percent) {
    if (percent < 1 || percent > 100) {
      throw new IllegalArgumentException("A chance of " + percent + " % is none. Choose 1 to 100.");
    }
    return with(scope.skipped, scope.times, percent);
  }

  private Fault with(int skipped, int times, int percent) {
    return new Fault(
        kind,
        new Scope(
            scope.machineCid,
            scope.fromCid,
            scope.toCid,
            scope.port,
            scope.oneEnd,
            scope.otherEnd,
            scope.ops,
            skipped,
            times,
            percent),
        declaredBy);
  }

  /**
   * Says who declared it, for warnings, where that is not the line that injects it: an annotation.
   *
   * @param who for example {@code "@VsockFault of TransferTest"}
   * @return the same fault with that
   */
  public Fault declaredBy(String who) {
    return new Fault(kind, scope, who);
  }

  /**
   * Who declared it.
   *
   * @return what {@link #declaredBy(String)} said; empty for the line that injects it
   */
  public String declaredBy() {
    return declaredBy;
  }

  /**
   * What it does.
   *
   * @return the kind
   */
  public FaultKind kind() {
    return kind;
  }

  /**
   * The machine that {@link #on} named.
   *
   * @return its CID, or -1 for any
   */
  public long machineCid() {
    return scope.machineCid;
  }

  /**
   * The machine that {@link #from} named.
   *
   * @return its CID, or -1 for any
   */
  public long fromCid() {
    return scope.fromCid;
  }

  /**
   * Whether a packet is one of those that it is about, wherever it counts and chance come in.
   *
   * @param op the packet's op
   * @param source where it comes from
   * @param destination where it goes
   * @return true if so
   */
  public boolean isAbout(PacketOp op, VsockAddress source, VsockAddress destination) {
    return scope.ops.contains(op)
        && fits(scope.fromCid, source.cid())
        && fits(scope.toCid, destination.cid())
        && (fits(scope.machineCid, source.cid()) || fits(scope.machineCid, destination.cid()))
        && (fits(scope.port, source.port()) || fits(scope.port, destination.port()))
        && isBetween(source, destination);
  }

  private static boolean fits(long wanted, long is) {
    return wanted == ANY || wanted == is;
  }

  private boolean isBetween(VsockAddress source, VsockAddress destination) {
    VsockAddress one = scope.oneEnd;
    return one == null
        || (one.equals(source) && destination.equals(scope.otherEnd))
        || (one.equals(destination) && source.equals(scope.otherEnd));
  }

  /**
   * How many occasions it lets go by first.
   *
   * @return 0 or more
   */
  public int skipped() {
    return scope.skipped;
  }

  /**
   * How often it strikes at most.
   *
   * @return 1 or more
   */
  public int times() {
    return scope.times;
  }

  /**
   * With what chance it strikes.
   *
   * @return percent, 1 to 100
   */
  public int percent() {
    return scope.percent;
  }

  /**
   * Says what and where, and what it stands for.
   *
   * @return one line
   */
  @Override
  public String toString() {
    List<String> where = new ArrayList<>();
    add(where, "on CID ", scope.machineCid);
    add(where, "from CID ", scope.fromCid);
    add(where, "to CID ", scope.toCid);
    add(where, "port ", scope.port);
    if (scope.oneEnd != null) {
      where.add("between " + scope.oneEnd + " and " + scope.otherEnd);
    }
    if (scope.ops.size() < PacketOp.values().length) {
      where.add(
          scope.ops.stream().map(PacketOp::name).collect(Collectors.joining("/", "only ", "")));
    }
    add(where, "after ", scope.skipped == 0 ? ANY : scope.skipped);
    add(where, "times ", scope.times == Integer.MAX_VALUE ? ANY : scope.times);
    add(where, "percent ", scope.percent == 100 ? ANY : scope.percent);
    return kind
        + (where.isEmpty() ? "" : " " + String.join(", ", where))
        + (kind.isBrokenPeer() ? ", a broken peer: " : ": ")
        + kind.situation();
  }

  private static void add(List<String> where, String what, long value) {
    if (value != ANY) {
      where.add(what + value);
    }
  }
}
