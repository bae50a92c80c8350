package dev.vsocklab.junit;

import dev.vsocklab.Lab;
import dev.vsocklab.sim.Exploration;
import dev.vsocklab.sim.SimSchedule;
import dev.vsocklab.sim.Simulation;
import dev.vsocklab.sim.SimulationOptions;
import dev.vsocklab.sim.choice.Choices;
import dev.vsocklab.sim.choice.ReplayFile;
import dev.vsocklab.spi.LabRequest;
import dev.vsocklab.spi.LabRequest.GuestRequest;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.ReflectionSupport;
import org.opentest4j.TestAbortedException;

/**
 * Runs a {@link VsockSimulation} method over and over, with a new lab in its parameters each time.
 * Jupiter resolves a method's parameters once; so ours are resolved to nothing, and filled in here.
 */
final class SimulatedTest implements InvocationInterceptor, ParameterResolver {
  private static final String SIM = "sim";

  /** The annotation of the test that the context belongs to. */
  static Optional<VsockSimulation> annotation(ExtensionContext context) {
    return AnnotationSupport.findAnnotation(context.getTestMethod(), VsockSimulation.class);
  }

  // ---- parameters

  /** Constructors too belong to one test, and are told so. */
  @Override
  public ExtensionContextScope getTestInstantiationExtensionContextScope(
      ExtensionContext rootContext) {
    return ExtensionContextScope.TEST_METHOD;
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return isOurs(parameter.getParameter());
  }

  private static boolean isOurs(Parameter parameter) {
    Class<?> type = parameter.getType();
    return type == Lab.class
        || type == Simulation.class
        || type == Choices.class
        || Asked.by(parameter).anything();
  }

