package dev.vsocklab.sim.choice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ShrinkerTest {

  /** A run: fails or not by what it draws. */
  private interface Program extends Predicate<Choices> {}

  private static Shrinker.@Nullable Result shrunk(Program fails, int maxTries) {
    for (long seed = 0; seed < 1000; seed++) {
      Choices choices = Choices.ofSeed(seed);
      if (fails.test(choices)) {
        return Shrinker.shrink(
            choices.recorded(),
            maxTries,
            candidate -> {
              Choices replay = Choices.replaying(candidate);
              return fails.test(replay) ? replay.recorded() : null;
            });
      }
    }
    return null;
  }

  private static String text(Program fails) {
    Shrinker.Result result = shrunk(fails, 2000);
    return result == null ? "never failed" : result.choices().toString().strip();
  }

  @Test
  void aNumberIsLoweredToTheLeastThatFails() {
    assertEquals("stream a 0*3 618", text(choices -> fourth(choices) >= 618));
  }

  private static int fourth(Choices choices) {
    ChoiceStream stream = choices.stream("a");
    for (int i = 0; i < 3; i++) {
      int unused = stream.draw(1000);
    }
    return stream.draw(1000);
  }

  @Test
  void whatIsNotNeededIsDeletedAndItsStreamForgotten() {
    assertEquals(
        "stream ops 1*3",
        text(
            choices -> {
              int resets = 0;
              for (int i = 0; i < 100; i++) {
                resets += choices.stream("ops").draw(2);
                int unused = choices.stream("noise").draw(1000);
              }
              return resets >= 3;
            }));
  }

  @Test
  void twoStreamsThatAreBothNeededStay() {
    assertEquals(
        "stream a 5\nstream b 7",
        text(choices -> choices.stream("a").draw(20) >= 5 && choices.stream("b").draw(20) >= 7));
  }

  @Test
  void noMoreRunsThanAllowed() {
    int[] runs = {0};
    Shrinker.Result result =
        shrunk(
            choices -> {
              runs[0]++;
              return fourth(choices) >= 618;
            },
            3);
    assertTrue(result != null && result.tries() == 3, "three tries");
  }

  @Test
  void aFailureThatNeverComesBackStaysAsItWas() {
    Choices choices = Choices.ofSeed(1);
    int drawn = choices.stream("a").draw(1 << 30);
    ChoiceSequence found = choices.recorded();
    assertSame(found, Shrinker.shrink(found, 100, candidate -> null).choices(), "drawn " + drawn);
  }
}
