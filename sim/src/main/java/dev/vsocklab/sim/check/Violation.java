package dev.vsocklab.sim.check;

/**
 * Something that must hold did not.
 *
 * @param checker what
 * @param text one sentence with the connection and the numbers, then the last packets
 */
public record Violation(Checker checker, String text) {
  @Override
  public String toString() {
    return "checker " + checker + " (" + checker.rule() + "): " + text;
  }
}
