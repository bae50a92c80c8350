package dev.vsocklab.sim.engine;

import dev.vsocklab.sim.choice.Choices;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A deterministic run that its test steps: packets arrive and alarms go off when the test says so,
 * on its one thread. For non-blocking calls; one that would wait fails.
 */
public final class EventLoop extends VirtualRun {
  private final Thread thread = Thread.currentThread();
  private final List<Candidate> options = new ArrayList<>();

  /**
   * Begins a run on this thread.
   *
   * @param choices what it draws from
   * @param plan how chance chooses what happens next
   * @param maxSteps how many packets and alarms there may be, 1 or more
   */
  public EventLoop(Choices choices, SchedulePlan plan, long maxSteps) {
    super(choices, plan, maxSteps);
  }

  /**
   * Lets one packet arrive; which one is drawn.
   *
   * @return false if none is in flight
   */
  public boolean step() {
    checkThread();
    options.clear();
    addBusyLinks(options);
    if (options.isEmpty()) {
      return false;
    }
    if (isEndless()) {
      throw new StuckError(StuckError.Kind.ENDLESS, endlessText());
    }
    deliver((Link) choose(options));
    return true;
  }

  @Override
  public void settle() {
    while (step()) {
      fireDueAlarms();
    }
  }

  @Override
  public void sleep(Duration time) {
    long untilNanos = nowNanos() + time.toNanos();
    settle();
    while (jumpToNextAlarm(untilNanos)) {
      settle();
    }
    passTime(untilNanos - nowNanos());
  }

  private void checkThread() {
    if (Thread.currentThread() != thread) {
      throw new IllegalStateException(
          "Thread \""
              + Thread.currentThread().getName()
              + "\" calls into an event loop that belongs to \""
              + thread.getName()
              + "\". Use one thread, or the engine for blocking calls, SimEngine.THREADS.");
    }
  }

  @Override
  void callBegins() {
    checkThread();
  }

  @Override
  long await(Waiters point, ReentrantLock lock, long timeoutNanos, boolean interruptible) {
    throw new IllegalStateException(
        "This call would wait for "
            + point
            + ", but in an event loop nothing happens until the test steps it. Make the channel"
            + " non-blocking with configureBlocking(false) and call step() or settle(), or use the"
            + " engine for blocking calls, SimEngine.THREADS.");
  }

  @Override
  void awaitLock(Waiters contenders) {
    throw new IllegalStateException(
        "A lock of this event loop is held by another thread. Use one thread, or the engine for"
            + " blocking calls, SimEngine.THREADS.");
  }

  @Override
  void wake(Waiters point) {}

  @Override
  void wakeOne(Waiters point) {}
}
