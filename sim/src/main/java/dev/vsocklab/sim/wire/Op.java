package dev.vsocklab.sim.wire;

/**
 * What a packet asks for.
 *
 * <p>Source: virtio 1.3 section 5.10.6, Linux {@code enum virtio_vsock_op}.
 */
public enum Op {
  /** 0, which no peer should send. */
  INVALID(0),
  /** Asks for a connection. */
  REQUEST(1),
  /** Accepts one. */
  RESPONSE(2),
  /** Ends or refuses one at once. Never answered with another. */
  RST(3),
  /** Says which directions its sender will not use any more, in the flags. */
  SHUTDOWN(4),
  /** Carries data. */
  RW(5),
  /** Carries nothing but the sender's credit. */
  CREDIT_UPDATE(6),
  /** Asks the peer for its credit. Linux answers it and never sends it. */
  CREDIT_REQUEST(7),
  /** Any number that the spec does not have. The header keeps the number itself. */
  UNKNOWN(-1);

  private static final Op[] BY_NUMBER = values();
  private static final int UNKNOWN_INDEX = BY_NUMBER.length - 1;

  private final int wireValue;

  Op(int wireValue) {
    this.wireValue = wireValue;
  }

  /**
   * The number in the header.
   *
   * @return 0 to 7, or -1 for {@link #UNKNOWN}
   */
  public int wireValue() {
    return wireValue;
  }

  /**
   * The op for a number. Total: what the spec does not have is {@link #UNKNOWN}.
   *
   * @param value the header's number, 0 to 65535
   * @return the op
   */
  public static Op fromWire(int value) {
    return value >= 0 && value < UNKNOWN_INDEX ? BY_NUMBER[value] : UNKNOWN;
  }
}
