package dev.vsocklab.sim.check;

/** What must hold in every lab, whatever its test does. Source: virtio 1.3 section 5.10.6. */
public enum Checker {
  /** What is read is what was written, from the beginning, in order. */
  PREFIX("bytes read are a prefix of the bytes written"),
  /** Nobody sends more than it was told that there is room for. */
  CREDIT("no byte is sent beyond the credit that was received"),
  /** {@code fwd_cnt} only grows, and only by what was consumed. */
  FWD_CNT("fwd_cnt only grows and is never ahead of what was consumed"),
  /** No byte is lost and none is made. */
  CONSERVATION("bytes sent are those consumed, in the receive buffer or on their way"),
  /** A direction that was given up stays so. */
  SHUTDOWN("directions that were shut down stay so, and carry no more data"),
  /** A connect is accepted or refused. */
  REQUEST("every REQUEST is answered"),
  /** RST is the end. */
  RST("RST is never answered with RST"),
  /** One message read is one message written. */
  MESSAGE("message boundaries are kept"),
  /** Nobody sleeps at a closed socket. */
  WAITERS("closing a socket wakes all that wait"),
  /** What is closed is gone. */
  LEAK("nothing is left of a closed socket"),
  /** Nobody sleeps although it could go on. */
  PROGRESS("nobody waits for what is there");

  private final String rule;

  Checker(String rule) {
    this.rule = rule;
  }

  /**
   * What must hold.
   *
   * @return a clause
   */
  public String rule() {
    return rule;
  }
}
