package dev.vsocklab.junit;

import dev.vsocklab.spi.Backend;
import dev.vsocklab.spi.LabRequest;
import dev.vsocklab.spi.LabRequest.GuestRequest;
import dev.vsocklab.spi.Unavailable;
import java.io.IOException;
import java.util.List;
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
    return required ? reason().map(Turn::mustRun) : Optional.empty();
  }

  /** Why this backend cannot play what a test wants, in one line; empty if it can. */
  Optional<String> unplayable(WantedGuests.Wanted wanted) {
    if (choice.backend().runsPrograms()) {
      return Optional.empty();
    }
    Optional<String> why =
        wanted.guests().stream()
            .flatMap(guest -> guest.unplayable(choice.backend().name()).stream())
            .findFirst();
    return required ? why.map(Turn::mustRun) : why;
  }

  /**
   * Opens a lab of this turn's backend for one test; neither faults nor who plays its programs have
   * begun.
   *
   * @param files finds what comes into guests
   * @param classPath where that may be
   * @param faults the faults that the lab begins with
   * @param broken is told when the lab breaks
   * @throws ParameterResolutionException if it cannot be opened, with the backend's own sentence
   */
  PlayedLab open(
      String testName,
      WantedGuests.Wanted wanted,
      GuestFiles files,
      ClassLoader classPath,
      AnnotatedFaults faults,
      BrokenLab broken) {
    reasonToFail().or(() -> unplayable(wanted)).ifPresent(Turn::refuse);
    Backend backend = choice.backend();
    wanted.guests().forEach(guest -> guest.checkKernel(backend));
    List<GuestRequest> guests =
        wanted.guests().stream().map(guest -> guest.request(files, classPath)).toList();
    try {
      return new PlayedLab(
          backend.open(new LabRequest(testName, choice.kernel(), guests, wanted.siblings())),
          backend.runsPrograms() ? List.of() : wanted.guests(),
          faults,
          broken);
    } catch (IOException e) {
      throw new ParameterResolutionException(
          "No lab for %s on %s: %s".formatted(testName, choice.description(), e.getMessage()), e);
    }
  }

  private static void refuse(String reason) {
    throw new ParameterResolutionException(reason);
  }

  private static String mustRun(String line) {
    return line + " It must run: " + Settings.REQUIRE + " names it.";
  }

  private Optional<String> reason() {
    return unavailable.map(why -> why.message(choice.backend().name()));
  }
}
