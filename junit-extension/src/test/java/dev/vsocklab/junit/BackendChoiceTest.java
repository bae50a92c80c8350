package dev.vsocklab.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.Machine;
import dev.vsocklab.sim.SimBackend;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;

/** Which backends and kernels a class runs on, and what an unknown one gives. */
class BackendChoiceTest {

  private static final String SIM_6_1 = new SimBackend().describe("6.1");

  @VsockTest
  static class Unpinned {
    @Test
    void test(@Host Machine host) {}
  }

  @VsockTest(backends = "fake:1.0")
  static class Pinned {
    @Test
    void test(@Host Machine host) {}
  }

  @VsockTest(backends = {"fake:1.0", "fake:2.0"})
  static class PinnedToTwo {
    @Test
    void test(@Host Machine host) {}
  }

  @VsockTest(kernel = "1.0")
  static class AboutAKernel {
    @Test
    void test(@Host Machine host) {}
  }

  @VsockTest(backends = "fake", kernel = "9.9")
  static class AboutAKernelThatNobodyHas {
    @Test
    void test(@Host Machine host) {}
  }

  @VsockTest(kernel = "6.1")
  static class AboutLinux61 {
    @Test
    void test(@Host Machine host) {}

    @Nested
    @VsockTest(kernel = "6.12")
    class Inner {
      @Test
      void inner(@Host Machine host) {}
    }
  }

  @VsockTest(backends = "fake:1.0")
  abstract static class PinnedBase {
    @Test
    void test(@Host Machine host) {}
  }

  static class Inheriting extends PinnedBase {}

  @Test
  void nameAloneMeansTheBackendsDefaultKernel() {
    assertEquals(List.of("2.0"), kernels(run(Unpinned.class, "fake")));
  }

  @Test
  void nameAndKernelMeansThatKernel() {
    assertEquals(List.of("1.0"), kernels(run(Unpinned.class, "fake:1.0")));
  }

  @Test
  void starMeansEveryKernelInTheBackendsOrder() {
    assertEquals(List.of("2.0", "1.0"), kernels(run(Unpinned.class, "fake:*")));
  }

  @Test
  void starOnABackendWithoutKernelsMeansTheBackend() {
    assertEquals(1, run(Unpinned.class, "absent:*").skipped().size());
  }

  @Test
  void whatIsNamedTwiceRunsOnce() {
    assertEquals(List.of("2.0", "1.0"), kernels(run(Unpinned.class, "fake, fake:*,fake:2.0")));
  }

  @Test
  void annotationChoosesWhereTheBuildSaysNothing() {
    assertEquals(List.of("1.0", "2.0"), kernels(SampleRun.of(PinnedToTwo.class).run()));
  }

  @Test
  void annotationIsInherited() {
    assertEquals(List.of("1.0"), kernels(SampleRun.of(Inheriting.class).run()));
  }

  @Test
  void configurationParameterIsStrongerThanTheAnnotation() {
    SampleRun run = SampleRun.of(Pinned.class).parameter(Settings.BACKENDS, "fake:2.0").run();
    assertEquals(List.of("2.0"), kernels(run));
  }

  @Test
  void systemPropertyIsStrongerThanTheConfigurationParameter() {
    SampleRun run =
        SampleRun.of(Pinned.class)
            .parameter(Settings.BACKENDS, "fake:1.0")
            .property(Settings.BACKENDS, "fake:2.0")
            .run();
    assertEquals(List.of("2.0"), kernels(run));
  }

  @Test
  void blankSystemPropertySaysNothing() {
    SampleRun run = SampleRun.of(Pinned.class).property(Settings.BACKENDS, " , ").run();
    assertEquals(List.of("1.0"), kernels(run));
  }

  @Test
  void unknownBackendFailsTheClassAndListsTheKnownOnesAndTheirModules() {
    SampleRun run = run(Unpinned.class, "fake,vhost-usr");
    String message = SampleRun.message(run.failure());
    assertTrue(
        message.startsWith(
            "Backend \"vhost-usr\" in vsocklab.backends is unknown. Known here: absent, fake"),
        message);
    assertTrue(message.contains("vhost-user with dev.vsocklab:vsocklab-qemu"), message);
    assertEquals(List.of(), run.namesOfFinished());
  }

