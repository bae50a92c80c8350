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
        || parameter.isAnnotated(SpyVsock.class)
        || (parameter.getParameter().getType() == Lab.class && Turn.of(context).isPresent());
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    Asked asked = Asked.by(parameter.getParameter());
    Class<?> type = parameter.getParameter().getType();
    boolean spied = parameter.isAnnotated(SpyVsock.class);
    if (spied && (!asked.anything() || type != VsockProvider.class)) {
      throw new ParameterResolutionException(
          "@SpyVsock in %s is on a parameter %s, but it spies on one machine's VsockProvider. Write for example @Guest(42) @SpyVsock VsockProvider vsock."
              .formatted(
                  where(parameter),
                  asked.anything() ? "of type " + type.getSimpleName() : "that names no machine"));
    }
    if (!asked.anything()) {
      return testLab(asked, parameter, context).lab();
    }
    check(asked, where(parameter), parameter.getParameter());
    if (!spied) {
      return machine(asked, parameter.getParameter(), testLab(asked, parameter, context).lab());
    }
    if (!Spies.possible()) {
      throw new ParameterResolutionException(
          "@SpyVsock in %s %s".formatted(where(parameter), Spies.NEEDS));
    }
    TestLab testLab = testLab(asked, parameter, context);
    return testLab.spies().of(machine(asked, testLab.lab()));
  }

  private static Machine machine(Asked asked, Lab lab) {
    return asked.guest().map(it -> lab.guest(it.value())).orElseGet(lab::host);
  }

  /** The machine of a lab that a parameter asks for, in the parameter's type. */
  static Object machine(Asked asked, Parameter parameter, Lab lab) {
    Machine machine = machine(asked, lab);
    return parameter.getType() == Machine.class ? machine : machine.vsock();
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
      throw outsideAnyTest(asked.what(), where(parameter), "@BeforeEach");
    }
    Turn turn =
        Turn.of(context)
            .orElseThrow(
                () -> noTurn(asked.what(), where(parameter), context.getRequiredTestClass()));
    return TestLab.of(context, turn);
  }

  /**
   * Checks that a parameter asks for one machine and has a type for it.
   *
   * @throws ParameterResolutionException if not
   */
  static void check(Asked asked, String where, Parameter parameter) {
    Class<?> type = parameter.getType();
    if (asked.host() && asked.guest().isPresent()) {
      throw new ParameterResolutionException(
          "A parameter of %s asks for @Host and for %s, but it can be one machine only. Remove one of them."
              .formatted(where, asked.what()));
    }
    if (asked.anything() && type != Machine.class && type != VsockProvider.class) {
      throw new ParameterResolutionException(
          "%s in %s is on a parameter of type %s, but it gives a Machine or a VsockProvider. Change the type to one of these."
              .formatted(asked.what(), where, type.getSimpleName()));
    }
  }

  /**
   * Checks that a parameter whose machine is another with each run does not ask for a spy.
   *
   * @throws ParameterResolutionException if it does
   */
  static void checkUnspied(String where, Parameter parameter) {
    if (parameter.isAnnotationPresent(SpyVsock.class)) {
      throw new ParameterResolutionException(
          "@SpyVsock in %s is on a parameter that is another with each run, and Mockito would keep them all. Take the VsockProvider without it and call Mockito.spy(vsock) in the test."
              .formatted(where));
    }
  }

  /** A lab was asked for where no test runs. */
  static ParameterResolutionException outsideAnyTest(String what, String where, String mend) {
    return new ParameterResolutionException(
        "%s in %s has no lab to take from, because a lab lives for one test and this runs outside any. Take it in %s or in the test."
            .formatted(what, where, mend));
  }

  /** A lab was asked for in a class without {@link VsockTest}. */
  static ParameterResolutionException noTurn(String what, String where, Class<?> testClass) {
    return new ParameterResolutionException(
        "%s in %s has no lab to take from, because nothing chose a backend for %s. Annotate that class with @VsockTest."
            .formatted(what, where, testClass.getSimpleName()));
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
