package dev.vsocklab.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.ClassTemplate;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.TestEngine;

/** The build runs these tests on two versions of JUnit; this one holds it to that. */
class JunitVersionTest {

  @Test
  void theseTestsRunOnTheVersionThatTheBuildMeans() {
    String meant = System.getProperty("vsocklab.junit.major", "5");
    assertEquals(meant, majorOf(ClassTemplate.class));
    assertEquals(meant.equals("5") ? "1" : meant, majorOf(TestEngine.class));
  }

  private static String majorOf(Class<?> type) {
    String version = String.valueOf(type.getPackage().getImplementationVersion());
    return version.substring(0, Math.max(0, version.indexOf('.')));
  }
}
