package dev.vsocklab.junit;

import dev.vsocklab.Lab;
import dev.vsocklab.sim.Simulation;
import dev.vsocklab.sim.SimulationOptions;
import dev.vsocklab.sim.choice.ChoiceSequence;
import dev.vsocklab.sim.choice.Choices;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What stands in a jqwik sample for a parameter of a lab. jqwik makes samples before a try, without
 * one while it shrinks, and prints them after: no lab is open then, so the real machine takes this
 * one's place when the try runs.
 *
 * @param asked which machine, or none for the lab itself
 * @param parameter of type Machine, VsockProvider, Lab or Simulation
 */
record LabPlaceholder(Asked asked, Parameter parameter) implements InvocationHandler {

  private Class<?> type() {
    return parameter.getType();
  }

  /** What takes its place in a try. */
  Object in(Lab lab) {
    return type() == Lab.class ? lab : LabParameters.machine(asked, parameter, lab);
  }

  /**
   * A sample in which a lab's machines take the place of what stands for them.
   *
   * @param lab the lab, asked only if there is such a place
   */
  static List<Object> real(List<Object> sample, Supplier<Lab> lab) {
    List<Object> real = new ArrayList<>(sample);
    real.replaceAll(it -> behind(it).map(asked -> asked.in(lab.get())).orElse(it));
    return real;
  }

  /**
   * A sample in which a simulation and its machines take the place of what stands for them.
   *
   * @param simulation the simulation
   */
  static List<Object> real(List<Object> sample, Simulation simulation) {
    List<Object> real = real(sample, simulation::lab);
    real.replaceAll(it -> it instanceof Simulation ? simulation : it);
    return real;
  }

  boolean isSimulation() {
    return type() == Simulation.class;
  }

  /**
   * What stands in the sample: an object of the parameter's type, printed as what was asked for. A
   * simulation cannot be proxied, so there it is one that is over.
   */
  Object object() {
    if (isSimulation()) {
      SimulationOptions options = SimulationOptions.of("sample");
      Choices choices = Choices.replaying(ChoiceSequence.SIMPLEST);
      try (Simulation over = Simulation.open(options, choices)) {
        return over;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return Proxy.newProxyInstance(type().getClassLoader(), new Class<?>[] {type()}, this);
  }

  /** The placeholder behind a parameter of a sample, if it is one. */
  static Optional<LabPlaceholder> behind(Object parameter) {
    return Proxy.isProxyClass(parameter.getClass())
            && Proxy.getInvocationHandler(parameter) instanceof LabPlaceholder placeholder
        ? Optional.of(placeholder)
        : Optional.empty();
  }

  @Override
  public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
    if (method.getDeclaringClass() != Object.class) {
      throw new IllegalStateException(
          "%s.%s() was called on what stands for %s in a jqwik sample, but only its try has a lab. Take the parameter in the property or in @BeforeTry."
              .formatted(type().getSimpleName(), method.getName(), this));
    }
    if (method.getName().equals("equals")) {
      return behind(arguments[0]).filter(this::equals).isPresent();
    }
    try {
      return method.invoke(this, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  @Override
  public String toString() {
    return asked.anything() ? asked.what() : type().getSimpleName();
  }
}
