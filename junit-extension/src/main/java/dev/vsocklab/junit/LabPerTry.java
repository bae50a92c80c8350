package dev.vsocklab.junit;

import dev.vsocklab.Lab;
import dev.vsocklab.sim.Simulation;
import dev.vsocklab.sim.SimulationOptions;
import dev.vsocklab.sim.TraceHashes;
import dev.vsocklab.spi.Backend;
import dev.vsocklab.spi.LabRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import net.jqwik.api.FixedSeedMode;
import net.jqwik.api.Property;
import net.jqwik.api.lifecycle.AroundPropertyHook;
import net.jqwik.api.lifecycle.AroundTryHook;
import net.jqwik.api.lifecycle.LifecycleContext;
import net.jqwik.api.lifecycle.Lifespan;
import net.jqwik.api.lifecycle.MethodLifecycleContext;
import net.jqwik.api.lifecycle.ParameterResolutionContext;
import net.jqwik.api.lifecycle.PropagationMode;
import net.jqwik.api.lifecycle.PropertyExecutionResult;
import net.jqwik.api.lifecycle.PropertyExecutor;
import net.jqwik.api.lifecycle.PropertyLifecycleContext;
import net.jqwik.api.lifecycle.ResolveParameterHook;
import net.jqwik.api.lifecycle.SkipExecutionHook;
import net.jqwik.api.lifecycle.Store;
import net.jqwik.api.lifecycle.TryExecutionResult;
import net.jqwik.api.lifecycle.TryExecutor;
import net.jqwik.api.lifecycle.TryLifecycleContext;
import org.apiguardian.api.API;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.platform.commons.support.AnnotationSupport;
import org.opentest4j.TestAbortedException;

/**
 * {@link VsockTest} for jqwik's properties, to which Jupiter's extensions do not apply. jqwik finds
 * it as a service; classes without the annotation are none of its business, but for the sentence
 * that a {@link Host} or {@link Guest} there is answered with.
 *
 * <p>Each try has its own lab on each chosen backend, so that a smaller sample never meets what a
 * larger one left behind. A property that asks for a {@link Simulation} runs in virtual time, see
 * {@link SimulatedTry}.
 */
