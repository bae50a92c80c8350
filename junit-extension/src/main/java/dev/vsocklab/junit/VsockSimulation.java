package dev.vsocklab.junit;

import dev.vsocklab.sim.SimEngine;
import dev.vsocklab.sim.SimSchedule;
import dev.vsocklab.sim.SimulationOptions;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.apiguardian.api.API;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test that is run over many seeds in virtual time, until one fails; that one is shrunk and
 * replays.
 *
 * <pre>{@code
 * class TransferTest {
 *
 *   @VsockSimulation(seeds = 1000)
 *   void resumes(Simulation simulation, @Host Machine host, @Guest(42) Machine guest) throws IOException {
 *     simulation.spawn("server", () -> new TransferServer(host.vsock()).serveOne());
 *     new TransferClient(guest.vsock()).send(DATA);
 *   }
 * }
 * }</pre>
 *
 * <p>It stands in the place of {@code @Test}, in any class. Each run has a lab of its own, so the
 * parameters {@link Host @Host}, {@link Guest @Guest}, {@link dev.vsocklab.Lab}, {@link
 * dev.vsocklab.sim.Simulation} and {@link dev.vsocklab.sim.choice.Choices} are the test method's
 * alone. The test instance, {@code @BeforeEach} and {@code @AfterEach} are there once for all runs:
 * make in the method what must be fresh.
 *
 * <h2>When it fails</h2>
 *
 * <p>The failure is the test's own, with the seed, the schedule, the packets and a line to have it
 * again below it; the file that the line names is published with the test. With {@code
 * -Dvsocklab.replay=<seed or file>}, as a system property or configuration parameter, only that one
 * run is made. So is a run of a seed on a changed program, but only the file survives changes of
 * what is drawn elsewhere.
 *
 * <h2>Limits</h2>
 *
 * <p>Only what the lab runs is deterministic: the test must not depend on real time, the order of a
 * hash table, chance of its own, or threads that it did not spawn with {@link
 * dev.vsocklab.sim.Simulation#spawn}. Now and then a run is made twice, and one that differs fails
 * the test. Virtual time is the simulator's: in a {@link VsockTest} class that runs on a real
 * kernel, such a test fails and says so.
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Test
@SuppressWarnings("exports") // only Jupiter makes the extensions, reflectively
@ExtendWith(SimulatedTest.class)
public @interface VsockSimulation {

  /**
   * How many runs there are, unless one fails.
   *
   * @return 1 or more
   */
  int seeds() default SimulationOptions.DEFAULT_SEEDS;

  /**
   * The first run's seed; each next run has the next number. The same seeds in every build: a
   * failure is then the change's, and not the day's.
   *
   * @return any number
   */
  long firstSeed() default 1;

  /**
   * Who drives a run: blocking threads, or the test step by step.
   *
   * @return the engine
   */
  SimEngine engine() default SimEngine.THREADS;

  /**
   * How chance chooses what happens next.
   *
   * @return the schedule
   */
  SimSchedule schedule() default SimSchedule.RANDOM;

  /**
   * For {@link SimSchedule#PCT}: how many events must come in one certain order.
   *
   * @return 1 or more
   */
  int pctDepth() default SimulationOptions.DEFAULT_PCT_DEPTH;

  /**
   * How many runs shrinking may take.
   *
   * @return 0 or more
   */
  int maxShrinkTries() default SimulationOptions.DEFAULT_SHRINK_TRIES;

  /**
   * How many calls, packets and alarms a run may have before it counts as endless.
   *
   * @return 1 or more
   */
  long maxSteps() default SimulationOptions.DEFAULT_MAX_STEPS;

  /**
   * As which Linux the simulated machines behave, such as {@code 6.1}.
   *
   * @return the series; empty means the backend's of the {@link VsockTest} class, or the default
   */
  String kernel() default "";

  /**
   * Whether guests reach each other, as with vhost-device-vsock.
   *
   * @return whether they do
   */
  boolean siblings() default false;

  /**
   * Guests that every lab has, besides those that the test's parameters name.
   *
   * @return CIDs, 3 to 4294967294
   */
  long[] guests() default {};
}
