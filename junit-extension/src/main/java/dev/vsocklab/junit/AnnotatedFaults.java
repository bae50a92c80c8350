package dev.vsocklab.junit;

import dev.vsocklab.Lab;
import dev.vsocklab.fault.Fault;
import dev.vsocklab.fault.Faults;
import java.io.IOException;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.AnnotationSupport;

/**
 * The faults that a test and its classes are annotated with, the outermost class's first.
 *
 * @param faults in the order in which they are injected
 */
record AnnotatedFaults(List<Fault> faults) {

  /** Those of a Jupiter test. */
  static AnnotatedFaults of(ExtensionContext test) {
    List<Class<?>> classes = new ArrayList<>(test.getEnclosingTestClasses());
    classes.add(test.getRequiredTestClass());
    return of(classes, test.getRequiredTestMethod());
  }

  /**
   * Those of a test method.
   *
   * @param classes the test's class, behind the classes around it
   */
  static AnnotatedFaults of(List<Class<?>> classes, Method test) {
    List<AnnotatedElement> elements = new ArrayList<>(classes);
    elements.add(test);
    return new AnnotatedFaults(
        elements.stream()
            .flatMap(
                element ->
                    AnnotationSupport.findRepeatableAnnotations(element, VsockFault.class).stream()
                        .map(it -> fault(it).declaredBy("@VsockFault of " + nameOf(element))))
            .toList());
  }

  private static String nameOf(AnnotatedElement element) {
    return element instanceof Method method
        ? LabParameters.nameOf(method)
        : ((Class<?>) element).getSimpleName();
  }

  /**
   * Injects them; the lab ends them.
   *
   * @throws IOException if a real guest cannot be reached for one
   */
  void injectInto(Lab lab) throws IOException {
    for (Fault fault : faults) {
      lab.inject(fault);
    }
  }

  private static Fault fault(VsockFault annotation) {
    Fault fault =
        kindOf(annotation)
            .after(annotation.after())
            .times(annotation.times())
            .percent(annotation.percent());
    if (annotation.from() != VsockFault.ANY) {
      fault = fault.from(annotation.from());
    }
    if (annotation.to() != VsockFault.ANY) {
      fault = fault.to(annotation.to());
    }
    return annotation.port() == VsockFault.ANY ? fault : fault.port(annotation.port());
  }

  private static Fault kindOf(VsockFault annotation) {
    Duration time = Duration.ofMillis(annotation.millis());
    long bytes = annotation.bytes();
    return switch (annotation.kind()) {
      case DELAY ->
          Faults.delay(
              time, Duration.ofMillis(Math.max(annotation.millis(), annotation.maxMillis())));
      case BANDWIDTH -> Faults.bandwidth(bytes);
      case RESET_AT_BYTE -> Faults.resetAtByte(bytes);
      case REFUSED -> Faults.refused();
      case BACKLOG_FULL -> Faults.backlogFull();
      case CREDIT_WITHHELD -> Faults.creditWithheld();
      case CREDIT_DRIPPED -> Faults.creditDripped(Math.toIntExact(bytes), time);
      case BUFFER_SHRUNK -> Faults.bufferShrunk(bytes);
      case COUNTERS_NEAR_WRAP -> Faults.countersNearWrap(bytes);
      case SHORT_READS -> Faults.shortReads(Math.toIntExact(bytes));
      case SHORT_WRITES -> Faults.shortWrites(Math.toIntExact(bytes));
    };
  }
}
