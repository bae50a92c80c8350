package dev.vsocklab.sim.fault;

import dev.vsocklab.Lab;
import dev.vsocklab.VsockAddress;
import dev.vsocklab.fault.Fault;
import dev.vsocklab.fault.InjectedFault;
import dev.vsocklab.sim.check.Checkers;
import dev.vsocklab.sim.fabric.Diversion;
import dev.vsocklab.sim.fabric.Fabric;
import dev.vsocklab.sim.stack.Surroundings;
import dev.vsocklab.sim.wire.Packet;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntUnaryOperator;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The faults of one lab, in the order in which they were injected. While there are none, the
 * fabric's packets do not come here.
 */
public final class LabFaults {
  private static final long ANY_CID = -1;
  private static final System.Logger LOG = System.getLogger(LabFaults.class.getName());

  private final Fabric fabric;
  private final Surroundings timers;
  private final IntUnaryOperator draw;
  private final LongSupplier nanos;
  private final Supplier<List<? extends Victim>> victims;
  private final Checkers checkers;

  private final Diversion diversion = new Rules();
  private final ReentrantLock lock = new ReentrantLock();
  private final CopyOnWriteArrayList<Rule> rules = new CopyOnWriteArrayList<>();
  private final CopyOnWriteArrayList<Injected> all = new CopyOnWriteArrayList<>();
  private final Map<Direction, Lane> lanes = new ConcurrentHashMap<>();

  /**
   * A lab without faults.
   *
   * @param fabric the lab's fabric
   * @param timers the engine, for faults that take time
   * @param draw gives a number from 0 to its argument less one; 0 is the simplest choice
   * @param nanos the time for reports, in nanoseconds since the lab began
   * @param victims the machines of the lab now
   * @param checkers those that a broken peer excuses
   */
  public LabFaults(
      Fabric fabric,
      Surroundings timers,
      IntUnaryOperator draw,
      LongSupplier nanos,
      Supplier<List<? extends Victim>> victims,
      Checkers checkers) {
    this.fabric = fabric;
    this.timers = timers;
    this.draw = draw;
    this.nanos = nanos;
    this.victims = victims;
    this.checkers = checkers;
  }

  /**
   * Injects a fault.
   *
   * @param fault what and where
   * @return the fault at work
   * @throws IllegalArgumentException if it must name a machine of this lab and does not
   * @throws UnsupportedOperationException if that machine cannot be struck so
   * @throws IOException if a real machine cannot be reached
   */
  public InjectedFault inject(Fault fault) throws IOException {
    checkers.excuse(Contradictions.of(fault.kind()));
    Injected injected = new Injected(new Struck(fault, draw, nanos), where(fault));
    injected.begin();
    all.add(injected);
    return injected;
  }

