package dev.vsocklab.ci.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Inside the simulator a room knows only the rooms before it: see "The rooms" in docs/design.md.
 */
class SimRoomsTest {
  private static final String SIM = "dev.vsocklab.sim";

  /** Bottom up, with the least number of classes that are there. */
  private static final List<Room> ROOMS =
      List.of(
          new Room("choice", 8),
          new Room("kernel", 2),
          new Room("wire", 5),
          new Room("credit", 4),
          new Room("connection", 4),
          new Room("stack", 4),
          new Room("fabric", 3),
          new Room("capture", 5),
          new Room("check", 8),
          new Room("fault", 12),
          new Room("engine", 3));

  private record Room(String name, int atLeast) {
    String packages() {
      return SIM + "." + name + "..";
    }
  }

  static List<Room> rooms() {
    return ROOMS;
  }

  @ParameterizedTest
  @MethodSource("rooms")
  void aRoomKnowsOnlyTheRoomsBeforeIt(Room room) {
    String[] later =
        ROOMS.subList(ROOMS.indexOf(room) + 1, ROOMS.size()).stream()
            .map(Room::packages)
            .collect(Collectors.toCollection(() -> new ArrayList<>(List.of(SIM))))
            .toArray(String[]::new);
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(later)
        .check(ProductionClasses.in(room.atLeast(), room.packages()));
  }

  @Test
  void everyPackageIsARoomOfTheMap() {
    Set<String> packages = new TreeSet<>();
    for (JavaClass javaClass : ProductionClasses.in(30, SIM + "..")) {
      packages.add(javaClass.getPackageName());
    }
    Set<String> expected =
        ROOMS.stream()
            .map(room -> SIM + "." + room.name())
            .collect(Collectors.toCollection(TreeSet::new));
    expected.add(SIM);
    Assertions.assertEquals(expected, packages);
  }

  @Test
  void nobodyDecidingAboutPacketsWaitsOrLocks() {
    noClasses()
        .should()
        .dependOnClassesThat(
            resideInAPackage("java.util.concurrent..")
                .and(not(resideInAPackage("java.util.concurrent.atomic"))))
        .check(ProductionClasses.in(15, packagesOf("kernel", "wire", "credit", "connection")));
  }

  @Test
  void onlyTheEngineHasClocksThreadsAndRandomness() {
    JavaClasses others =
        ProductionClasses.in(25, SIM + "..").that(not(resideInAPackage(SIM + ".engine..")));
    noClasses().should().accessTargetWhere(asksAClockOrChance()).check(others);
    noClasses()
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName(Thread.class.getName())
        .orShould()
        .dependOnClassesThat()
        .haveNameMatching(
            "java\\.(time\\.(Clock|Instant)|util\\.(Random|SplittableRandom|Timer|UUID)"
                + "|util\\.random\\..*|security\\.SecureRandom"
                + "|util\\.concurrent\\.(ThreadLocalRandom|Executor.*|.*Pool|.*ExecutorService"
                + "|CompletableFuture|locks\\.LockSupport))")
        .check(others);
  }

  private static String[] packagesOf(String... rooms) {
    String[] packages = new String[rooms.length];
    for (int i = 0; i < rooms.length; i++) {
      packages[i] = SIM + "." + rooms[i] + "..";
    }
    return packages;
  }

  private static DescribedPredicate<JavaAccess<?>> asksAClockOrChance() {
    Set<String> asking =
        Set.of(
            "java.lang.System.nanoTime",
            "java.lang.System.currentTimeMillis",
            "java.lang.Math.random",
            "java.lang.StrictMath.random",
            "java.lang.Object.wait");
    return DescribedPredicate.describe(
        "asks a clock or chance",
        call ->
            asking.contains(
                call.getTargetOwner().getFullName() + "." + call.getTarget().getName()));
  }
}
