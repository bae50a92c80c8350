package dev.vsocklab.ci.conformance.report;

/** How one case went in one column. */
public enum Outcome {
  /** The kernel, or its simulation, did what Linux does. */
  PASS("pass"),
  /** It did something else. */
  FAIL("fail"),
  /** The case means nothing in this column; the text says why. */
  NOT_APPLICABLE("n/a"),
  /** It does something else, for a reason that is written down; the text is the evidence. */
  KNOWN_DIFFERENCE("known difference"),
  /** vsocklab does not offer what the case needs; the text says why. */
  NOT_SIMULATED("not simulated");

  private final String label;

  Outcome(String label) {
    this.label = label;
  }

  /** What the pages call it. */
  public String label() {
    return label;
  }
}