  /** Where somebody can change it: the annotation, or the line that called a lab's inject. */
  private static String where(Fault fault) {
    if (!fault.declaredBy().isEmpty()) {
      return "by " + fault.declaredBy();
    }
    return StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE)
        .walk(frames -> frames.filter(LabFaults::isTheInjectors).findFirst())
        .map(frame -> "at " + frame.getFileName() + ":" + frame.getLineNumber())
        .orElse("by a caller without a stack");
  }

  private static boolean isTheInjectors(StackWalker.StackFrame frame) {
    Class<?> type = frame.getDeclaringClass();
    return type != LabFaults.class && !Lab.class.isAssignableFrom(type);
  }

  /** The lane of a direction. */
  Lane lane(Direction direction) {
    return lanes.computeIfAbsent(direction, key -> new Lane(fabric));
  }

  /**
   * What the faults did, for a failure report.
   *
   * @return one paragraph for each; empty if there was none
   */
  public String report() {
    StringBuilder text = new StringBuilder();
    for (Injected injected : all) {
      if (injected.struck.fault().kind().isBrokenPeer()) {
        text.append("a broken peer was simulated: ");
      }
      text.append(injected.struck.text(injected.over.get()));
    }
    return text.toString();
  }

  /**
   * Whether a broken peer was simulated at any time.
   *
   * @return true if one of {@link dev.vsocklab.fault.BrokenPeer}'s faults was injected
   */
  public boolean hadBrokenPeer() {
    return all.stream().anyMatch(injected -> injected.struck.fault().kind().isBrokenPeer());
  }

  /**
   * Packets that faults hold back now.
   *
   * @return 0 or more
   */
  public int heldPackets() {
    return lanes.values().stream().mapToInt(Lane::waiting).sum();
  }

  /**
   * Ends all faults, the last first, and warns of each that did nothing.
   *
   * @throws IOException if a real machine could not be mended; the others were
   */
  public void close() throws IOException {
    IOException failure = null;
    List<Injected> lastFirst = new ArrayList<>(all);
    Collections.reverse(lastFirst);
    for (Injected injected : lastFirst) {
      try {
        injected.close();
      } catch (IOException e) {
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    for (Injected injected : all) {
      if (injected.hits() == 0) {
        LOG.log(
            System.Logger.Level.WARNING,
            "A fault of this lab matched nothing, so nothing was tested with it: {0}. It was injected {1}. Let it be about more (from, to, on, port, only, after, percent), or let the test do what it is about.",
            injected.fault(),
            injected.where);
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  private Victim victimOf(Fault fault) {
    List<? extends Victim> machines = victims.get();
    for (Victim victim : machines) {
      if (victim.cid() == fault.machineCid()) {
        return victim;
      }
    }
    throw new IllegalArgumentException(
        "The fault "
            + fault
            + " strikes one machine of this lab; name it with .on(machine). The lab has CIDs "
            + machines.stream().map(Victim::cid).toList()
            + ".");
  }

  /** One fault from its injection to its end. */
  private final class Injected implements InjectedFault {
    private final Struck struck;

    /** Where it was injected, for a person. */
    private final String where;

    private final AtomicBoolean over = new AtomicBoolean();
    private @Nullable Rule rule;
    private Victim.Mend mend = Victim.Mend.NOTHING;

    Injected(Struck struck, String where) {
      this.struck = struck;
      this.where = where;
    }

    void begin() throws IOException {
      Fault fault = struck.fault();
      if (fault.kind().strikesMachine()) {
        Victim.Mend itsMend = victimOf(fault).strike(struck);
        if (itsMend != null) {
          mend = itsMend;
          struck.count("CID " + fault.machineCid() + " was struck");
          return;
        }
      }
      rule = RuleBook.ruleFor(struck, LabFaults.this, timers);
      if (rule == null) {
        mend = strikeAll(fault);
        return;
      }
      install(rule);
    }

    /** What lies in the machines and not in the packets. */
    private Victim.Mend strikeAll(Fault fault) throws IOException {
      List<Victim.Mend> mends = new ArrayList<>();
      for (Victim victim : victims.get()) {
        if (fault.fromCid() == ANY_CID || fault.fromCid() == victim.cid()) {
          Victim.Mend one = victim.strike(struck);
          if (one != null) {
            mends.add(one);
          }
        }
      }
      if (mends.isEmpty()) {
        throw new UnsupportedOperationException(
            "The fault " + fault + " is for simulated machines, and it names none of this lab.");
      }
      return () -> {
        for (Victim.Mend one : mends) {
          one.mend();
        }
      };
    }

    @Override
    public Fault fault() {
      return struck.fault();
    }

    @Override
    public long hits() {
      return struck.hits();
    }

    @Override
    public void close() throws IOException {
      if (over.compareAndSet(false, true)) {
        if (rule != null) {
          remove(rule);
        }
        mend.mend();
      }
    }
  }

  private void install(Rule rule) {
    lock.lock();
    try {
      rule.begin(victims.get());
      rules.add(rule);
      fabric.divert(diversion);
    } finally {
      lock.unlock();
    }
    rule.begun();
  }

  private void remove(Rule rule) {
    rules.remove(rule);
    rule.end();
    lock.lock();
    try {
      if (rules.isEmpty() && lanes.values().stream().allMatch(Lane::isIdle)) {
        fabric.divert(null);
        lanes.clear();
      }
    } finally {
      lock.unlock();
    }
  }

  /** The way through the rules. */
  private final class Rules implements Diversion {
    @Override
    public void carry(long cid, Packet packet) {
      Passing passing = new Passing(LabFaults.this, cid, packet);
      for (Rule rule : rules) {
        if (rule.isAbout(packet.header()) && rule.takes(passing)) {
          return;
        }
      }
      passing.sendOn(packet);
    }

    @Override
    public String explainRefusal(VsockAddress remote) {
      for (Rule rule : rules) {
        if (rule instanceof ResetRule.Refusing refusing && refusing.refusedLast(remote)) {
          return "a fault of this lab refuses it: " + rule.fault();
        }
      }
      return "";
    }
  }
}
