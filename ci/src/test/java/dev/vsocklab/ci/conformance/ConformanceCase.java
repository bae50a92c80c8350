package dev.vsocklab.ci.conformance;

import dev.vsocklab.ci.conformance.report.Row;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Optional;

/** A {@link Case} method, ready to run. */
final class ConformanceCase {
  private final Object theme;
  private final Method method;
  private final Case about;
  private final Row row;

  /** The case of a method of a theme, if it is one. */
  static Optional<ConformanceCase> of(Object theme, String themeTitle, Method method) {
    return Optional.ofNullable(method.getAnnotation(Case.class))
        .map(about -> new ConformanceCase(theme, themeTitle, method, about));
  }

  private ConformanceCase(Object theme, String themeTitle, Method method, Case about) {
    this.theme = theme;
    this.method = method;
    this.about = about;
    this.row = new Row(themeTitle, about.id(), about.title(), about.source());
    method.setAccessible(true);
  }

  Row row() {
    return row;
  }

  Guests guests() {
    return about.guests();
  }

  /** Why the case has no body; empty if it has one. */
  String notSimulated() {
    return about.notSimulated();
  }

  /** Runs the case; what it throws comes out as it is. */
  void run(Ends ends) throws Throwable {
    try {
      method.invoke(theme, ends);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  /** The evidence that the case is known to fail there, if it is. */
  Optional<String> knownDifference(String backend, KernelSeries kernel, Way way) {
    return Arrays.stream(method.getAnnotationsByType(KnownDifference.class))
        .filter(known -> known.backend().equals(backend))
        .filter(known -> covers(known.kernels(), kernel.toString()))
        .filter(known -> covers(known.ways(), way))
        .map(KnownDifference::evidence)
        .findFirst();
  }

  private static <T> boolean covers(T[] values, T value) {
    return values.length == 0 || Arrays.asList(values).contains(value);
  }

  @Override
  public String toString() {
    return row.id() + " " + row.title();
  }
}