  @Override
  public @Nullable Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    Asked asked = Asked.by(parameter.getParameter());
    LabParameters.check(asked, LabParameters.where(parameter), parameter.getParameter());
    LabParameters.checkUnspied(LabParameters.where(parameter), parameter.getParameter());
    if (!parameter.getDeclaringExecutable().equals(context.getTestMethod().orElse(null))) {
      throw new ParameterResolutionException(
          "%s in %s has no lab to take from, because each run of a @VsockSimulation has its own and this runs once for all. Take it in the test method."
              .formatted(what(parameter.getParameter()), LabParameters.where(parameter)));
    }
    return null; // each run has its own
  }

  private static String what(Parameter parameter) {
    Asked asked = Asked.by(parameter);
    return asked.anything() ? asked.what() : parameter.getType().getSimpleName();
  }

  private static @Nullable Object valueOf(Parameter parameter, Simulation simulation) {
    Class<?> type = parameter.getType();
    if (type == Simulation.class) {
      return simulation;
    }
    if (type == Choices.class) {
      return simulation.choices();
    }
    return type == Lab.class
        ? simulation.lab()
        : LabParameters.machine(Asked.by(parameter), parameter, simulation.lab());
  }

  // ---- runs

  @Override
  public void interceptTestMethod(
      Invocation<@Nullable Void> invocation,
      ReflectiveInvocationContext<Method> method,
      ExtensionContext context)
      throws Throwable {
    VsockSimulation annotation = annotation(context).orElseThrow();
    SimulationOptions options = options(annotation, context);
    Body body = new Body(method, AnnotatedFaults.of(context));
    Optional<Replay> replay = Replay.of(context);
    invocation.skip();
    Exploration exploration =
        replay.isPresent()
            ? replay(replay.get(), options, body)
            : Simulation.explore(options, body);
    if (exploration.failure().isPresent()) {
      throw SimulationReport.attached(context, options, exploration.failure().get());
    }
    body.abortIfAllRunsDid(exploration.runs());
  }

  private static Exploration replay(Replay replay, SimulationOptions options, Body body) {
    Optional<ReplayFile> file = replay.file();
    if (file.isPresent()) {
      file.get().checkTest(options.lab().name(), replay.text());
      return Simulation.replay(options, file.get(), body);
    }
    if (options.schedule() == SimSchedule.EXHAUSTIVE) {
      throw new ExtensionConfigurationException(
          "%s=%s is a seed, but %s counts through its runs and draws none. Name the file that its failure wrote."
              .formatted(Replay.PROPERTY, replay.text(), options.lab().name()));
    }
    return Simulation.explore(options.withSeeds(replay.seed(), 1).withMaxShrinkTries(0), body);
  }

  private static SimulationOptions options(VsockSimulation annotation, ExtensionContext context) {
    Optional<Turn> turn = Turn.of(context);
    turn.ifPresent(it -> checkIsSimulated(it, testId(context)));
    WantedGuests.Wanted wanted = WantedGuests.of(context);
    List<GuestRequest> guests = new ArrayList<>(wanted.simulable());
    for (long cid : annotation.guests()) {
      if (guests.stream().noneMatch(guest -> guest.cid() == cid)) {
        guests.add(new GuestRequest(cid, false));
      }
    }
    String kernel = annotation.kernel().strip();
    if (kernel.isEmpty()) {
      kernel = turn.map(it -> it.choice().kernel()).orElse("");
    }
    boolean siblings = annotation.siblings() || wanted.siblings();
    try {
      return SimulationOptions.of(new LabRequest(testId(context), kernel, guests, siblings))
          .withEngine(annotation.engine())
          .withSchedule(annotation.schedule())
          .withPctDepth(annotation.pctDepth())
          .withSeeds(annotation.firstSeed(), annotation.seeds())
          .withMaxShrinkTries(annotation.maxShrinkTries())
          .withMaxSteps(annotation.maxSteps());
    } catch (IllegalArgumentException e) {
      throw new ExtensionConfigurationException(
          "@VsockSimulation of " + testId(context) + ": " + e.getMessage(), e);
    }
  }

  private static String testId(ExtensionContext context) {
    return context.getRequiredTestClass().getName()
        + "."
        + context.getRequiredTestMethod().getName();
  }

  /** Virtual time can be had of one backend only. */
  static boolean isSimulated(Turn turn) {
    return turn.choice().backend().name().equals(SIM);
  }

  private static void checkIsSimulated(Turn turn, String testId) {
    if (!isSimulated(turn)) {
      throw new ExtensionConfigurationException(
          "%s asks for virtual time, but this is backend %s, whose kernels have their own. Move it to a class without @VsockTest, where it is always simulated, or run this class with -D%s=%s."
              .formatted(testId, turn.choice().backend().name(), Settings.BACKENDS, SIM));
    }
  }

  /** The test method with the parameters of one run. */
  private static final class Body implements Simulation.Body {
    private final AnnotatedFaults faults;
    private final Method method;
    private final @Nullable Object target;
    private final List<@Nullable Object> arguments;
    private final AtomicInteger aborted = new AtomicInteger();
    private final AtomicReference<@Nullable TestAbortedException> lastAbort =
        new AtomicReference<>();

    Body(ReflectiveInvocationContext<Method> invocation, AnnotatedFaults faults) {
      this.method = invocation.getExecutable();
      this.target = invocation.getTarget().orElse(null);
      this.arguments = invocation.getArguments();
      this.faults = faults;
    }

    @Override
    public void run(Simulation simulation) throws IOException {
      faults.injectInto(simulation.lab());
      @Nullable Object[] values = arguments.toArray();
      Parameter[] parameters = method.getParameters();
      for (int i = 0; i < values.length; i++) {
        if (isOurs(parameters[i])) {
          values[i] = valueOf(parameters[i], simulation);
        }
      }
      try {
        ReflectionSupport.invokeMethod(method, target, values);
      } catch (TestAbortedException e) {
        aborted.incrementAndGet(); // this run's assumption does not hold; others' may
        lastAbort.set(e);
      }
    }

    /** A test of which every run was aborted is aborted; the last reason stands for all. */
    void abortIfAllRunsDid(int runs) {
      TestAbortedException abort = lastAbort.get();
      if (abort != null && aborted.get() >= runs) {
        throw abort;
      }
    }
  }
}
