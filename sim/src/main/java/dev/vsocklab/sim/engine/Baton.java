package dev.vsocklab.sim.engine;

import dev.vsocklab.sim.choice.Choices;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A deterministic run of code that blocks: platform threads, of which only the one with the baton
 * runs. Whoever waits, or makes a call, draws what happens next: a packet arrives, or a task goes
 * on. The test's own thread is a task too.
 *
 * <p>There is no thread besides the tasks': packets arrive and alarms go off on whichever thread
 * has the baton. So all state here has one owner at a time, and {@link #holder} hands it over.
 *
 * <pre>
 *   call begins, wait ─▶ reschedule ─▶ a packet arrives ─┐
 *                            ▲     ├─▶ an alarm goes off ─┤ (nothing else could happen)
 *                            └─────┼──────────────────────┘
 *                                  ├─▶ this task goes on
 *                                  └─▶ another does, and this one parks
 * </pre>
 */
public final class Baton extends VirtualRun {
  /** What a call costs. Our choice: so that a loop that polls makes time pass. */
  private static final long CALL_NANOS = 1_000;

  /** Our choice: a task that polls gives way after so many calls, whatever was drawn. */
  private static final int CALLS_IN_A_ROW = 64;

  /** How long, in real time, a task that is unwound may take. Our choice. */
  private static final long UNWIND_NANOS = 1_000_000_000;

  private final Task test;
  private final List<Task> tasks = new ArrayList<>();
  private final List<Candidate> options = new ArrayList<>();
  private final Waiters sleepers = new Waiters("a sleep's end", "virtual time");
  private final Waiters settlers = new Waiters("rest", "the lab");
  private final Waiters finishers = new Waiters("the end", "all tasks");

  private volatile @Nullable Task holder;
  private volatile boolean over;
  private volatile @Nullable Throwable failure;
  private volatile @Nullable Thread unwinder;
  private volatile boolean testWasInterrupted;

  /** Counts what happens, for the {@link Watchdog}: a task that makes progress is not blocked. */
  private final AtomicLong progress = new AtomicLong();

  private final ReentrantLock unwinding = new ReentrantLock();

  /**
   * Begins a run, with the baton in this thread's hand.
   *
   * @param choices what it draws from
   * @param plan how chance chooses what happens next
   * @param maxSteps how many calls, packets and alarms there may be, 1 or more
   */
  public Baton(Choices choices, SchedulePlan plan, long maxSteps) {
    super(choices, plan, maxSteps);
    test = new Task("test", Thread.currentThread(), false);
    test.started = true;
    holder = test;
    tasks.add(test);
  }

  // ---- what a test does

  /**
   * Adds a task. It runs when its turn is drawn.
   *
   * @param name its name in reports
   * @param daemon whether the run may end without it
   * @param body what it does; an exception fails the run
   * @return the task
   */
  public Task spawn(String name, boolean daemon, Callable<?> body) {
    Task self = self();
    Task[] made = new Task[1];
    Thread thread = new Thread(() -> runTask(made[0], body), "vsocklab-" + name);
    thread.setDaemon(true);
    Task task = new Task(name, thread, daemon);
    made[0] = task;
    tasks.add(task);
    switchPoint(self);
    return task;
  }

  /**
   * Waits until a task is done.
   *
   * @param task the task
   */
  public void join(Task task) {
    Task self = self();
    while (task.state != Task.State.DONE) {
      waitAt(self, task.joiners, Long.MAX_VALUE, false);
    }
  }

  @Override
  public void sleep(Duration time) {
    waitAt(self(), sleepers, time.toNanos(), false);
  }

  @Override
  public void settle() {
    waitAt(self(), settlers, Long.MAX_VALUE, false);
  }

  // ---- how a run ends

  /** Waits until every task is done but the test itself and the daemons. */
  public void awaitTasks() {
    while (tasksToAwait()) {
      waitAt(test, finishers, Long.MAX_VALUE, false);
    }
  }

  private boolean tasksToAwait() {
    return tasks.stream().anyMatch(task -> task != test && !task.daemon);
  }

  /**
   * Ends the run: what is left of it is unwound, task by task.
   *
   * @return the tasks that did not end even so; their threads are left behind
   */
  public List<String> end() {
    over = true;
    List<String> left = unwind(test);
    holder = test;
    if (testWasInterrupted) {
      boolean unused = Thread.interrupted(); // it was for the run alone
    }
    return left;
  }

  /**
   * Fails the run, if nothing did before.
   *
   * @param cause why
   */
  public void fail(Throwable cause) {
    if (failure == null && !(cause instanceof RunOver)) {
      failure = cause;
    }
    over = true;
  }

  /**
   * Why the run failed.
   *
   * @return the first failure, or null
   */
  public @Nullable Throwable failure() {
    return failure;
  }

  private List<String> unwind(Task except) {
    unwinding.lock(); // the watchdog may unwind as well
    try {
      unwinder = Thread.currentThread();
      List<String> left = new ArrayList<>();
      for (Task task : List.copyOf(tasks)) {
        if (task == except || task == test || task.state == Task.State.DONE) {
          continue;
        }
        if (!task.started) {
          task.state = Task.State.DONE;
        } else if (!unwindOne(task)) {
          left.add(task.name);
        }
      }
      unwinder = null;
      return left;
    } finally {
      unwinding.unlock();
    }
  }

  private boolean unwindOne(Task task) {
    long deadline = System.nanoTime() + UNWIND_NANOS;
    boolean blocksOutside = !task.isParked(); // asked before it has the baton and runs
    holder = task;
    LockSupport.unpark(task.thread);
    if (blocksOutside) {
      task.thread.interrupt();
    }
    while (holder == task) {
      long left = deadline - System.nanoTime();
      if (left <= 0) {
        return false;
      }
      LockSupport.parkNanos(this, left);
    }
    return true;
  }

  // ---- tasks

  private void runTask(Task task, Callable<?> body) {
    try {
      body.call();
    } catch (RunOver e) {
      // unwound: somebody else knows why
    } catch (Throwable e) {
      if (!over) {
        e.addSuppressed(new TaskNote(task.name));
        fail(e);
      }
    }
    if (over) {
      leave(task);
    } else {
      task.state = Task.State.DONE;
      tasks.remove(task);
      wake(task.joiners);
      if (!tasksToAwait()) {
        wake(finishers);
      }
      reschedule(task);
    }
  }

  /** Ends a task of a run that is over. */
  private void leave(Task task) {
    task.state = Task.State.DONE;
    if (!isHeldBy(task)) {
      return; // it was given up before
    }
    Thread waiting = unwinder;
    if (waiting == null) {
      give(test);
    } else {
      holder = null;
      LockSupport.unpark(waiting);
    }
  }

  boolean isHeldBy(Task task) {
    return holder == task;
  }

  private void give(Task next) {
    holder = next;
    if (next.started) {
      LockSupport.unpark(next.thread);
    } else {
      next.started = true;
      next.thread.start();
    }
  }

  private Task self() {
    Task task = holder;
    if (task == null || task.thread != Thread.currentThread()) {
      if (over) {
        throw new RunOver();
      }
      throw new IllegalStateException(
          "Thread \""
              + Thread.currentThread().getName()
              + "\" calls into a simulation that does not know it, so when it runs would be left to"
              + " chance. Start it with simulation.spawn(name, body) instead.");
    }
    return task;
  }

  // ---- what happens next

  @Override
  void callBegins() {
    Task self = self();
    if (!over) {
      passTime(CALL_NANOS);
      switchPoint(self);
    }
  }

  private void switchPoint(Task self) {
    self.callsInARow++;
    progressed();
    if (anyPacketInFlight() || anyAlarmIsDue() || isAnotherReady(self)) {
      reschedule(self);
    } else if (isEndless()) {
      fail(new StuckError(StuckError.Kind.ENDLESS, endlessText() + '\n' + whoWaits()));
      throw new RunOver();
    }
  }

  private void progressed() {
    progress.lazySet(progress.get() + 1); // one writer at a time
  }

  private boolean isAnotherReady(Task self) {
    for (int i = 0; i < tasks.size(); i++) {
      Task task = tasks.get(i);
      if (task != self && task.isReady()) {
        return true;
      }
    }
    return false;
  }

  /** Lets things happen until this task goes on, or another does and then this one again. */
  private void reschedule(Task self) {
    while (true) {
      progressed();
      if (over) {
        stop(self);
        return;
      }
      if (isEndless()) {
        fail(new StuckError(StuckError.Kind.ENDLESS, endlessText() + '\n' + whoWaits()));
        continue;
      }
      Candidate next = next(self);
      if (next == self) {
        return;
      }
      if (next instanceof Task task) {
        self.callsInARow = 0;
        turn(task.name);
        boolean goesOnLater = self.state != Task.State.DONE;
        if (goesOnLater) {
          self.willPark();
        }
        give(task);
        if (goesOnLater) {
          self.park(this);
          if (over) {
            throw new RunOver();
          }
        }
        return;
      }
    }
  }

  /** What happens next: this task or another, or null for anything that has happened by now. */
  private @Nullable Candidate next(Task self) {
    try {
      fireDueAlarms();
      collect(self);
      if (options.isEmpty()) {
        passTimeUntilSomethingHappens();
        return null;
      }
      Candidate next = choose(options);
      if (next instanceof Link link) {
        deliver(link);
        return null;
      }
      return next;
    } catch (RunOver e) {
      throw e;
    } catch (RuntimeException | Error e) {
      fail(e); // an onlooker's: not the fault of the call that it happens to come up in
      return null;
    }
  }

  /** Packets first: where nothing was drawn, each arrives at once. Then this task, then others. */
  private void collect(Task self) {
    options.clear();
    addBusyLinks(options);
    boolean givesWay = self.callsInARow >= CALLS_IN_A_ROW;
    if (self.isReady() && !givesWay) {
      options.add(self);
    }
    for (int i = 0; i < tasks.size(); i++) {
      Task task = tasks.get(i);
      if (task != self && task.isReady()) {
        options.add(task);
      }
    }
    if (givesWay) {
      self.callsInARow = 0;
      if (options.isEmpty() && self.isReady()) {
        options.add(self);
      }
    }
  }

  private void passTimeUntilSomethingHappens() {
    if (!settlers.tasks.isEmpty()) {
      wake(settlers);
    } else if (!jumpToNextAlarm(Long.MAX_VALUE)) {
      fail(stuck());
    }
  }

  /** The run is over: a task that still runs is unwound from here. */
  private void stop(Task self) {
    if (self.state != Task.State.DONE) {
      throw new RunOver();
    }
    leave(self);
  }

  // ---- waiting

  @Override
  long await(Waiters point, ReentrantLock lock, long timeoutNanos, boolean interruptible)
      throws InterruptedException {
    Task self = self();
    if (interruptible && Thread.interrupted()) {
      throw new InterruptedException();
    }
    if (timeoutNanos <= 0) {
      return timeoutNanos;
    }
    int holds = lock.getHoldCount();
    for (int i = 0; i < holds; i++) {
      lock.unlock();
    }
    long left;
    try {
      left = waitAt(self, point, timeoutNanos, interruptible);
    } finally {
      takeAgain(lock, holds);
    }
    if (interruptible && Thread.interrupted()) {
      throw new InterruptedException();
    }
    return left;
  }

  private void takeAgain(ReentrantLock lock, int holds) {
    for (int i = 0; i < holds; i++) {
      if (!lock.tryLock() && !over) { // a run that is over waits for nobody
        lock.lock();
      }
    }
  }

  private long waitAt(Task self, Waiters point, long timeoutNanos, boolean interruptible) {
    if (over) {
      throw new RunOver();
    }
    long deadlineNanos = nowNanos() + timeoutNanos;
    boolean timed = timeoutNanos != Long.MAX_VALUE;
    Alarms.Alarm alarm = timed ? schedule(timeoutNanos, () -> wake(self)) : null;
    self.state = Task.State.WAITING;
    self.waitsFor = point;
    self.waitsInterruptibly = interruptible;
    self.callsInARow = 0;
    point.tasks.addLast(self);
    reschedule(self);
    self.state = Task.State.READY;
    self.waitsFor = null;
    point.tasks.remove(self);
    if (alarm != null) {
      alarm.cancel();
    }
    return timed ? deadlineNanos - nowNanos() : timeoutNanos;
  }

  @Override
  void awaitLock(Waiters contenders) {
    waitAt(self(), contenders, Long.MAX_VALUE, false);
  }

  private static void wake(Task task) {
    if (task.state == Task.State.WAITING) {
      task.state = Task.State.READY;
    }
  }

  @Override
  void wake(Waiters point) {
    Task task;
    while ((task = point.tasks.pollFirst()) != null) {
      wake(task);
    }
  }

  @Override
  void wakeOne(Waiters point) {
    Task task = point.tasks.pollFirst();
    if (task != null) {
      wake(task);
    }
  }

  // ---- what is wrong

  private StuckError stuck() {
    boolean atTheEnd = finishers.tasks.contains(test);
    String time = BigDecimal.valueOf(nowNanos(), 9).stripTrailingZeros().toPlainString();
    if (atTheEnd) {
      return new StuckError(
          StuckError.Kind.NEVER_FINISHED,
          "The test is over at "
              + time
              + " s, but some of its tasks never finish. Close what they wait for, or start them with"
              + " spawnDaemon.\n"
              + whoWaits());
    }
    return new StuckError(
        StuckError.Kind.DEADLOCK,
        "Deadlock at "
            + time
            + " s: no packet is in flight, no timeout runs, and every task waits for another.\n"
            + whoWaits());
  }

  private String whoWaits() {
    StringBuilder text = new StringBuilder();
    for (Task task : tasks) {
      Waiters point = task.waitsFor;
      text.append("  ").append(task.name).append(point == null ? " runs" : " waits for " + point);
      if (task.started && point != finishers) { // the test's own lines are all done
        text.append(Frames.ofTest(task.thread.getStackTrace()));
      }
      text.append('\n');
    }
    return text.toString().stripTrailing();
  }

  // ---- the watchdog's side: another thread

  /** A number that moves while anything happens. */
  long progress() {
    return progress.get();
  }

  /** Who should run now, and stands still in none of this room's own places; or null. */
  @Nullable Task runningTask() {
    Task task = holder;
    return task == null || over || task.isParked() ? null : task;
  }

  /**
   * A task stands still in code that is not the lab's.
   *
   * @param task the task
   * @param stack where
   */
  void blockedOutside(Task task, StackTraceElement[] stack) {
    StringBuilder text = new StringBuilder();
    text.append("Task ").append(task.name);
    text.append(" blocks outside the lab, where no other task can go on and time does not pass: ");
    text.append("wait with the simulation's own sleep, join and newLock, and hold no other lock");
    text.append(" over a socket's call. It stands at");
    for (StackTraceElement frame : stack) {
      text.append("\n    at ").append(frame);
    }
    fail(new StuckError(StuckError.Kind.BLOCKED_OUTSIDE, text.toString()));
    unwind(task); // their locks may be what it waits for
    if (task == test) {
      testWasInterrupted = true;
      task.thread.interrupt();
    }
    give(test);
  }
}
