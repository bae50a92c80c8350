package dev.vsocklab.junit;

import dev.vsocklab.Lab;
import dev.vsocklab.fault.Fault;
import dev.vsocklab.fault.Faults;
import java.io.IOException;
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

  /** Those of a test method. */
  static AnnotatedFaults of(ExtensionContext test) {
    List<Class<?>> classes = new ArrayList<>(test.getEnclosingTestClasses());
    classes.add(test.getRequiredTestClass());
    return of(classes, test.getRequiredTestMethod());
  }

  /** Those of a method of a class, which stands behind the classes around it. */
  static AnnotatedFaults of(List<Class<?>> classes, Method test) {
    List<VsockFault> annotations = new ArrayList<>();
    for (Class<?> type : classes) {
      annotations.addAll(AnnotationSupport.findRepeatableAnnotations(type, VsockFault.class));
    }
    annotations.addAll(AnnotationSupport.findRepeatableAnnotations(test, VsockFault.class));
    return new AnnotatedFaults(annotations.stream().map(AnnotatedFaults::fault).toList());
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
