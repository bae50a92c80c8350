package dev.vsocklab.ci.conformance.report;

import java.util.Map;

/** The matrix as one HTML page without scripts: totals on top, then a table for each theme. */
final class Page {
  private static final String STYLE =
      """
      body { font: 14px/1.4 system-ui, sans-serif; margin: 2em; color: #222; }
      table { border-collapse: collapse; margin: 1em 0 2em; }
      th, td { border: 1px solid #ccc; padding: 3px 8px; text-align: left; vertical-align: top; }
      th { background: #f3f3f3; }
      td.number { text-align: right; }
      td.id { white-space: nowrap; font-family: ui-monospace, monospace; }
      td.source { color: #666; font-size: 12px; }
      td.pass { background: #dff3e0; }
      td.fail, td.undecided { background: #f8caca; font-weight: bold; }
      td.known-difference { background: #fdebc0; }
      td.n-a, td.not-simulated { background: #e8ecf3; color: #555; }
      details { font-weight: normal; max-width: 30em; }
      summary { cursor: pointer; }
      pre { white-space: pre-wrap; font-size: 12px; }
      """;

  private final Matrix matrix;
  private final StringBuilder html = new StringBuilder();

  Page(Matrix matrix) {
    this.matrix = matrix;
  }

  String text() {
    html.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
        .append("<title>AF_VSOCK conformance</title>\n<style>\n")
        .append(STYLE)
        .append("</style>\n</head>\n<body>\n<h1>AF_VSOCK conformance</h1>\n<p>")
        .append(matrix.rows().size())
        .append(" cases. Click a cell that is not a pass for its reason.</p>\n");
    totals();
    String theme = "";
    for (Row row : matrix.rows()) {
      if (!row.theme().equals(theme)) {
        endTable(theme);
        theme = row.theme();
        beginTable(theme);
      }
      row(row);
    }
    endTable(theme);
    return html.append("</body>\n</html>\n").toString();
  }

  private void totals() {
    html.append("<table>\n<tr><th>backend</th><th>kernel</th><th>direction</th>");
    for (Outcome outcome : Outcome.values()) {
      html.append("<th>").append(outcome.label()).append("</th>");
    }
    html.append("<th>undecided</th></tr>\n");
    for (Column column : matrix.columns()) {
      html.append("<tr><td>")
          .append(escaped(column.backend()))
          .append("</td><td>")
          .append(escaped(column.kernel()))
          .append("</td><td>")
          .append(escaped(column.way()))
          .append("</td>");
      Map<Outcome, Integer> totals = matrix.totals(column);
      totals.values().forEach(this::number);
      number(matrix.rows().size() - totals.values().stream().mapToInt(Integer::intValue).sum());
      html.append("</tr>\n");
    }
    html.append("</table>\n");
  }

  private void number(int number) {
    html.append("<td class=\"number\">").append(number).append("</td>");
  }

  private void beginTable(String theme) {
    html.append("<h2>").append(escaped(theme)).append("</h2>\n<table>\n");
    html.append("<tr><th>case</th><th>what Linux does</th><th>source</th>");
    for (Column column : matrix.columns()) {
      html.append("<th>")
          .append(escaped(column.backend()))
          .append("<br>")
          .append(escaped(column.kernel()))
          .append("<br>")
          .append(escaped(column.way()))
          .append("</th>");
    }
    html.append("</tr>\n");
  }

  private void endTable(String theme) {
    if (!theme.isEmpty()) {
      html.append("</table>\n");
    }
  }

  private void row(Row row) {
    html.append("<tr id=\"")
        .append(escaped(row.id()))
        .append("\"><td class=\"id\">")
        .append(escaped(row.id()))
        .append("</td><td>")
        .append(escaped(row.title()))
        .append("</td><td class=\"source\">")
        .append(escaped(row.source()))
        .append("</td>");
    for (Column column : matrix.columns()) {
      matrix
          .cell(row, column)
          .ifPresentOrElse(this::cell, () -> html.append("<td class=\"undecided\">undecided</td>"));
    }
    html.append("</tr>\n");
  }

  private void cell(Cell cell) {
    String label = cell.outcome().label();
    html.append("<td class=\"").append(label.replaceAll("[ /]", "-")).append("\">");
    if (cell.text().isEmpty()) {
      html.append(label);
    } else {
      html.append("<details><summary>")
          .append(label)
          .append("</summary><pre>")
          .append(escaped(cell.text()))
          .append("</pre></details>");
    }
    html.append("</td>");
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
