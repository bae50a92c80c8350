package dev.vsocklab.sim;

import dev.vsocklab.Lab;
import dev.vsocklab.Machine;
import dev.vsocklab.sim.choice.Choices;
import dev.vsocklab.sim.choice.ReplayFile;
import dev.vsocklab.sim.engine.Baton;
import dev.vsocklab.sim.engine.EventLoop;
import dev.vsocklab.sim.engine.SchedulePlan;
import dev.vsocklab.sim.engine.VirtualRun;
import dev.vsocklab.sim.engine.Watchdog;
import dev.vsocklab.sim.kernel.KernelProfile;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One deterministic run of a lab: virtual time, and every decision drawn from its {@link Choices}.
 * The same choices give the same run, packet by packet.
 *
 * <pre>{@code
 * Simulation.explore(
 *         SimulationOptions.of("transfer", 42),
 *         simulation -> {
 *           simulation.spawn("server", () -> serve(simulation.host().vsock()));
 *           transfer(simulation.guest(42).vsock());
 *         })
 *     .orThrow();
 * }</pre>
 */
public final class Simulation implements AutoCloseable {

  /** What a simulation or one of its tasks does. */
  @FunctionalInterface
  public interface Body {
    /**
     * Does it.
     *
     * @param simulation the run that it is part of
     * @throws Exception whatever makes the run a failure
     */
    void run(Simulation simulation) throws Exception;
  }

  /** What a task does. */
  @FunctionalInterface
  public interface TaskBody {
    /**
     * Does it.
     *
     * @throws Exception whatever makes the run a failure
     */
    void run() throws Exception;
  }

  private final String testId;
  private final Choices choices;
  private final VirtualRun run;
  private final SimLab lab;
  private boolean closed;

  private Simulation(SimulationOptions options, Choices choices, VirtualRun run) {
    this.testId = options.lab().name();
    this.choices = choices;
    this.run = run;
    this.lab = new SimLab(options.lab(), KernelProfile.of(options.lab().kernel()), run);
  }

  /**
   * Begins a run that the caller ends with {@link #close}. A run whose test may block outside the
   * lab is better made by {@link #once}, which finds that.
   *
   * @param options what it is of
   * @param choices what its decisions are drawn from
   * @return the run
   */
  public static Simulation open(SimulationOptions options, Choices choices) {
    return open(options, choices, SchedulePlan.RANDOM);
  }

  static Simulation open(SimulationOptions options, Choices choices, SchedulePlan plan) {
    VirtualRun run =
        switch (options.engine()) {
          case THREADS -> new Baton(choices, plan, options.maxSteps());
          case EVENT_LOOP -> new EventLoop(choices, plan, options.maxSteps());
        };
    return new Simulation(options, choices, run);
  }

  /**
   * Makes one run.
   *
   * @param options what it is of; its seeds and schedule do not count
   * @param choices what its decisions are drawn from
   * @param body what it does
   * @return how it went
   */
  public static SimulationRun once(SimulationOptions options, Choices choices, Body body) {
    try (Watchdog watchdog = new Watchdog()) {
      return once(options, choices, SchedulePlan.RANDOM, body, watchdog);
    }
  }

  static SimulationRun once(
      SimulationOptions options, Choices choices, SchedulePlan plan, Body body, Watchdog watchdog) {
    Simulation simulation = open(options, choices, plan);
    Throwable failure = simulation.perform(body, watchdog);
    TraceHashes.add(simulation.testId, simulation);
    return new SimulationRun(simulation.testId, simulation, failure);
  }

  /**
   * Runs a body over many seeds, until it fails or all are done. The first failure is shrunk.
   *
   * @param options what it is of, and how it is explored
   * @param body what each run does; each has a lab of its own
   * @return what was found
   */
  public static Exploration explore(SimulationOptions options, Body body) {
    return new Explorer(options, body).explore();
  }

  /**
   * Runs a body once more as a failure's file has it.
   *
   * @param options what it is of
   * @param file the file
   * @param body what the run does
   * @return what it came to: one run, not shrunk
   */
  public static Exploration replay(SimulationOptions options, ReplayFile file, Body body) {
    return new Explorer(options, body).replay(file);
  }

  private @Nullable Throwable perform(Body body, Watchdog watchdog) {
    Throwable failure = null;
    if (run instanceof Baton baton) {
      watchdog.watch(baton);
      try {
        body.run(this);
        baton.awaitTasks();
      } catch (Throwable e) {
        baton.fail(e);
      } finally {
        watchdog.watch(null);
        endTasks(baton);
      }
      failure = baton.failure();
    } else {
      try {
        body.run(this);
      } catch (Throwable e) {
        failure = e;
      }
    }
    try {
      lab.close(); // where the checkers of the lab tell what they saw
    } catch (IOException | RuntimeException | Error e) {
      if (failure == null) {
        return e;
      }
      failure.addSuppressed(e);
    }
    return failure;
  }

