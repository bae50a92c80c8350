package dev.vsocklab.ci.coverage;

import dev.vsocklab.sim.connection.CellVisits;
import dev.vsocklab.sim.connection.Row;
import dev.vsocklab.sim.wire.Op;
import java.util.Map;
import java.util.TreeMap;

/**
 * The connection table with the packets that a run met in each cell, as text for the build's
 * output. Below it, for the cells that met none, why.
 */
public final class CellTable {
  private static final String BY_HAND =
      "no Linux sends it there; the conformance suite does, with packets made by hand";

  private final CellVisits visits;

  /**
   * Looks at a run.
   *
   * @param visits what it reached
   */
  public CellTable(CellVisits visits) {
    this.visits = visits;
  }

  /**
   * Writes the table.
   *
   * @return several lines
   */
  public String write() {
    StringBuilder text = new StringBuilder(String.format("%-15s", "packets met by"));
    for (Op op : Op.values()) {
      text.append(String.format(width(op), op));
    }
    text.append('\n');
    Map<String, String> empty = new TreeMap<>();
    for (Row row : Row.values()) {
      text.append(String.format("%-15s", row));
      for (Op op : Op.values()) {
        long count = visits.count(row, op);
        text.append(String.format(width(op), count == 0 ? "-" : Long.toString(count)));
        if (count == 0) {
          empty.merge(reason(row, op), row + " × " + op, (all, cell) -> all + ", " + cell);
        }
      }
      text.append('\n');
    }
    empty.forEach((why, cells) -> text.append(cells).append(":\n    ").append(why).append('\n'));
    return text.toString();
  }

  private static String width(Op op) {
    return "%" + (Math.max(7, op.name().length()) + 1) + "s";
  }

  /** Why well-behaved ends, at rest after each call, cannot reach a cell. */
  private static String reason(Row row, Op op) {
    return switch (op) {
      case INVALID, UNKNOWN, CREDIT_REQUEST -> BY_HAND;
      case RESPONSE ->
          row == Row.CONNECTING
              ? missed()
              : "a RESPONSE that comes after its connect() gave up: the answer never waits here";
      case RW ->
          row == Row.ESTABLISHED
              ? missed()
              : "data sent before the peer's RST arrived: here it always has";
      case SHUTDOWN, CREDIT_UPDATE ->
          row == Row.CONNECTING || row == Row.CLOSING
              ? "the peer that would send it has no connection with such a socket; " + BY_HAND
              : missed();
      case REQUEST ->
          row == Row.ESTABLISHED || row == Row.CLOSING
              ? "a second connect() between the same two ports while the first lives; " + BY_HAND
              : missed();
      case RST -> missed();
    };
  }

  private static String missed() {
    return "can be reached, and this run was too short to";
  }
}
