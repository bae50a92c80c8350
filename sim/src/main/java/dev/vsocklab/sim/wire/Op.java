package dev.vsocklab.sim.wire;

import org.jspecify.annotations.Nullable;

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
  CREDIT_REQUEST(7);

  private static final Op[] BY_NUMBER = values();

  private final int wireValue;

  Op(int wireValue) {
    this.wireValue = wireValue;
  }

  /**
   * The number in the header.
   *
   * @return 0 to 7
   */
  public int wireValue() {
    return wireValue;
  }

  /**
   * The op for a number.
   *
   * @param value the header's number, 0 to 65535
   * @return the op, or null where the spec has none
   */
  public static @Nullable Op fromWire(int value) {
    return value >= 0 && value < BY_NUMBER.length ? BY_NUMBER[value] : null;
  }
}
