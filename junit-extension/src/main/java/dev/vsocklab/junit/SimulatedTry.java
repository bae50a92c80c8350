package dev.vsocklab.junit;

import dev.vsocklab.sim.Simulation;
import dev.vsocklab.sim.SimulationOptions;
import dev.vsocklab.sim.SimulationRun;
import dev.vsocklab.sim.choice.ChoiceSequence;
import dev.vsocklab.sim.choice.Choices;
import dev.vsocklab.sim.choice.Shrinker;
import dev.vsocklab.spi.BackendLab.ReportSection;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import net.jqwik.api.lifecycle.TryExecutionResult;
import net.jqwik.api.lifecycle.TryExecutor;
import org.jspecify.annotations.Nullable;

/**
 * The tries of a property that asks for a {@link Simulation}: deterministic runs in virtual time.
 *
 * <p>jqwik draws the sample, and the number of the try is the seed of what the sample does not say:
 * the schedule, and whatever the property draws itself. Once a try has failed, jqwik looks for a
 * smaller sample. Each candidate is run with the choices that made the last one fail, and where
 * that fails too, the choices are shrunk a little; so both get smaller together.
 */
final class SimulatedTry {
  /** Our choice: jqwik tries some hundreds of samples, each of which may shrink the choices. */
  private static final int SHRINK_TRIES_PER_SAMPLE = 60;

  private final SimulationOptions options;
  private final AnnotatedFaults faults;
  private final String jqwikSeed;
  private final Optional<PropertyReplay> replay;
  private int tries;

  /** The choices of the last try that failed; null before. */
  private @Nullable ChoiceSequence failing;

  /** The try that failed first; null before. */
  private @Nullable SimulationRun firstFailed;

  /**
   * Begins the tries of one property.
   *
   * @param options the lab
   * @param faults what happens to each lab
   * @param jqwikSeed the seed of the samples
   * @param replay the one try that is wanted, if so
   */
  SimulatedTry(
      SimulationOptions options,
      AnnotatedFaults faults,
      String jqwikSeed,
      Optional<PropertyReplay> replay) {
    this.options = options;
    this.faults = faults;
    this.jqwikSeed = jqwikSeed;
    this.replay = replay;
  }

  /**
   * Runs a sample.
   *
   * @param aTry runs the property
   * @param sample the sample for a simulation, with its machines in place
   */
  TryExecutionResult run(TryExecutor aTry, Function<Simulation, List<Object>> sample) {
    ChoiceSequence known = failing;
    if (known == null) {
      tries++;
      if (replay.isPresent() && replay.get().tryNumber() != tries) {
        return TryExecutionResult.satisfied();
      }
      return once(Choices.ofSeed(tries), aTry, sample);
    }
    TryExecutionResult result = once(Choices.replaying(known), aTry, sample);
    // Another sample draws other choices: those of the seed may do where the replayed ones do not.
    return result.isFalsified() ? result : once(Choices.ofSeed(tries), aTry, sample);
  }

  private TryExecutionResult once(
      Choices choices, TryExecutor aTry, Function<Simulation, List<Object>> sample) {
    Body body = new Body(faults, aTry, sample);
    SimulationRun run = Simulation.once(options, choices, body);
    Throwable found = run.failure();
    if (found == null) {
      return body.result();
    }
    SimulationRun before = firstFailed;
    if (before == null) {
      firstFailed = run;
    } else if (!run.failsAs(before)) {
      return TryExecutionResult.satisfied(); // another bug, which is not the one being shrunk
    }
    Shrinker.Result shrunk =
        Shrinker.shrink(
            run.choices(),
            SHRINK_TRIES_PER_SAMPLE,
            candidate -> {
              SimulationRun smaller = Simulation.once(options, Choices.replaying(candidate), body);
              return smaller.failsAs(run) ? smaller.choices() : null;
            });
    failing = shrunk.choices();
    SimulationRun smallest = Simulation.once(options, Choices.replaying(shrunk.choices()), body);
    Throwable cause = smallest.failure();
    return cause == null
        ? TryExecutionResult.falsified(reported(found, run))
        : TryExecutionResult.falsified(reported(cause, smallest));
  }

  private Throwable reported(Throwable cause, SimulationRun run) {
    FailureReport.attach(
        options.lab().name() + " in virtual time",
        List.of(
            new ReportSection(
                "replay",
                "%s\ntrace hash %x, of %d decisions besides the sample"
                    .formatted(
                        new PropertyReplay(jqwikSeed, tries).line(),
                        run.traceHash(),
                        run.choices().decisions())),
            new ReportSection("schedule", run.schedule()),
            new ReportSection("packets", run.ladder())),
        cause);
    return cause;
  }

  /** One execution of the property. */
  private static final class Body implements Simulation.Body {
    private final AnnotatedFaults faults;
    private final TryExecutor aTry;
    private final Function<Simulation, List<Object>> sample;
    private TryExecutionResult last = TryExecutionResult.satisfied();

    Body(AnnotatedFaults faults, TryExecutor aTry, Function<Simulation, List<Object>> sample) {
      this.faults = faults;
      this.aTry = aTry;
      this.sample = sample;
    }

    @Override
    public void run(Simulation simulation) throws Exception {
      faults.injectInto(simulation.lab());
      last = aTry.execute(new ArrayList<>(sample.apply(simulation)));
      if (last.isFalsified()) {
        Throwable cause =
            last.throwable().orElseGet(() -> new AssertionError("The property returned false."));
        if (cause instanceof Exception exception) {
          throw exception;
        }
        throw (Error) cause;
      }
    }

    TryExecutionResult result() {
      return last;
    }
  }
}
