package dev.vsocklab.ci.teeth;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.vsocklab.sim.check.Checker;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Puts one bug for each checker into the simulator: exactly that checker must see it. */
@Tag("checkers")
class CheckerTeethTest {
  private static final Path FOLDER = Path.of("target", "checker-teeth");
  private static final long DEADLINE_SECONDS = 120;

  private static final String CLASS_PATH =
      System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));

  @BeforeAll
  static void folder() throws IOException {
    Files.createDirectories(FOLDER);
  }

  @Test
  void noCheckerSeesAnythingInASimulatorWithoutABug() throws Exception {
    assertEquals(Set.of(), fired(List.of(), "none"));
  }

  @TestFactory
  Stream<DynamicTest> everyCheckerAloneSeesItsBug() {
    return CheckerMutations.all().entrySet().stream()
        .map(
            bug ->
                dynamicTest(
                    bug.getKey() + ": " + bug.getValue(),
                    () -> assertCaught(bug.getKey(), bug.getValue())));
  }

  private static void assertCaught(Checker checker, Mutation bug) throws Exception {
    String name = checker.name();
    Path classes = new MutatedSimulator(FOLDER.resolve(name), CLASS_PATH).with(bug);
    assertEquals(Set.of(name), fired(List.of(classes), name));
    System.out.println("caught by " + name + " alone: " + bug);
  }

  private static Set<String> fired(List<Path> classesInFront, String name) throws Exception {
    List<String> path = new ArrayList<>();
    classesInFront.forEach(folder -> path.add(folder.toAbsolutePath().toString()));
    path.add(CLASS_PATH);
    Path log = FOLDER.resolve(name + ".log");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                String.join(File.pathSeparator, path),
                CheckerTrial.class.getName())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      assertTrue(process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS), "see " + log);
    } finally {
      process.destroyForcibly();
    }
    String said = Files.readString(log, UTF_8);
    assertTrue(said.contains(CheckerTrial.OVER), said);
    Set<String> checkers = new TreeSet<>();
    said.lines()
        .filter(line -> line.startsWith(CheckerTrial.FIRED))
        .forEach(line -> checkers.add(line.split(" ", 3)[1]));
    return checkers;
  }
}
