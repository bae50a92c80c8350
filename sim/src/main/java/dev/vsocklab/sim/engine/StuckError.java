package dev.vsocklab.sim.engine;

/** A deterministic run that cannot go on, with who waits for what. */
public final class StuckError extends AssertionError {
  private static final long serialVersionUID = 1L;

  /** In which way. */
  public enum Kind {
    /** All wait, and nothing will happen. */
    DEADLOCK,
    /** The test is over, but some of its tasks are not. */
    NEVER_FINISHED,
    /** A thread waits for something outside the lab. */
    BLOCKED_OUTSIDE,
    /** It goes on and on. */
    ENDLESS
  }

  private final Kind kind;

  StuckError(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  /**
   * In which way it cannot go on.
   *
   * @return the kind
   */
  public Kind kind() {
    return kind;
  }
}
