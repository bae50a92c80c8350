package dev.vsocklab.ci.conformance.report;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Case × column: every cell is to be decided, once. Not thread-safe. */
public final class Matrix {
  private final List<Row> rows;
  private final List<Column> columns;
  private final Map<Place, Cell> cells = new HashMap<>();

  private record Place(String id, Column column) {}

  /**
   * A cell that nobody decided.
   *
   * @param row its case
   * @param column where
   */
  public record Undecided(Row row, Column column) {
    @Override
    public String toString() {
      return row.id() + " on " + column;
    }
  }

  /**
   * Creates a matrix without a decided cell.
   *
   * @throws IllegalArgumentException if two cases have one id
   */
  public Matrix(List<Row> rows, List<Column> columns) {
    this.rows = List.copyOf(rows);
    this.columns = List.copyOf(columns);
    Set<String> seen = new HashSet<>();
    for (Row row : rows) {
      if (!seen.add(row.id())) {
        throw new IllegalArgumentException("Two cases are called " + row.id() + ".");
      }
    }
  }

  /**
   * Decides a cell.
   *
   * @throws IllegalArgumentException if there is no such cell
   * @throws IllegalStateException if it is decided already
   */
  public void decide(Row row, Column column, Cell cell) {
    if (!rows.contains(row) || !columns.contains(column)) {
      throw new IllegalArgumentException("The matrix has no cell " + row.id() + " on " + column);
    }
    if (cells.putIfAbsent(new Place(row.id(), column), cell) != null) {
      throw new IllegalStateException(row.id() + " on " + column + " is decided already.");
    }
  }

  /** A cell, if it is decided. */
  public Optional<Cell> cell(Row row, Column column) {
    return Optional.ofNullable(cells.get(new Place(row.id(), column)));
  }

  /** The cases. */
  public List<Row> rows() {
    return rows;
  }

  /** The columns. */
  public List<Column> columns() {
    return columns;
  }

  /** The cells that are missing. */
  public List<Undecided> undecided() {
    List<Undecided> missing = new ArrayList<>();
    for (Row row : rows) {
      for (Column column : columns) {
        if (cell(row, column).isEmpty()) {
          missing.add(new Undecided(row, column));
        }
      }
    }
    return missing;
  }

  /** How many cells of a column there are of each outcome; all outcomes are there. */
  public Map<Outcome, Integer> totals(Column column) {
    Map<Outcome, Integer> totals = new EnumMap<>(Outcome.class);
    for (Outcome outcome : Outcome.values()) {
      totals.put(outcome, 0);
    }
    for (Row row : rows) {
      cell(row, column).ifPresent(cell -> totals.merge(cell.outcome(), 1, Integer::sum));
    }
    return totals;
  }
}
