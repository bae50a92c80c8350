package dev.vsocklab.ci.teeth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Puts one bug at a time into the simulator and demands that the suites catch it. */
@Tag("teeth")
@Execution(ExecutionMode.CONCURRENT)
class TeethTest {
  private static final Path FOLDER = Path.of("target", "teeth");

  /** Surefire starts with a jar whose manifest has the class path; here is what it stands for. */
  private static final String CLASS_PATH =
      System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));

  private final Jury jury = new Jury(CLASS_PATH);

  @BeforeAll
  static void folder() throws IOException {
    Files.createDirectories(FOLDER);
  }

  @Test
  void theSimulatorWithoutABugPasses() throws Exception {
    for (String kernel : List.of("6.12", "6.1")) {
      assertEquals(List.of(), verdict(List.of(), kernel, "none-" + kernel));
    }
  }

  @TestFactory
  Stream<DynamicTest> everyBugIsCaught() {
    return Mutations.all().stream()
        .map(mutation -> dynamicTest(mutation.name(), () -> assertCaught(mutation)));
  }

  private void assertCaught(Mutation mutation) throws Exception {
    String name = mutation.name().replaceAll("[^A-Za-z0-9]+", "-");
    Path classes = new MutatedSimulator(FOLDER.resolve(name), CLASS_PATH).with(mutation);
    List<String> failures = verdict(List.of(classes), mutation.kernel(), name);

    assertFalse(failures.isEmpty(), "no test noticed that " + mutation.name());
    System.out.println("caught: " + mutation + ", by " + failures.get(0));
  }

  private List<String> verdict(List<Path> classesInFront, String kernel, String name)
      throws Exception {
    Path log = FOLDER.resolve(name + ".log");
    List<String> failures = jury.judge(classesInFront, kernel, log);
    assertTrue(
        !failures.isEmpty() || Files.readString(log).contains(Trial.OVER),
        "the suites did not run; see " + log);
    return failures;
  }
}
