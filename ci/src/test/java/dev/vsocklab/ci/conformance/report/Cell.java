package dev.vsocklab.ci.conformance.report;

/**
 * One decided cell of the matrix.
 *
 * @param outcome how it went
 * @param text the failure, the reason or the evidence; empty for a pass
 */
public record Cell(Outcome outcome, String text) {
  /** A pass. */
  public static final Cell PASS = new Cell(Outcome.PASS, "");

  /** Checks that a cell that did not pass says why. */
  public Cell {
    if (outcome != Outcome.PASS && text.isBlank()) {
      throw new IllegalArgumentException("A cell that is " + outcome.label() + " must say why.");
    }
  }
}