  /**
   * The lab.
   *
   * @return the host and its guests
   */
  public Lab lab() {
    return lab;
  }

  /**
   * The lab's host.
   *
   * @return the machine with CID 2
   */
  public Machine host() {
    return lab.host();
  }

  /**
   * One of the lab's guests.
   *
   * @param cid its CID
   * @return the machine
   * @throws IllegalArgumentException if the lab has no such guest
   */
  public Machine guest(long cid) {
    return lab.guest(cid);
  }

  /**
   * What this run's decisions are drawn from: draw from it too what the test itself decides, such
   * as lengths and orders, so that it is replayed and shrunk with the rest.
   *
   * @return the choices
   */
  public Choices choices() {
    return choices;
  }

  /**
   * Adds a task: what in production is a thread. It begins when its turn is drawn; the run ends
   * when it is done. An exception that it throws fails the run.
   *
   * @param name its name in reports
   * @param body what it does
   * @return the task
   * @throws IllegalStateException in an event loop
   */
  public SimTask spawn(String name, TaskBody body) {
    return spawn(name, body, false);
  }

  /**
   * Adds a task that the end of the run does not wait for: it is ended with the run, wherever it
   * waits.
   *
   * @param name its name in reports
   * @param body what it does
   * @return the task
   * @throws IllegalStateException in an event loop
   */
  public SimTask spawnDaemon(String name, TaskBody body) {
    return spawn(name, body, true);
  }

  private SimTask spawn(String name, TaskBody body, boolean daemon) {
    if (!(run instanceof Baton baton)) {
      throw new IllegalStateException(
          "Task "
              + name
              + " cannot be spawned: an event loop has one thread. Use the engine for blocking"
              + " calls, SimEngine.THREADS.");
    }
    return new SimTask(
        baton,
        baton.spawn(
            name,
            daemon,
            () -> {
              body.run();
              return null;
            }));
  }

  /**
   * Lets virtual time pass; it costs no real time. In an event loop all that happens meanwhile
   * happens.
   *
   * @param time how much, not negative
   */
  public void sleep(Duration time) {
    run.sleep(time);
  }

  /** Lets everything happen that can happen without time passing. */
  public void settle() {
    run.settle();
  }

  /**
   * Lets one packet arrive; which one is drawn.
   *
   * @return false if none is in flight
   * @throws IllegalStateException unless this is an event loop
   */
  public boolean step() {
    if (run instanceof EventLoop loop) {
      return loop.step();
    }
    throw new IllegalStateException(
        "Only an event loop is stepped; here the tasks' calls move things on. Use settle() or"
            + " sleep(), or SimEngine.EVENT_LOOP.");
  }

  /**
   * Virtual time.
   *
   * @return nanoseconds since the run began
   */
  public long nanoTime() {
    return run.nowNanos();
  }

  /**
   * A lock for code under test that holds one while it calls sockets: the simulation knows who
   * waits for it, and draws who gets it. Its conditions wait in virtual time.
   *
   * @return a new lock, held by nobody
   */
  public ReentrantLock newLock() {
    return run.newLock();
  }

  /**
   * A number that stands for all that happened so far: every packet, turn, alarm and choice.
   *
   * @return 64 bits, the same for two runs of the same choices, on every JDK
   */
  public long traceHash() {
    return run.traceHash();
  }

  VirtualRun run() {
    return run;
  }

  SimLab simLab() {
    return lab;
  }

  /**
   * Ends the run: unwinds the tasks that are left and closes the lab.
   *
   * @throws IOException if the lab does not close cleanly
   */
  @Override
  public void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    if (run instanceof Baton baton) {
      endTasks(baton);
    }
    try {
      lab.close();
    } finally {
      if (run.events() > 0) { // else it was never a run, but stood for one
        TraceHashes.add(testId, this);
      }
    }
  }

  @Override
  public String toString() {
    return "simulation at " + run.nowNanos() + " ns";
  }

  private static void endTasks(Baton baton) {
    List<String> left = baton.end();
    if (left.isEmpty()) {
      return;
    }
    IllegalStateException note =
        new IllegalStateException(
            "Tasks "
                + left
                + " did not end even when the run was over; their threads are left behind. Let them"
                + " not catch Throwable, nor wait outside the lab.");
    Throwable failure = baton.failure();
    if (failure == null) {
      baton.fail(note);
    } else {
      failure.addSuppressed(note);
    }
  }
}
