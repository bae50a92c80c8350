package dev.vsocklab.junit;

import dev.vsocklab.spi.LabRequest;
import dev.vsocklab.spi.LabRequest.GuestRequest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ClassTemplateInvocationContext;
import org.junit.jupiter.api.extension.ClassTemplateInvocationContextProvider;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.platform.commons.support.AnnotationSupport;

/**
 * Gives each chosen backend its turn at a {@link VsockTest} class. Stateless: what a turn knows is
 * in the store.
 */
final class BackendTurns
    implements ClassTemplateInvocationContextProvider, ExecutionCondition, BeforeEachCallback {

  @Override
  public boolean supportsClassTemplate(ExtensionContext context) {
    return annotation(context).isPresent();
  }

  @Override
  public Stream<ClassTemplateInvocationContext> provideClassTemplateInvocationContexts(
      ExtensionContext context) {
    Optional<Turn> enclosing = Turn.of(context);
    if (enclosing.isPresent()) {
      // A nested class that repeats the annotation takes part in its outer class's turn.
      return Stream.of(new NestedTurn(enclosing.get()));
    }
    Settings settings = new Settings(context::getConfigurationParameter, Backends.of(context));
    Set<Choice> chosen = settings.chosen(annotation(context).orElseThrow());
    Set<Choice> required = settings.required();
    chosen.forEach(choice -> prepare(choice, context.getRequiredTestClass()));
    return chosen.stream().map(choice -> new OuterTurn(choice, required.contains(choice)));
  }

  /** Lets real guests boot while other turns, and the class's own beginning, run. */
  private static void prepare(Choice choice, Class<?> type) {
    List<GuestRequest> guests;
    try {
      guests = WantedGuests.likely(type);
    } catch (ParameterResolutionException e) {
      return; // the test that names them says so, where it is read
    }
    List<GuestRequest> ofOneLab = new ArrayList<>();
    Set<Long> cids = new HashSet<>();
    for (GuestRequest guest : guests) {
      if (cids.add(guest.cid())) {
        ofOneLab.add(guest);
      }
    }
    if (!ofOneLab.isEmpty() && choice.backend().unavailable(choice.kernel()).isEmpty()) {
      choice.backend().prepare(new LabRequest(type.getSimpleName(), choice.kernel(), ofOneLab));
    }
  }

  /** Skips test by test, not the whole class, so that every report names each test skipped. */
  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    return context
        .getTestMethod()
        .flatMap(method -> Turn.of(context))
        .flatMap(turn -> turn.reasonToSkip().or(() -> unplayable(turn, context)))
        .map(ConditionEvaluationResult::disabled)
        .orElseGet(() -> ConditionEvaluationResult.enabled("the backend can run"));
  }

  private static Optional<String> unplayable(Turn turn, ExtensionContext context) {
    if (turn.required()) {
      return Optional.empty(); // it fails, when its lab is opened
    }
    try {
      return turn.unplayable(WantedGuests.of(context));
    } catch (ParameterResolutionException e) {
      return Optional.empty(); // told where the parameters are resolved
    }
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    Turn.of(context)
        .flatMap(Turn::reasonToFail)
        .ifPresent(
            reason -> {
              throw new ExtensionConfigurationException(reason);
            });
  }

  /** Asks the class itself only: a nested class template of another kind is not ours. */
  private static Optional<VsockTest> annotation(ExtensionContext context) {
    return AnnotationSupport.findAnnotation(context.getTestClass(), VsockTest.class);
  }

  private record OuterTurn(Choice choice, boolean required)
      implements ClassTemplateInvocationContext {

    @Override
    public String getDisplayName(int invocationIndex) {
      return choice.description();
    }

    @Override
    public void prepareInvocation(ExtensionContext context) {
      new Turn(choice, choice.backend().unavailable(choice.kernel()), required).begin(context);
      NamedNode.nameTestsBelow(context, choice.description());
    }
  }

  private record NestedTurn(Turn turn) implements ClassTemplateInvocationContext {

    @Override
    public String getDisplayName(int invocationIndex) {
      return turn.choice().description();
    }
  }
}
