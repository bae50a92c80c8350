package dev.vsocklab.ci.conformance.report;

import java.util.Map;
import java.util.stream.Collectors;

/** The matrix as JSON: columns with their totals, and each case with its cells in their order. */
final class Json {
  private final Matrix matrix;

  Json(Matrix matrix) {
    this.matrix = matrix;
  }

  String text() {
    return "{\n\"columns\": [\n%s\n],\n\"cases\": [\n%s\n]\n}\n"
        .formatted(
            matrix.columns().stream().map(this::column).collect(Collectors.joining(",\n")),
            matrix.rows().stream().map(this::row).collect(Collectors.joining(",\n")));
  }

  private String column(Column column) {
    String totals =
        matrix.totals(column).entrySet().stream()
            .map(Json::total)
            .collect(Collectors.joining(", "));
    return "{\"backend\": %s, \"kernel\": %s, \"way\": %s, \"totals\": {%s}}"
        .formatted(quoted(column.backend()), quoted(column.kernel()), quoted(column.way()), totals);
  }

  private static String total(Map.Entry<Outcome, Integer> entry) {
    return quoted(entry.getKey().label()) + ": " + entry.getValue();
  }

  private String row(Row row) {
    String cells =
        matrix.columns().stream()
            .map(column -> cell(row, column))
            .collect(Collectors.joining(",\n  "));
    return "{\"theme\": %s, \"id\": %s, \"title\": %s, \"source\": %s, \"cells\": [\n  %s]}"
        .formatted(
            quoted(row.theme()),
            quoted(row.id()),
            quoted(row.title()),
            quoted(row.source()),
            cells);
  }

  private String cell(Row row, Column column) {
    return matrix
        .cell(row, column)
        .map(
            cell ->
                cell.outcome() == Outcome.PASS
                    ? "{\"outcome\": \"pass\"}"
                    : "{\"outcome\": %s, \"text\": %s}"
                        .formatted(quoted(cell.outcome().label()), quoted(cell.text())))
        .orElse("null");
  }

  /** A JSON string. */
  static String quoted(String text) {
    StringBuilder json = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> json.append("\\\"");
        case '\\' -> json.append("\\\\");
        case '\n' -> json.append("\\n");
        case '\t' -> json.append("\\t");
        default -> {
          if (c < ' ') {
            json.append(String.format("\\u%04x", (int) c));
          } else {
            json.append(c);
          }
        }
      }
    }
    return json.append('"').toString();
  }
}
