package dev.vsocklab.ci.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Arrows between modules go down only: see "The rooms" in docs/design.md. */
class ModuleArrowsTest {
  private static final String FAULTS = "dev.vsocklab.fault";
  private static final String[] API = {
    "dev.vsocklab", FAULTS, "dev.vsocklab.spi", "dev.vsocklab.spi.nio"
  };
  private static final String SIM = "dev.vsocklab.sim..";
  private static final String LINUX = "dev.vsocklab.linux..";
  private static final String QEMU = "dev.vsocklab.qemu..";
  private static final String CONTAINERS = "dev.vsocklab.containers..";
  private static final String JUNIT = "dev.vsocklab.junit..";
  private static final String MOCKITO = "org.mockito..";
  private static final String JQWIK = "net.jqwik..";
  private static final String JNA = "com.sun.jna..";

  @Test
  void apiKnowsNobody() {
    knowsOnly(ProductionClasses.in(45, API), API);
  }

  @Test
  void simKnowsApi() {
    knowsOnly(ProductionClasses.in(50, SIM), and(API, SIM));
  }

  @Test
  void nativeKnowsApi() {
    knowsOnly(ProductionClasses.in(20, LINUX), and(API, LINUX, JNA));
  }

  @Test
  void qemuImagesKnowsSimNativeAndApi() {
    knowsOnly(ProductionClasses.in(20, QEMU), and(API, QEMU, SIM, LINUX));
  }

  @Test
  void containersKnowsTheLaunchersOfQemuImages() {
    knowsOnly(
        ProductionClasses.in(8, CONTAINERS),
        and(
            API,
            CONTAINERS,
            LINUX,
            "dev.vsocklab.qemu.launch",
            "org.testcontainers..",
            "com.github.dockerjava.api..",
            "org.slf4j"));
  }

  @Test
  void junitExtensionKnowsSimAndApiAndFindsTheRestThroughServiceLoader() {
    knowsOnly(
        ProductionClasses.in(10, JUNIT),
        and(
            API,
            JUNIT,
            SIM,
            MOCKITO,
            JQWIK,
            "org.junit..",
            "org.opentest4j..",
            "org.apiguardian.."));
  }

  @Test
  void whatMayBeAbsentIsKnownToFewClasses() {
    JavaClasses junit = ProductionClasses.in(10, "dev.vsocklab.junit");
    noClasses()
        .that()
        .haveNameNotMatching(".*Spie.*")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(MOCKITO)
        .check(junit);
    noClasses()
        .that()
        .haveNameNotMatching(".*Try.*")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(JQWIK)
        .check(junit);
  }

  @Test
  void onlyNativeCallsLibc() {
    noClasses()
        .that()
        .resideOutsideOfPackage(LINUX)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(JNA)
        .check(ProductionClasses.all());
  }

  @Test
  void theDeviceKnowsNoLauncherAndTheLauncherNoDevice() {
    String device = "dev.vsocklab.qemu.vhostuser..";
    String launcher = "dev.vsocklab.qemu.launch..";
    String agent = "dev.vsocklab.qemu.agent..";
    String image = "dev.vsocklab.qemu.image..";
    knowsNothingOf(ProductionClasses.in(10, device), launcher, agent, image);
    knowsNothingOf(ProductionClasses.in(8, launcher), device, agent);
    knowsNothingOf(ProductionClasses.in(12, agent), device, launcher, image);
    knowsNothingOf(ProductionClasses.in(10, image), device, launcher);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().assignedFrom(new ByPackage()).should().beFreeOfCycles().check(ProductionClasses.all());
  }

  private static void knowsOnly(JavaClasses room, String[] packages) {
    classes()
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(and(packages, "java..", "org.jspecify.annotations"))
        .check(room);
  }

  private static void knowsNothingOf(JavaClasses room, String... others) {
    noClasses().should().dependOnClassesThat().resideInAnyPackage(others).check(room);
  }

  private static String[] and(String[] some, String... more) {
    List<String> all = new ArrayList<>(Arrays.asList(some));
    all.addAll(Arrays.asList(more));
    return all.toArray(String[]::new);
  }

  /**
   * One slice for each package, the root package too. That one has the faults with it: a lab takes
   * them, and they name its machines; they have a package of their own only for their number.
   */
  private static final class ByPackage implements SliceAssignment {
    @Override
    public SliceIdentifier getIdentifierOf(JavaClass javaClass) {
      String name = javaClass.getPackageName();
      return SliceIdentifier.of(name.equals(FAULTS) ? "dev.vsocklab" : name);
    }

    @Override
    public String getDescription() {
      return "the project's packages";
    }
  }
}
