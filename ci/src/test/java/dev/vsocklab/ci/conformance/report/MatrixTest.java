package dev.vsocklab.ci.conformance.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class MatrixTest {
  private static final Row FIRST = new Row("theme", "a-01", "does this", "there");
  private static final Row SECOND = new Row("theme", "a-02", "does that", "there");
  private static final Column COLUMN = new Column("sim", "6.12", "guest → host");

  private final Matrix matrix = new Matrix(List.of(FIRST, SECOND), List.of(COLUMN));

  @Test
  void aCellThatNobodyDecidedIsMissing() {
    matrix.decide(FIRST, COLUMN, Cell.PASS);

    assertEquals(List.of(new Matrix.Undecided(SECOND, COLUMN)), matrix.undecided());
  }

  @Test
  void aCellIsDecidedOnce() {
    matrix.decide(FIRST, COLUMN, Cell.PASS);

    assertThrows(IllegalStateException.class, () -> matrix.decide(FIRST, COLUMN, Cell.PASS));
  }

  @Test
  void aCellThatIsNotInTheMatrixIsRefused() {
    Row stranger = new Row("theme", "a-03", "does more", "there");

    assertThrows(IllegalArgumentException.class, () -> matrix.decide(stranger, COLUMN, Cell.PASS));
  }

  @Test
  void twoCasesDoNotShareAnId() {
    assertThrows(
        IllegalArgumentException.class, () -> new Matrix(List.of(FIRST, FIRST), List.of(COLUMN)));
  }

  @Test
  void whatIsNotAPassSaysWhy() {
    assertThrows(IllegalArgumentException.class, () -> new Cell(Outcome.NOT_APPLICABLE, " "));
  }

  @Test
  void totalsCountWhatIsDecided() {
    matrix.decide(SECOND, COLUMN, new Cell(Outcome.FAIL, "it does not"));

    assertEquals(1, matrix.totals(COLUMN).get(Outcome.FAIL));
    assertEquals(0, matrix.totals(COLUMN).get(Outcome.PASS));
  }
}
