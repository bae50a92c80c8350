package dev.vsocklab.junit;

import java.lang.annotation.Annotation;
import java.lang.reflect.Parameter;
import java.util.Optional;
import org.junit.platform.commons.support.AnnotationSupport;

/**
 * Which machine a parameter's annotations ask for.
 *
 * @param host whether they ask for the host
 * @param guest the guest that they ask for
 */
record Asked(boolean host, Optional<Guest> guest) {

  /** Reads annotations of ours, and those composed of ours. */
  static Asked by(Parameter parameter) {
    Annotation[] annotations = parameter.getAnnotations();
    if (annotations.length == 1) {
      // The usual case, spared the search through every annotation's own annotations.
      if (annotations[0] instanceof Host) {
        return new Asked(true, Optional.empty());
      }
      if (annotations[0] instanceof Guest guest) {
        return new Asked(false, Optional.of(guest));
      }
    }
    return new Asked(
        AnnotationSupport.isAnnotated(parameter, Host.class),
        AnnotationSupport.findAnnotation(parameter, Guest.class));
  }

  /** Whether they ask for any machine at all. */
  boolean anything() {
    return host || guest.isPresent();
  }

  /** What messages call it; without a machine it is the lab that the parameter's type asks for. */
  String what() {
    return guest.map(it -> "@Guest(" + it.value() + ")").orElse(host ? "@Host" : "Lab");
  }
}
