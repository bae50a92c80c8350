package dev.vsocklab.ci.differential;

import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** Every scenario of the corpus gives its record on the kernel whose record it is. */
@Tag("differential")
class CorpusOnKernelTest {

  @TestFactory
  Stream<DynamicTest> everyRegressionHolds() {
    return Kernels.asked()
        .map(
            series ->
                DynamicTest.dynamicTest(
                    "Linux " + series,
                    () -> {
                      try (Machines machines = Machines.both(series)) {
                        ScenarioRunner kernel = machines.real();
                        for (Regression regression : CorpusTest.of(series)) {
                          CorpusTest.check(regression, kernel);
                        }
                      }
                    }));
  }
}
