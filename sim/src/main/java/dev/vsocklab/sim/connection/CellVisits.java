package dev.vsocklab.sim.connection;

import dev.vsocklab.sim.wire.Op;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How often packets met each cell of {@link PacketRules}: what a suite of tests reached of the
 * table. Safe for any number of threads.
 */
public final class CellVisits {
  private final Map<Row, Map<Op, AtomicLong>> counts = new EnumMap<>(Row.class);

  /** Creates a table of zeros. */
  public CellVisits() {
    for (Row row : Row.values()) {
      Map<Op, AtomicLong> ofRow = new EnumMap<>(Op.class);
      for (Op op : Op.values()) {
        ofRow.put(op, new AtomicLong());
      }
      counts.put(row, ofRow);
    }
  }

  /**
   * Counts one packet.
   *
   * @param row what it met
   * @param op what it asked for
   */
  public void visited(Row row, Op op) {
    cell(row, op).incrementAndGet();
  }

  /**
   * One cell.
   *
   * @param row the row
   * @param op the op
   * @return packets so far
   */
  public long count(Row row, Op op) {
    return cell(row, op).get();
  }

  /**
   * Adds what another table counted.
   *
   * @param other the other table
   */
  public void add(CellVisits other) {
    for (Row row : Row.values()) {
      for (Op op : Op.values()) {
        cell(row, op).addAndGet(other.count(row, op));
      }
    }
  }

  private AtomicLong cell(Row row, Op op) {
    return Objects.requireNonNull(Objects.requireNonNull(counts.get(row)).get(op));
  }
}
