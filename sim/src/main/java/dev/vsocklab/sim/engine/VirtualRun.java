package dev.vsocklab.sim.engine;

import dev.vsocklab.sim.choice.ChoiceStream;
import dev.vsocklab.sim.choice.Choices;
import dev.vsocklab.sim.choice.Dice;
import dev.vsocklab.sim.choice.Proposal;
import dev.vsocklab.sim.wire.Packet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.IntUnaryOperator;

/**
 * One deterministic run: virtual time, the packets in flight, and the choice of what happens next.
 * Who waits, and how, is its two kinds' business: {@link EventLoop} and {@link Baton}.
 *
 * <p>Time stands still while anything else can happen, but for what a call costs; when nothing can,
 * it jumps to the next alarm. So an hour of waiting costs as much as a microsecond.
 */
public abstract class VirtualRun {
  private final Choices choices;
  private final ChoiceStream schedule;
  private final Proposal proposal;
  private final long maxSteps;
  private final Trace trace = new Trace();
  private final Alarms alarms = new Alarms();
  private final List<Link> links = new ArrayList<>();
  private long nowNanos;
  private long steps;
  private long decisions;

  /** What could happen next, while {@link #choose} asks. */
  private List<Candidate> options = List.of();

  VirtualRun(Choices choices, SchedulePlan plan, long maxSteps) {
    this.choices = choices;
    this.schedule = choices.stream("schedule");
    this.maxSteps = maxSteps;
    Schedule chance = plan.begin();
    this.proposal = dice -> propose(chance, dice);
  }

  private int propose(Schedule chance, Dice dice) {
    return chance.propose(options, dice);
  }

  /**
   * A machine's share of this run.
   *
   * @param cid the CID that the machine begins with, for texts
   * @return its engine
   */
  public final Engine newMachine(long cid) {
    return new VirtualMachine(this, cid);
  }

  /**
   * A lock of this run, for code under test that needs one while it calls sockets.
   *
   * @return a new lock, held by nobody
   */
  public final ReentrantLock newLock() {
    return new VirtualLock(this);
  }

  /**
   * Virtual time.
   *
   * @return nanoseconds since the run began
   */
  public final long nowNanos() {
    return nowNanos;
  }

  /**
   * Chance for somebody else's decisions, recorded with all others.
   *
   * @param stream the name of their stream
   * @return gives a number from 0 to its argument less one
   */
  public final IntUnaryOperator draws(String stream) {
    return choices.stream(stream)::draw;
  }

  /**
   * Lets time pass.
   *
   * @param time how much; not negative
   */
  public abstract void sleep(Duration time);

  /** Lets everything happen that can happen without time passing. */
  public abstract void settle();

  /** Lets every packet arrive that is in flight, with no choice and no task's turn: the end. */
  public final void letPacketsArrive() {
    for (int i = 0; i < links.size(); i++) {
      if (!links.get(i).isIdle()) {
        deliver(links.get(i));
        i = -1; // what arrived may have been answered
      }
    }
  }

  /**
   * A number that stands for all that happened: packets, turns, alarms and choices.
   *
   * @return 64 bits, the same for two runs of the same choices
   */
  public final long traceHash() {
    return trace.hash() * 31 + choices.recorded().hash();
  }

  /**
   * The last events of the run.
   *
   * @return a line each, oldest first
   */
  public final String scheduleText() {
    return trace.text();
  }

  /**
   * How much happened.
   *
   * @return packets that arrived, turns that were given and alarms that went off
   */
  public final long events() {
    return trace.events();
  }

  /**
   * How often there was a choice of what happens next.
   *
   * @return 0 or more
   */
  public final long decisions() {
    return decisions;
  }

  // ---- what the two kinds do differently

  /** A program makes a call; no lock of the lab's is held. */
  abstract void callBegins();

  /**
   * Waits at a point with the lock given up meanwhile.
   *
   * @param interruptible whether an interrupt ends it
   * @return what is left of the time
   */
  abstract long await(Waiters point, ReentrantLock lock, long timeoutNanos, boolean interruptible)
      throws InterruptedException;

  /** Waits until a lock of this run is perhaps free. */
  abstract void awaitLock(Waiters contenders);

  /** Lets waiters go on. */
  abstract void wake(Waiters point);

  /** Lets the waiter go on that has waited longest. */
  abstract void wakeOne(Waiters point);

  // ---- what they share

  final Alarms.Alarm schedule(long delayNanos, Runnable task) {
    long due = nowNanos + Math.max(0, delayNanos);
    return alarms.set(due < 0 ? Long.MAX_VALUE : due, task);
  }

  final Link newLink(VirtualMachine from, Consumer<Packet> way, long toCid) {
    Link link = new Link(way, from.cid(), toCid);
    links.add(link);
    return link;
  }

  final long firstAutomaticPort() {
    return 1024 + choices.stream("ports").draw(0xFFFF_FFFFL - 1024);
  }

  final void addBusyLinks(List<Candidate> to) {
    for (int i = 0; i < links.size(); i++) {
      Link link = links.get(i);
      if (!link.isIdle()) {
        to.add(link);
      }
    }
  }

  final boolean anyPacketInFlight() {
    for (int i = 0; i < links.size(); i++) {
      if (!links.get(i).isIdle()) {
        return true;
      }
    }
    return false;
  }

  /** Draws one of what could happen next. */
  final Candidate choose(List<Candidate> candidates) {
    if (candidates.size() == 1) {
      return candidates.get(0);
    }
    decisions++;
    options = candidates;
    return candidates.get((int) schedule.draw(candidates.size(), proposal));
  }

  final void deliver(Link link) {
    Packet packet = link.next();
    trace.packet(nowNanos, packet);
    link.way.accept(packet);
  }

  /** Lets every alarm go off that is due by now. */
  final void fireDueAlarms() {
    Alarms.Alarm alarm = alarms.first();
    while (alarm != null && alarm.dueNanos <= nowNanos) {
      fire(alarm);
      alarm = alarms.first();
    }
  }

  final boolean anyAlarmIsDue() {
    Alarms.Alarm alarm = alarms.first();
    return alarm != null && alarm.dueNanos <= nowNanos;
  }

  /**
   * Moves time to the next alarm, and lets it go off.
   *
   * @param notAfterNanos how far time may move
   * @return whether there was one
   */
  final boolean jumpToNextAlarm(long notAfterNanos) {
    Alarms.Alarm alarm = alarms.first();
    if (alarm == null || alarm.dueNanos > notAfterNanos) {
      return false;
    }
    nowNanos = Math.max(nowNanos, alarm.dueNanos);
    fire(alarm);
    return true;
  }

  private void fire(Alarms.Alarm alarm) {
    alarm.cancel();
    trace.event(nowNanos, "goes off", "alarm");
    alarm.task.run();
  }

  final void passTime(long nanos) {
    nowNanos += nanos;
  }

  final void turn(String who) {
    trace.event(nowNanos, "goes on", who);
  }

  /** Counts one more thing that happens, and tells whether they are too many. */
  final boolean isEndless() {
    return ++steps > maxSteps;
  }

  final String endlessText() {
    return "It made "
        + maxSteps
        + " steps and came to no end. If it only needs longer, allow more with maxSteps.";
  }
}
