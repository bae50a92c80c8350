package dev.vsocklab.junit;

import dev.vsocklab.Lab;
import dev.vsocklab.Machine;
import dev.vsocklab.VsockProvider;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Parameter;
import java.util.Optional;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Fills in the parameters of a test's lab. It comes with {@link Host} and {@link Guest} as well as
 * with {@link VsockTest}, so that one of them without the other gives an error that says so.
 */
final class LabParameters implements ParameterResolver, AfterEachCallback {

  /** Constructors too belong to one test, and so to its lab. */
  @Override
  public ExtensionContextScope getTestInstantiationExtensionContextScope(
      ExtensionContext rootContext) {
    return ExtensionContextScope.TEST_METHOD;
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    if (SimulatedTest.annotation(context).isPresent()) {
      return false; // its lab is another with each run
    }
    return Asked.by(parameter.getParameter()).anything()
        || (parameter.getParameter().getType() == Lab.class && Turn.of(context).isPresent());
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    Asked asked = Asked.by(parameter.getParameter());
    if (!asked.anything()) {
      return testLab(asked, parameter, context).lab();
    }
    Lab lab = testLab(checked(asked, parameter), parameter, context).lab();
    return machine(asked, parameter.getParameter(), lab);
  }

  /** The machine of a lab that a parameter asks for, in the parameter's type. */
  static Object machine(Asked asked, Parameter parameter, Lab lab) {
    Machine machine = asked.guest().map(it -> lab.guest(it.value())).orElseGet(lab::host);
    return parameter.getType() == Machine.class ? machine : machine.vsock();
  }

  /**
   * Checks that a parameter asks for one machine, in a type that can be had.
   *
   * @return what it asks for
   */
  static Asked checked(Asked asked, ParameterContext parameter) {
    Class<?> type = parameter.getParameter().getType();
    if (asked.host() && asked.guest().isPresent()) {
      throw new ParameterResolutionException(
          "A parameter of %s asks for @Host and for %s, but it can be one machine only. Remove one of them."
              .formatted(where(parameter), asked.what()));
    }
    if (type != Machine.class && type != VsockProvider.class) {
      throw new ParameterResolutionException(
          "%s in %s is on a parameter of type %s, but it gives a Machine or a VsockProvider. Change the type to one of these."
              .formatted(asked.what(), where(parameter), type.getSimpleName()));
    }
    return asked;
  }

  /** Closes the lab here rather than with the store, which would hide the reason in a cause. */
  @Override
  public void afterEach(ExtensionContext context) throws IOException {
    Optional<TestLab> testLab = TestLab.ifAny(context);
    if (testLab.isPresent()) {
      testLab.get().close();
    }
  }

  private static TestLab testLab(
      Asked asked, ParameterContext parameter, ExtensionContext context) {
    if (context.getTestMethod().isEmpty()) {
      throw new ParameterResolutionException(
          "%s in %s has no lab to take from, because a lab lives for one test and this runs outside any. Take it in @BeforeEach or in the test."
              .formatted(asked.what(), where(parameter)));
    }
    Turn turn =
        Turn.of(context)
            .orElseThrow(
                () ->
                    new ParameterResolutionException(
                        "%s in %s has no lab to take from, because nothing chose a backend for %s. Annotate that class with @VsockTest."
                            .formatted(
                                asked.what(),
                                where(parameter),
                                context.getRequiredTestClass().getSimpleName())));
    return TestLab.of(context, turn);
  }

  static String where(ParameterContext parameter) {
    return nameOf(parameter.getDeclaringExecutable());
  }

  /** What messages call a method or constructor with a parameter of ours. */
  static String nameOf(Executable executable) {
    String type = executable.getDeclaringClass().getSimpleName();
    return executable instanceof Constructor
        ? type + "'s constructor"
        : type + "." + executable.getName();
  }
}