@API(status = API.Status.INTERNAL, since = "0.1")
public final class LabPerTry
    implements AroundPropertyHook, AroundTryHook, ResolveParameterHook, SkipExecutionHook {

  /** Outside jqwik's own @BeforeTry and @AfterTry, at -10, which may ask for the lab. */
  private static final int AROUND_TRY_PROXIMITY = -20;

  /** Made by jqwik. */
  public LabPerTry() {}

  @Override
  public PropagationMode propagateTo() {
    return PropagationMode.ALL_DESCENDANTS;
  }

  @Override
  public int aroundTryProximity() {
    return AROUND_TRY_PROXIMITY;
  }

  /** Skips a property where none of its backends can run. */
  @Override
  public SkipResult shouldBeSkipped(LifecycleContext context) {
    if (context.optionalElement().filter(Method.class::isInstance).isEmpty()) {
      return SkipResult.doNotSkip(); // skipped property by property, so that each is reported
    }
    List<Turn> turns = turns(context);
    boolean allCannot =
        !turns.isEmpty() && turns.stream().allMatch(turn -> turn.reasonToSkip().isPresent());
    return allCannot ? SkipResult.skip(reasonsToSkip(turns)) : SkipResult.doNotSkip();
  }

  /** A property that held on some of its backends, and could not run on others, has not passed. */
  @Override
  public PropertyExecutionResult aroundProperty(
      PropertyLifecycleContext context, PropertyExecutor property) {
    List<Turn> turns = turns(context);
    for (Turn turn : turns) {
      Optional<String> reason = turn.reasonToFail();
      if (reason.isPresent()) {
        throw new ParameterResolutionException(reason.get());
      }
    }
    if (isSimulated(context.targetMethod())) {
      beginSimulation(context, turns);
      return property.execute(); // on the simulator alone, whatever else was chosen
    }
    PropertyExecutionResult result = property.execute();
    String reasons = reasonsToSkip(turns);
    return reasons.isEmpty() || result.status() != PropertyExecutionResult.Status.SUCCESSFUL
        ? result
        : result.mapToAborted(
            new TestAbortedException("It held on %s. %s".formatted(names(turns), reasons)));
  }

  /** Runs the sample in a new lab of each backend, until one of them shows a failure. */
  @Override
  public TryExecutionResult aroundTry(
      TryLifecycleContext context, TryExecutor aTry, List<Object> parameters) {
    if (isSimulated(context.targetMethod())) {
      SimulatedTry tries = simulation().get().orElseThrow();
      return tries.run(aTry, simulation -> LabPlaceholder.real(parameters, simulation));
    }
    TryExecutionResult result = null;
    for (Turn turn : turns(context)) {
      if (turn.reasonToSkip().isEmpty()) {
        result = TryLab.run(context, turn, aTry, parameters);
        if (!result.isSatisfied()) {
          return result;
        }
      }
    }
    return result == null ? aTry.execute(parameters) : result;
  }

  @Override
  public Optional<ParameterSupplier> resolve(
      ParameterResolutionContext parameter, LifecycleContext context) {
    Asked asked = Asked.by(parameter.parameter());
    Class<?> type = parameter.parameter().getType();
    boolean isOurs =
        type == Simulation.class || (type == Lab.class && annotation(context).isPresent());
    return asked.anything() || isOurs
        ? Optional.of(aTry -> supply(asked, parameter, context))
        : Optional.empty();
  }

  private static Object supply(
      Asked asked, ParameterResolutionContext parameter, LifecycleContext context) {
    String where = LabParameters.nameOf(parameter.parameter().getDeclaringExecutable());
    LabParameters.check(asked, where, parameter.parameter());
    LabParameters.checkUnspied(where, parameter.parameter());
    LabPlaceholder placeholder = new LabPlaceholder(asked, parameter.parameter());
    if (annotation(context).isEmpty()) {
      throw LabParameters.noTurn(
          placeholder.toString(), where, context.optionalContainerClass().orElseThrow());
    }
    boolean inProperty =
        parameter
            .optionalMethod()
            .filter(method -> context.optionalElement().filter(method::equals).isPresent())
            .isPresent();
    if (inProperty) {
      return placeholder.object();
    }
    if (placeholder.isSimulation()
        || (context instanceof MethodLifecycleContext method
            && isSimulated(method.targetMethod()))) {
      throw new ParameterResolutionException(
          "%s in %s is out of reach: where a property asks for a Simulation, each run of it has its own. Take it in the property."
              .formatted(placeholder, where));
    }
    return placeholder.in(
        TryLab.current()
            .orElseThrow(() -> LabParameters.outsideAnyTest(asked.what(), where, "@BeforeTry"))
            .lab());
  }

  // -- Properties in virtual time --

  private static boolean isSimulated(Method property) {
    return Arrays.asList(property.getParameterTypes()).contains(Simulation.class);
  }

  private static Store<Optional<SimulatedTry>> simulation() {
    return Store.getOrCreate(SimulatedTry.class, Lifespan.PROPERTY, Optional::empty);
  }

  private static void beginSimulation(PropertyLifecycleContext context, List<Turn> turns) {
    String name = context.containerClass().getName() + "." + context.targetMethod().getName();
    if (turns.isEmpty()) {
      return; // no annotation, which its parameter's sentence says
    }
    Turn simulated =
        turns.stream()
            .filter(SimulatedTest::isSimulated)
            .findFirst()
            .orElseThrow(() -> noVirtualTime(name, turns));
    Optional<PropertyReplay> replay = PropertyReplay.wanted();
    String seed =
        replay
            .map(PropertyReplay::jqwikSeed)
            .or(context.attributes()::seed)
            .filter(text -> !text.equals(Property.SEED_NOT_SET))
            .orElseGet(() -> Long.toString(drawnSeed()));
    // Given to jqwik, which would not tell the one that it draws itself before the tries are over.
    context.attributes().setSeed(seed);
    context.attributes().setWhenFixedSeed(FixedSeedMode.ALLOW);
    WantedGuests.Wanted wanted = TryLab.wanted(context);
    SimulationOptions options =
        SimulationOptions.of(
            new LabRequest(
                name, simulated.choice().kernel(), wanted.simulable(), wanted.siblings()));
    simulation()
        .update(
            before -> Optional.of(new SimulatedTry(options, TryLab.faults(context), seed, replay)));
  }

  private static long drawnSeed() {
    return TraceHashes.areWanted() ? 1 : new Random().nextLong();
  }

  private static ExtensionConfigurationException noVirtualTime(String name, List<Turn> turns) {
    return new ExtensionConfigurationException(
        "%s asks for virtual time, which backend sim alone has, but this build chose %s. Add sim: -D%s=sim,%s. Or take no Simulation, and it runs on any backend."
            .formatted(
                name,
                turns.stream()
                    .map(turn -> turn.choice().description())
                    .collect(Collectors.joining("; ")),
                Settings.BACKENDS,
                turns.get(0).choice().backend().name()));
  }

  /** The annotation on the class, or on one around it. */
  private static Optional<VsockTest> annotation(LifecycleContext context) {
    return context
        .optionalContainerClass()
        .flatMap(type -> TryLab.around(type).stream().flatMap(LabPerTry::annotations).findFirst());
  }

  private static Stream<VsockTest> annotations(Class<?> type) {
    return AnnotationSupport.findAnnotation(type, VsockTest.class).stream();
  }

  private static List<Turn> turns(LifecycleContext context) {
    Optional<VsockTest> annotation = annotation(context);
    if (annotation.isEmpty()) {
      return List.of();
    }
    return Store.getOrCreate(annotation.get(), Lifespan.PROPERTY, () -> turns(annotation.get()))
        .get();
  }

  private static List<Turn> turns(VsockTest annotation) {
    // jqwik does not tell JUnit's configuration parameters.
    Settings settings = new Settings(key -> Optional.empty(), OfThisRun.get().backends());
    Set<Choice> required = settings.required();
    return settings.chosen(annotation).stream()
        .map(
            choice ->
                new Turn(
                    choice,
                    choice.backend().unavailable(choice.kernel()),
                    required.contains(choice)))
        .toList();
  }

  private static String names(List<Turn> turns) {
    return turns.stream()
        .filter(turn -> turn.reasonToSkip().isEmpty())
        .map(turn -> turn.choice().description())
        .collect(Collectors.joining("; "));
  }

  private static String reasonsToSkip(List<Turn> turns) {
    return turns.stream()
        .flatMap(turn -> turn.reasonToSkip().stream())
        .collect(Collectors.joining(" "));
  }

  /** Finds what comes into guests. */
  static GuestFiles guestFiles() {
    return OfThisRun.get().files();
  }

  /** What one run of jqwik keeps, ended with it. */
  private record OfThisRun(Backends backends, GuestFiles files) implements Store.CloseOnReset {

    static OfThisRun get() {
      return Store.getOrCreate(
              OfThisRun.class,
              Lifespan.RUN,
              () ->
                  new OfThisRun(new Backends(ServiceLoader.load(Backend.class)), new GuestFiles()))
          .get();
    }

    @Override
    public void close() {
      try (files) {
        backends.close();
      } catch (IOException e) {
        throw new UncheckedIOException("A jar with files for guests could not be closed.", e);
      }
    }
  }
}
