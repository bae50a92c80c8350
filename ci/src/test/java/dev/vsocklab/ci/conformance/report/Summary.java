package dev.vsocklab.ci.conformance.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The matrix in a page of Markdown: totals for each column, and every cell that is not a pass. */
final class Summary {
  private final Matrix matrix;

  Summary(Matrix matrix) {
    this.matrix = matrix;
  }

  String text() {
    List<String> lines = new ArrayList<>();
    lines.add("# Conformance: " + matrix.rows().size() + " cases");
    lines.add("");
    totals(lines);
    for (Outcome outcome :
        List.of(
            Outcome.FAIL,
            Outcome.KNOWN_DIFFERENCE,
            Outcome.NOT_SIMULATED,
            Outcome.NOT_APPLICABLE)) {
      cells(lines, outcome);
    }
    undecided(lines);
    lines.add("");
    return String.join("\n", lines);
  }

  private void totals(List<String> lines) {
    lines.add(
        "| backend | kernel | direction | pass | fail | known difference | n/a | not simulated | undecided |");
    lines.add("|---|---|---|---|---|---|---|---|---|");
    for (Column column : matrix.columns()) {
      Map<Outcome, Integer> totals = matrix.totals(column);
      int decided = totals.values().stream().mapToInt(Integer::intValue).sum();
      lines.add(
          "| %s | %s | %s | %d | %d | %d | %d | %d | %d |"
              .formatted(
                  column.backend(),
                  column.kernel(),
                  column.way(),
                  totals.get(Outcome.PASS),
                  totals.get(Outcome.FAIL),
                  totals.get(Outcome.KNOWN_DIFFERENCE),
                  totals.get(Outcome.NOT_APPLICABLE),
                  totals.get(Outcome.NOT_SIMULATED),
                  matrix.rows().size() - decided));
    }
  }

  private void cells(List<String> lines, Outcome outcome) {
    List<String> found = new ArrayList<>();
    for (Row row : matrix.rows()) {
      List<String> where = new ArrayList<>();
      String text = "";
      for (Column column : matrix.columns()) {
        Cell cell = matrix.cell(row, column).orElse(Cell.PASS);
        if (cell.outcome() == outcome) {
          where.add(column.toString());
          text = cell.text();
        }
      }
      if (!where.isEmpty()) {
        String columns =
            where.size() == matrix.columns().size() ? "everywhere" : String.join("; ", where);
        found.add("- `%s` %s (%s): %s".formatted(row.id(), row.title(), columns, firstLine(text)));
      }
    }
    if (!found.isEmpty()) {
      lines.add("");
      lines.add("## " + outcome.label());
      lines.add("");
      lines.addAll(found);
    }
  }

  /** What follows is for the page: the last packets. */
  private static String firstLine(String text) {
    return text.lines().findFirst().orElse("");
  }

  private void undecided(List<String> lines) {
    List<Matrix.Undecided> missing = matrix.undecided();
    if (!missing.isEmpty()) {
      lines.add("");
      lines.add("## undecided");
      lines.add("");
      missing.forEach(cell -> lines.add("- " + cell));
    }
  }
}
