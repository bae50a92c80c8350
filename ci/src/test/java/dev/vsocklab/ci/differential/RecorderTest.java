package dev.vsocklab.ci.differential;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** Asks the kernels anew and writes what they say, for {@link RecordingTest}. */
@Tag("record")
class RecorderTest {
  private static final int SCENARIOS = 1000;
  private static final Path FOLDER = Path.of("src/test/resources/dev/vsocklab/ci/differential");

  @TestFactory
  Stream<DynamicTest> record() {
    return Stream.of("6.12", "6.1")
        .map(series -> DynamicTest.dynamicTest("Linux " + series, () -> record(series)));
  }

  private static void record(String series) throws IOException {
    ScenarioGenerator generator = new ScenarioGenerator(ScenarioGenerator.Topology.LOOPBACK);
    List<Scenario> scenarios = new ArrayList<>();
    for (long seed = 1; seed <= SCENARIOS; seed++) {
      scenarios.add(generator.generate(seed));
    }
    try (Machines machines = Machines.both(series)) {
      List<List<Outcome>> first = machines.real().run(scenarios);
      List<List<Outcome>> second = machines.real().run(scenarios);
      List<Recording.Entry> entries = new ArrayList<>();
      for (int i = 0; i < SCENARIOS; i++) {
        if (first.get(i).equals(second.get(i))) { // else a race decides, which nothing can record
          entries.add(Recording.Entry.of(i + 1, scenarios.get(i), first.get(i)));
        }
      }
      new Recording(entries).write(FOLDER, series);
      assertTrue(
          entries.size() > SCENARIOS * 9 / 10, entries.size() + " of them are the same twice");
    }
  }
}
