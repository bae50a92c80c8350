package dev.vsocklab.ci.conformance;

import dev.vsocklab.sim.connection.CellVisits;
import dev.vsocklab.spi.Backend;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.stream.Stream;

/** The backends that a list names, opened once for all cells. */
final class TestBackends implements AutoCloseable {
  private final Map<String, Backend> byName;
  private final List<CaseRun> runs;

  private TestBackends(Map<String, Backend> byName, List<CaseRun> runs) {
    this.byName = byName;
    this.runs = runs;
  }

  static TestBackends none() {
    return new TestBackends(Map.of(), List.of());
  }

  /**
   * Finds them.
   *
   * @param list as in {@code -Dvsocklab.backends}, for example {@code sim:6.12,vhost-user:6.1}
   * @param visits what their simulated machines meet is added to it
   */
  static TestBackends named(String list, CellVisits visits) {
    Map<String, Backend> byName = new LinkedHashMap<>();
    ServiceLoader.load(Backend.class).forEach(backend -> byName.put(backend.name(), backend));
    List<CaseRun> runs =
        Stream.of(list.split(",", -1))
            .map(String::strip)
            .filter(entry -> !entry.isEmpty())
            .map(entry -> run(byName, entry, visits))
            .toList();
    return new TestBackends(byName, runs);
  }

  private static CaseRun run(Map<String, Backend> byName, String entry, CellVisits visits) {
    String[] parts = entry.split(":", 2);
    Backend backend = byName.get(parts[0]);
    if (backend == null) {
      throw new IllegalArgumentException(
          "There is no backend \"%s\"; there are %s.".formatted(parts[0], byName.keySet()));
    }
    String kernel = parts.length == 2 ? parts[1] : defaultKernel(backend);
    if (!kernel.isEmpty() && !backend.kernels().contains(kernel)) {
      throw new IllegalArgumentException(
          "Backend %s has no kernel \"%s\"; it has %s."
              .formatted(parts[0], kernel, backend.kernels()));
    }
    return new CaseRun(backend, kernel, visits);
  }

  private static String defaultKernel(Backend backend) {
    return backend.kernels().isEmpty() ? "" : backend.kernels().get(0);
  }

  List<CaseRun> runs() {
    return runs;
  }

  @Override
  public void close() {
    byName.values().forEach(Backend::close);
  }
}
