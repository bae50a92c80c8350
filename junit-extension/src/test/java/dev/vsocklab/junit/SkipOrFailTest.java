package dev.vsocklab.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.Machine;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** A backend that cannot run skips its tests, or fails them where it is required. */
class SkipOrFailTest {

  private static final String REASON =
      "Backend absent cannot run: no engine on the PATH. Install it (apt-get install it).";

  @VsockTest(backends = {"absent", "fake"})
  static class Sample {
    @BeforeEach
    void setUp(@Host Machine host) {}

    @Test
    void test() {}

    @RepeatedTest(2)
    void again() {}

    @Nested
    class Inner {
      @Test
      void inner(@Guest(42) Machine guest) {}
    }
  }

  @VsockTest(backends = "absent")
  static class WithoutParameters {
    @Test
    void test() {}
  }

  @VsockTest(backends = "absent")
  static class WithConstructor {
    WithConstructor(@Host Machine host) {}

    @Test
    void test() {}
  }

  @VsockTest
  static class Unpinned {
    @Test
    void test() {}
  }

  @Test
  void testsOfABackendThatCannotRunAreSkippedOneByOneWithTheReason() {
    SampleRun run = SampleRun.of(Sample.class).run();
    assertEquals(
        Map.of(
            "test() [absent]",
            REASON,
            "again() [absent]",
            REASON,
            "inner(Machine) [absent]",
            REASON),
        run.skipped());
    run.passed(4); // on the other backend
  }

  @Test
  void testsOfARequiredBackendThatCannotRunFailWithTheReason() {
    SampleRun run =
        SampleRun.of(WithoutParameters.class).property(Settings.REQUIRE, "absent").run();
    assertEquals(REASON + " It must run: vsocklab.require names it.", run.failure().getMessage());
    assertEquals(Map.of(), run.skipped());
  }

  @Test
  void requiredIsAlsoAConfigurationParameter() {
    SampleRun run =
        SampleRun.of(WithoutParameters.class).parameter(Settings.REQUIRE, "absent:*").run();
    assertEquals(REASON + " It must run: vsocklab.require names it.", run.failure().getMessage());
  }

  @Test
  void constructorThatNeedsTheLabOfARequiredBackendFailsWithTheSameReason() {
    SampleRun run = SampleRun.of(WithConstructor.class).property(Settings.REQUIRE, "absent").run();
    assertEquals(REASON + " It must run: vsocklab.require names it.", run.failure().getMessage());
  }

  @Test
  void requiringABackendThatRunsChangesNothing() {
    SampleRun run = SampleRun.of(Sample.class).property(Settings.REQUIRE, "fake").run();
    assertEquals(3, run.skipped().size());
    run.passed(4);
  }

  @Test
  void unknownRequiredBackendFailsTheClass() {
    SampleRun run = SampleRun.of(Sample.class).property(Settings.REQUIRE, "vhst").run();
    String message = SampleRun.message(run.failure());
    assertEquals("Backend \"vhst\" in vsocklab.require is unknown.", firstSentence(message));
  }

  @Test
  void requiredBackendThatNobodyChoseFailsTheClass() {
    assertEquals(
        "vsocklab.require names fake, but nothing runs on it, because vsocklab.backends is not"
            + " set. Set it: -Dvsocklab.backends=sim,fake:1.0",
        SampleRun.of(Unpinned.class)
            .property(Settings.REQUIRE, "fake:1.0")
            .run()
            .failure()
            .getMessage());
  }

  @Test
  void requiredBackendNeedNotRunWhereSomebodyChoseOthers() {
    SampleRun run =
        SampleRun.of(Unpinned.class)
            .property(Settings.BACKENDS, "fake")
            .property(Settings.REQUIRE, "absent")
            .run();
    assertEquals(List.of("test() [fake, Linux 2.0.7]"), run.passed(1).namesOfFinished());
  }

  private static String firstSentence(String message) {
    return message.substring(0, message.indexOf(". ") + 1);
  }
}
