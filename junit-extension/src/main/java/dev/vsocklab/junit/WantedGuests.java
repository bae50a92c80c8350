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
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.platform.commons.annotation.Testable;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.HierarchyTraversalMode;

/**
 * The guests that tests name: they must all be known before a lab is opened, and that is as early
 * as the test's constructor. What the tests of a class have in common is read once.
 */
final class WantedGuests {

  /**
   * What a test's lab must have.
   *
   * @param guests the guests
   * @param siblings whether they reach each other
   */
  record Wanted(List<GuestPlan> guests, boolean siblings) {

    /**
     * The guests for a run in virtual time.
     *
     * @throws ParameterResolutionException if one has programs, which no such run can have
     */
    List<GuestRequest> simulable() {
      guests.forEach(GuestPlan::checkSimulable);
      return guests.stream().map(GuestPlan::bare).toList();
    }
  }

  private final ConcurrentMap<Class<?>, ByCid> common = new ConcurrentHashMap<>();

  /**
   * Reads the annotation and the parameters of constructors, {@code @BeforeEach},
   * {@code @AfterEach} and the test, enclosing classes first.
   *
   * @throws ParameterResolutionException if one parameter list names a guest twice, or a CID is not
   *     a guest's
   */
  static Wanted of(ExtensionContext context) {
    return context
        .getRoot()
        .getStore(Turn.NAMESPACE)
        .getOrComputeIfAbsent(WantedGuests.class, key -> new WantedGuests(), WantedGuests.class)
        .read(context);
  }

  /**
   * The guests that the tests of a class are likely to need first, most often named first; without
   * what comes into them.
   *
   * @throws ParameterResolutionException as {@link #of}
   */
  static List<GuestRequest> likely(Class<?> type) {
    ByCid inCommon = inCommon(List.of(type), List.of(BeforeEach.class, AfterEach.class));
    Map<GuestRequest, Integer> mentions = new LinkedHashMap<>();
    for (Method test : annotated(type, Testable.class)) {
      ByCid wanted = new ByCid();
      wanted.addAll(inCommon);
      wanted.addAll(test);
      wanted.plans.values().forEach(plan -> mentions.merge(plan.bare(), 1, Integer::sum));
    }
    return mentions.entrySet().stream()
        .sorted(Map.Entry.<GuestRequest, Integer>comparingByValue().reversed())
        .map(Map.Entry::getKey)
        .toList();
  }

  /**
   * Reads the same for a test of another engine than Jupiter.
   *
   * @param classes the test's class, behind the classes around it
   * @param around the annotations of methods that run with each test
   * @param test the test
   * @throws ParameterResolutionException if one parameter list names a guest twice, or a CID is not
   *     a guest's
   */
  static Wanted of(List<Class<?>> classes, List<Class<? extends Annotation>> around, Method test) {
    return wanted(inCommon(classes, around), test);
  }

  private Wanted read(ExtensionContext context) {
    List<Class<?>> classes = new ArrayList<>(context.getEnclosingTestClasses());
    classes.add(context.getRequiredTestClass());
    ByCid inCommon =
        common.computeIfAbsent(
            context.getRequiredTestClass(),
            key -> inCommon(classes, List.of(BeforeEach.class, AfterEach.class)));
    return wanted(inCommon, context.getRequiredTestMethod());
  }

  private static Wanted wanted(ByCid inCommon, Method test) {
    ByCid wanted = new ByCid();
    wanted.addAll(inCommon);
    wanted.addAll(test);
    return new Wanted(List.copyOf(wanted.plans.values()), inCommon.siblings);
  }

  private static ByCid inCommon(List<Class<?>> classes, List<Class<? extends Annotation>> around) {
    ByCid wanted = new ByCid();
    for (Class<?> type : classes) {
      wanted.addDeclaredBy(type);
    }
    for (Class<?> type : classes) {
      for (Constructor<?> constructor : type.getDeclaredConstructors()) {
        wanted.addAll(constructor);
      }
      for (Class<? extends Annotation> annotation : around) {
        annotated(type, annotation).forEach(wanted::addAll);
      }
    }
    return wanted;
  }

  private static List<Method> annotated(Class<?> type, Class<? extends Annotation> annotation) {
    return AnnotationSupport.findAnnotatedMethods(
        type, annotation, HierarchyTraversalMode.TOP_DOWN);
  }

  /** Guests in the order in which they were named, each CID once. */
  private static final class ByCid {

    private final Map<Long, GuestPlan> plans = new LinkedHashMap<>();
    private boolean siblings;

    private void addDeclaredBy(Class<?> type) {
      AnnotationSupport.findAnnotation(type, VsockTest.class)
          .ifPresent(
              annotation -> {
                siblings |= annotation.siblings();
                for (long cid : annotation.guests()) {
                  add(GuestPlan.of("@VsockTest(guests = …) of " + type.getSimpleName(), cid));
                }
              });
    }

    private void addAll(Executable executable) {
      String where = LabParameters.nameOf(executable);
      Set<Long> here = new HashSet<>();
      for (Parameter parameter : executable.getParameters()) {
        Optional<Guest> guest = Asked.by(parameter).guest();
        if (guest.isEmpty()) {
          continue;
        }
        long cid = guest.get().value();
        if (!here.add(cid)) {
          throw new ParameterResolutionException(
              "Two parameters of %s ask for CID %d, but each guest has its own. Change one, or take the Machine once and ask it for vsock()."
                  .formatted(where, cid));
        }
        add(GuestPlan.of(where, guest.get()));
      }
    }

    private void addAll(ByCid others) {
      others.plans.values().forEach(this::add);
    }

    private void add(GuestPlan plan) {
      plan.bare(); // a CID that is none is told before anything else
      plans.merge(plan.cid(), plan, GuestPlan::and);
    }
  }
}
