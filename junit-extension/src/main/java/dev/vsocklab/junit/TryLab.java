package dev.vsocklab.junit;

import dev.vsocklab.Lab;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.lifecycle.AfterTry;
import net.jqwik.api.lifecycle.BeforeTry;
import net.jqwik.api.lifecycle.Lifespan;
import net.jqwik.api.lifecycle.MethodLifecycleContext;
import net.jqwik.api.lifecycle.Store;
import net.jqwik.api.lifecycle.TryExecutionResult;
import net.jqwik.api.lifecycle.TryExecutor;
import net.jqwik.api.lifecycle.TryLifecycleContext;
import org.jspecify.annotations.Nullable;

/** The lab of one try of a property, on one backend. */
final class TryLab {

  private final TryLifecycleContext context;
  private final Turn turn;

  private final BrokenLab broken = new BrokenLab();

  /** Null until a parameter asks for it. A try has one thread. */
  private @Nullable PlayedLab lab;

  private TryLab(TryLifecycleContext context, Turn turn) {
    this.context = context;
    this.turn = turn;
  }

  /** The lab of the try that runs now, if one does. */
  static Optional<TryLab> current() {
    return store().get();
  }

  private static Store<Optional<TryLab>> store() {
    return Store.getOrCreate(TryLab.class, Lifespan.TRY, Optional::empty);
  }

  /**
   * Runs a try in a lab of its own, and closes it.
   *
   * @param parameters the sample, in which the lab's machines take the place of what stands for
   *     them
   * @return the try's result; a lab that did not close cleanly falsifies it
   */
  static TryExecutionResult run(
      TryLifecycleContext context, Turn turn, TryExecutor aTry, List<Object> parameters) {
    TryLab tryLab = new TryLab(context, turn);
    store().update(before -> Optional.of(tryLab));
    TryExecutionResult result;
    try {
      result = tryLab.executed(aTry, LabPlaceholder.real(parameters, tryLab::lab));
      result.throwable().ifPresent(tryLab::report);
    } catch (Throwable e) {
      tryLab.closeAfter(e);
      throw e;
    } finally {
      store().update(before -> Optional.empty());
    }
    return tryLab.closed(result);
  }

  /** A try whose lab broke has failed with that. */
  private TryExecutionResult executed(TryExecutor aTry, List<Object> parameters) {
    broken.enter();
    TryExecutionResult result = aTry.execute(parameters);
    Throwable instead = broken.leave(result.throwable().orElse(null));
    return instead == null ? result : TryExecutionResult.falsified(instead);
  }

  /** The open lab. */
  Lab lab() {
    PlayedLab open = lab;
    if (open == null) {
      open =
          turn.open(
              name(),
              wanted(context),
              LabPerTry.guestFiles(),
              context.containerClass().getClassLoader(),
              faults(context),
              broken);
      lab = open; // from here on it is closed, whatever fails
      open.begin();
    }
    return open.lab();
  }

  /** What the labs of a property's tries must have. */
  static WantedGuests.Wanted wanted(MethodLifecycleContext context) {
    return WantedGuests.of(
        around(context.containerClass()),
        List.of(BeforeTry.class, AfterTry.class),
        context.targetMethod());
  }

  /** What happens to the labs of a property's tries. */
  static AnnotatedFaults faults(MethodLifecycleContext context) {
    return AnnotatedFaults.of(around(context.containerClass()), context.targetMethod());
  }

  /** A class behind those around it. */
  static List<Class<?>> around(Class<?> type) {
    List<Class<?>> classes = new ArrayList<>();
    for (Class<?> at = type; at != null; at = at.getEnclosingClass()) {
      classes.add(0, at);
    }
    return classes;
  }

  private String name() {
    return context.containerClass().getSimpleName() + "." + context.targetMethod().getName();
  }

  private void report(Throwable failure) {
    if (lab != null) {
      FailureReport.attach(
          name() + " on " + turn.choice().description(), lab.report(failure), failure);
    }
  }

  private void closeAfter(Throwable failure) {
    try {
      close();
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  private TryExecutionResult closed(TryExecutionResult result) {
    try {
      close();
      return result;
    } catch (IOException e) {
      if (result.throwable().isPresent()) {
        result.throwable().get().addSuppressed(e);
        return result;
      }
      return TryExecutionResult.falsified(e);
    }
  }

  private void close() throws IOException {
    PlayedLab open = lab;
    if (open != null) {
      lab = null;
      open.close();
    }
  }
}