  @Test
  void unknownKernelFailsTheClassAndListsTheKnownOnes() {
    assertEquals(
        "Backend fake has no kernel \"9.9\", which vsocklab.backends asks for. It has 2.0, 1.0:"
            + " write for example fake:2.0.",
        run(Unpinned.class, "fake:9.9").failure().getMessage());
  }

  @Test
  void kernelOfABackendWithoutKernelsFailsTheClass() {
    assertEquals(
        "Backend absent has no kernels to choose from, but vsocklab.backends asks for"
            + " \"absent:1\". Write absent alone.",
        run(Unpinned.class, "absent:1").failure().getMessage());
  }

  @Test
  void annotationsKernelIsWhatANameAloneMeans() {
    assertEquals(List.of("1.0"), kernels(run(AboutAKernel.class, "fake")));
  }

  @Test
  void kernelThatTheBuildNamesIsStrongerThanTheAnnotations() {
    assertEquals(List.of("2.0"), kernels(run(AboutAKernel.class, "fake:2.0")));
    assertEquals(List.of("2.0", "1.0"), kernels(run(AboutAKernel.class, "fake:*")));
  }

  @Test
  void backendWithoutTheAnnotationsKernelRunsWithItsDefault() {
    SampleRun run = run(AboutAKernel.class, "sim,fake,absent");
    assertEquals(
        List.of("test(Machine) [fake, Linux 1.0.7]", "test(Machine) [sim]"), run.namesOfFinished());
    assertEquals(1, run.skipped().size());
  }

  @Test
  void kernelThatNoChosenBackendHasFailsTheClassAndListsWhatTheyHave() {
    assertEquals(
        "@VsockTest(kernel = \"9.9\"): no chosen backend has that kernel. fake has 2.0, 1.0."
            + " Write one of these, or nothing for the default.",
        SampleRun.of(AboutAKernelThatNobodyHas.class).run().failure().getMessage());
    String message =
        SampleRun.message(run(AboutAKernelThatNobodyHas.class, "fake:*,absent").failure());
    assertTrue(message.contains(" fake has 2.0, 1.0; absent has none to choose from. "), message);
  }

  @Test
  void simulatorHasTheKernelThatTheAnnotationChooses() {
    assertEquals(
        List.of("inner(Machine) [" + SIM_6_1 + "]", "test(Machine) [" + SIM_6_1 + "]"),
        SampleRun.of(AboutLinux61.class).run().passed(2).namesOfFinished());
  }

  @Test
  void starRunsTheSimulatorAsEachOfItsKernels() {
    SimBackend sim = new SimBackend();
    List<String> names =
        sim.kernels().stream()
            .map(kernel -> "test(Machine) [" + sim.describe(kernel) + "]")
            .sorted()
            .toList();
    assertTrue(names.size() > 1, names::toString);
    assertEquals(names, run(Unpinned.class, "sim:*").passed(names.size()).namesOfFinished());
  }

  @Test
  void twoBackendsOfOneNameAreAnError() {
    ExtensionConfigurationException e =
        assertThrows(
            ExtensionConfigurationException.class,
            () -> new Backends(List.of(new FakeBackend(), new FakeBackend())));
    String message = SampleRun.message(e);
    assertTrue(message.startsWith("Two backends call themselves fake"), message);
  }

  @Test
  void backendsAreClosedOnceWhenTheTestsAreOver() {
    run(PinnedToTwo.class, "fake:*");
    assertEquals(1, FakeBackend.closedBackends());
  }

  private static SampleRun run(Class<?> sample, String backends) {
    return SampleRun.of(sample).property(Settings.BACKENDS, backends).run();
  }

  private static List<String> kernels(SampleRun run) {
    return run.passed(run.labs().size()).labs().stream()
        .map(lab -> lab.request().kernel())
        .toList();
  }
}
