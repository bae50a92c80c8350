package dev.vsocklab.junit;

import dev.vsocklab.Lab;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.lang.reflect.Proxy;
import java.util.Optional;

/**
 * What stands in a jqwik sample for a parameter of a lab. jqwik makes samples before a try, without
 * one while it shrinks, and prints them after: no lab is open then, so the real machine takes this
 * one's place when the try runs.
 *
 * @param asked which machine, or none for the lab itself
 * @param parameter of type Machine, VsockProvider or Lab
 */
record LabPlaceholder(Asked asked, Parameter parameter) implements InvocationHandler {

  private Class<?> type() {
    return parameter.getType();
  }

  /** What takes its place in a try. */
  Object in(Lab lab) {
    return type() == Lab.class ? lab : LabParameters.machine(asked, parameter, lab);
  }

  /** An object of the parameter's type, printed as what was asked for. */
  Object proxy() {
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
    return asked.what();
  }
}
