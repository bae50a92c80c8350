package dev.vsocklab.junit;

import dev.vsocklab.spi.LabRequest.GuestRequest;
import java.lang.annotation.Annotation;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.HierarchyTraversalMode;

/**
 * The guests that a test names anywhere: they must all be known before its lab is opened, and that
 * is as early as its constructor.
 */
final class WantedGuests {

  private final Map<Long, GuestRequest> byCid = new LinkedHashMap<>();

  private WantedGuests() {}

  /**
   * Reads the annotation and the parameters of constructors, {@code @BeforeEach},
   * {@code @AfterEach} and the test, enclosing classes first.
   *
   * @throws ParameterResolutionException if one parameter list names a guest twice, or a CID is not
   *     a guest's
   */
  static List<GuestRequest> of(ExtensionContext context) {
    Class<?> testClass = context.getRequiredTestClass();
    List<Class<?>> classes = new ArrayList<>(context.getEnclosingTestClasses());
    classes.add(testClass);
    WantedGuests wanted = new WantedGuests();
    for (Class<?> type : classes) {
      wanted.addDeclaredBy(type);
    }
    for (Class<?> type : classes) {
      for (Constructor<?> constructor : type.getDeclaredConstructors()) {
        wanted.addAll(constructor);
      }
      wanted.addAll(annotated(type, BeforeEach.class));
      wanted.addAll(annotated(type, AfterEach.class));
    }
    wanted.addAll(context.getRequiredTestMethod());
    return List.copyOf(wanted.byCid.values());
  }

  private static List<Method> annotated(Class<?> type, Class<? extends Annotation> annotation) {
    return AnnotationSupport.findAnnotatedMethods(
        type, annotation, HierarchyTraversalMode.TOP_DOWN);
  }

  private void addDeclaredBy(Class<?> type) {
    AnnotationSupport.findAnnotation(type, VsockTest.class)
        .ifPresent(
            annotation -> {
              for (long cid : annotation.guests()) {
                add("@VsockTest(guests = …) of " + type.getSimpleName(), cid, false);
              }
            });
  }

  private void addAll(List<Method> methods) {
    methods.forEach(this::addAll);
  }

  private void addAll(Executable executable) {
    String where = LabParameters.nameOf(executable);
    Set<Long> here = new HashSet<>();
    for (Parameter parameter : executable.getParameters()) {
      Optional<Guest> guest = AnnotationSupport.findAnnotation(parameter, Guest.class);
      if (guest.isEmpty()) {
        continue;
      }
      long cid = guest.get().value();
      if (!here.add(cid)) {
        throw new ParameterResolutionException(
            "Two parameters of %s ask for CID %d, but each guest has its own. Change one, or take the Machine once and ask it for vsock()."
                .formatted(where, cid));
      }
      add(where, cid, guest.get().fresh());
    }
  }

  private void add(String where, long cid, boolean fresh) {
    GuestRequest request;
    try {
      request = new GuestRequest(cid, fresh);
    } catch (IllegalArgumentException e) {
      throw new ParameterResolutionException(where + ": " + e.getMessage(), e);
    }
    byCid.merge(cid, request, (one, other) -> new GuestRequest(cid, one.fresh() || other.fresh()));
  }
}
