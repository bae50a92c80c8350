package dev.vsocklab.junit;

import dev.vsocklab.spi.BackendLab;
import dev.vsocklab.spi.LabRequest;
import dev.vsocklab.spi.Unavailable;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterResolutionException;

/**
 * One backend's turn at a test class. It stands in the store of the class's invocation, where every
 * test of that invocation finds it.
 *
 * @param choice the backend and kernel
 * @param unavailable why it cannot run here, if so
 * @param required whether its tests fail, instead of being skipped, where it cannot run
 */
record Turn(Choice choice, Optional<Unavailable> unavailable, boolean required) {

  static final Namespace NAMESPACE = Namespace.create(VsockTest.class);

  /** The turn that a test or class is part of; empty outside {@code @VsockTest} classes. */
  static Optional<Turn> of(ExtensionContext context) {
    return Optional.ofNullable(context.getStore(NAMESPACE).get(Turn.class, Turn.class));
  }

  /** Lets everything below the context find this turn. */
  void begin(ExtensionContext context) {
    context.getStore(NAMESPACE).put(Turn.class, this);
  }

  /** Why the tests of this turn are skipped, in one line; empty if they are not. */
  Optional<String> reasonToSkip() {
    return required ? Optional.empty() : reason();
  }

  /** Why the tests of this turn fail, in one line; empty if the backend can run. */
  Optional<String> reasonToFail() {
    return required
        ? reason().map(line -> line + " It must run: " + Settings.REQUIRE + " names it.")
        : Optional.empty();
  }

  /**
   * Opens a lab of this turn's backend for one test, with the faults that it is annotated with.
   *
   * @throws ParameterResolutionException if it cannot be opened, with the backend's own sentence
   */
  BackendLab open(String testName, WantedGuests.Wanted wanted, AnnotatedFaults faults) {
    reasonToFail()
        .ifPresent(
            reason -> {
              throw new ParameterResolutionException(reason);
            });
    LabRequest request =
        new LabRequest(testName, choice.kernel(), wanted.guests(), wanted.siblings());
    try {
      BackendLab opened = choice.backend().open(request);
      injectOrClose(faults, opened);
      return opened;
    } catch (IOException e) {
      throw new ParameterResolutionException(
          "No lab for %s on %s: %s".formatted(testName, choice.description(), e.getMessage()), e);
    }
  }

  private static void injectOrClose(AnnotatedFaults faults, BackendLab opened) throws IOException {
    try {
      faults.injectInto(opened);
    } catch (IOException | RuntimeException e) {
      try {
        opened.close();
      } catch (IOException atClose) {
        e.addSuppressed(atClose);
      }
      throw e;
    }
  }

  private Optional<String> reason() {
    return unavailable.map(why -> why.message(choice.backend().name()));
  }
}
