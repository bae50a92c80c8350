package dev.vsocklab.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.Machine;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.platform.engine.TestDescriptor;
import org.junit.platform.engine.UniqueId;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.testkit.engine.Event;

/** Every test's own name carries the backend and kernel. */
class TestNamesTest {

  @VsockTest(backends = "fake:*")
  static class Plain {
    @Test
    void echo() {}

    @Test
    @DisplayName("says hello")
    void named(@Host Machine host) {}
  }

  @VsockTest(backends = "fake")
  static class Templates {
    @ParameterizedTest(name = "{0} bytes")
    @ValueSource(ints = {1, 2})
    void sizes(int size, @Host Machine host) {}

    @RepeatedTest(2)
    void again() {}

    @TestFactory
    List<DynamicTest> made() {
      return List.of(DynamicTest.dynamicTest("dynamic", () -> {}));
    }
  }

  @VsockTest(backends = "fake")
  static class Outer {
    @Nested
    class Inner {
      @Test
      void inner() {}
    }

    @Nested
    @VsockTest
    class InnerWithAnnotation {
      @Test
      void once() {}
    }

    @Nested
    @ParameterizedClass
    @ValueSource(ints = {1, 2})
    class InnerWithParameter {
      InnerWithParameter(int value, @Guest(42) Machine guest) {}

      @Test
      void twice() {}
    }
  }

  @Test
  void plainTestCarriesBackendAndKernel() {
    SampleRun run = SampleRun.of(Plain.class).run().passed(4);
    assertEquals(
        List.of(
            "echo() [fake, Linux 1.0.7]",
            "echo() [fake, Linux 2.0.7]",
            "says hello [fake, Linux 1.0.7]",
            "says hello [fake, Linux 2.0.7]"),
        run.namesOfFinished());
  }

  @Test
  void classIsRunOnceForEachBackendUnderItsName() {
    List<String> containers =
        SampleRun.of(Plain.class)
            .run()
            .results()
            .containerEvents()
            .started()
            .map(SampleRun::nameOf)
            .filter(name -> name.startsWith("fake"))
            .toList();
    assertEquals(List.of("fake, Linux 2.0.7", "fake, Linux 1.0.7"), containers);
  }

  @Test
  void nameForFlatReportsCarriesTheBackendBeforeTheIndex() {
    List<String> names =
        SampleRun.of(Plain.class)
            .run()
            .results()
            .testEvents()
            .finished()
            .map(Event::getTestDescriptor)
            .map(TestDescriptor::getLegacyReportingName)
            .sorted()
            .toList();
    assertEquals(
        List.of(
            "echo() [fake, Linux 1.0.7][2]",
            "echo() [fake, Linux 2.0.7][1]",
            "named(Machine) [fake, Linux 1.0.7][2]",
            "named(Machine) [fake, Linux 2.0.7][1]"),
        names);
  }

  @Test
  void testsThatAppearWhileTheyRunCarryTheBackendToo() {
    assertEquals(
        List.of(
            "1 bytes [fake, Linux 2.0.7]",
            "2 bytes [fake, Linux 2.0.7]",
            "dynamic [fake, Linux 2.0.7]",
            "repetition 1 of 2 [fake, Linux 2.0.7]",
            "repetition 2 of 2 [fake, Linux 2.0.7]"),
        SampleRun.of(Templates.class).run().passed(5).namesOfFinished());
  }

  @Test
  void testsOfNestedClassesCarryTheBackendOnce() {
    assertEquals(
        List.of(
            "inner() [fake, Linux 2.0.7]",
            "once() [fake, Linux 2.0.7]",
            "twice() [fake, Linux 2.0.7]",
            "twice() [fake, Linux 2.0.7]"),
        SampleRun.of(Outer.class).run().passed(4).namesOfFinished());
  }

  @Test
  void failedTestCanBeRunAgainByItsIdentifier() {
    UniqueId id =
        SampleRun.of(Plain.class)
            .run()
            .results()
            .testEvents()
            .finished()
            .filter(event -> SampleRun.nameOf(event).equals("echo() [fake, Linux 1.0.7]"))
            .findFirst()
            .orElseThrow()
            .getTestDescriptor()
            .getUniqueId();
    SampleRun again = SampleRun.of(DiscoverySelectors.selectUniqueId(id)).run();
    assertEquals(List.of("echo() [fake, Linux 1.0.7]"), again.namesOfFinished());
  }
}
