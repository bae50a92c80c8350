package dev.vsocklab.ci.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.vsocklab.ci.conformance.report.Cell;
import dev.vsocklab.ci.conformance.report.Column;
import dev.vsocklab.ci.conformance.report.Matrix;
import dev.vsocklab.ci.conformance.report.Outcome;
import dev.vsocklab.ci.conformance.report.Pages;
import dev.vsocklab.ci.conformance.report.Row;
import dev.vsocklab.ci.coverage.CellTable;
import dev.vsocklab.sim.connection.CellVisits;
import dev.vsocklab.spi.Unavailable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/**
 * Every case on every backend that {@code -Dvsocklab.backends} names, both ways round, with the
 * matrix as its result. {@code -Dvsocklab.conformance.only} takes the cases whose id a regular
 * expression finds; {@code -Dvsocklab.conformance.kernels.at.once} has more than one kernel at
 * work.
 */
@Tag("conformance")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ConformanceTest {
  private static final Path FOLDER = Path.of("target", "conformance");

  private final List<ConformanceCase> cases = chosen();
  private final Map<Column, Place> places = new LinkedHashMap<>();
  private final CellVisits visits = new CellVisits();
  private Matrix matrix = new Matrix(List.of(), List.of());
  private final Decisions decisions =
      new Decisions(Integer.getInteger("vsocklab.conformance.kernels.at.once", 1));
  private TestBackends backends = TestBackends.none();

  /** Where a column's cells are decided. */
  private record Place(CaseRun run, Way way) {}

  @BeforeAll
  void columns() {
    backends = TestBackends.named(System.getProperty("vsocklab.backends", "sim"), visits);
    for (CaseRun run : backends.runs()) {
      for (Way way : Way.values()) {
        Column column =
            new Column(
                run.backend().name(), KernelSeries.of(run.kernel()).toString(), way.toString());
        places.put(column, new Place(run, way));
      }
    }
    matrix = new Matrix(rows(), List.copyOf(places.keySet()));
    letGuestsBoot();
    backends.runs().forEach(run -> decisions.add(run, cases));
  }

  /** The first guest of every kernel before the second of any: a second is added to a first. */
  private void letGuestsBoot() {
    cases.stream()
        .map(ConformanceCase::guests)
        .distinct()
        .sorted()
        .forEach(guests -> backends.runs().forEach(run -> run.prepare(guests)));
  }

  @TestFactory
  Stream<DynamicContainer> cells() {
    return places.entrySet().stream()
        .map(
            entry ->
                dynamicContainer(
                    entry.getKey().toString(),
                    cases.stream().map(each -> cell(each, entry.getKey(), entry.getValue()))));
  }

  private DynamicTest cell(ConformanceCase each, Column column, Place place) {
    return dynamicTest(
        each + " [" + column + "]",
        () -> {
          place
              .run()
              .backend()
              .unavailable(place.run().kernel())
              .map(why -> unavailable(place, why))
              .ifPresent(
                  message -> {
                    throw new AssertionError(message);
                  });
          Cell cell = decisions.of(place.run(), place.way(), each);
          matrix.decide(each.row(), column, cell);
          assertNotEquals(Outcome.FAIL, cell.outcome(), cell.text());
        });
  }

  private static String unavailable(Place place, Unavailable why) {
    return why.message(place.run().backend().name());
  }

  @AfterAll
  void everyCellIsDecided() throws IOException {
    try {
      Pages.write(matrix, FOLDER);
      String table = new CellTable(visits).write();
      Files.writeString(FOLDER.resolve("connection-table.txt"), table);
      System.out.println("What packets met in the simulated machines of this run:\n" + table);
      assertEquals(List.of(), matrix.undecided(), "cells that nobody decided");
    } finally {
      decisions.close();
      backends.close();
    }
  }

  private List<Row> rows() {
    return cases.stream().map(ConformanceCase::row).toList();
  }

  private static List<ConformanceCase> chosen() {
    String only = System.getProperty("vsocklab.conformance.only", "");
    return Suite.cases().stream()
        .filter(each -> Pattern.compile(only).matcher(each.row().id()).find())
        .toList();
  }
}
