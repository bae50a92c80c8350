package dev.vsocklab.fault;

/**
 * What only a broken peer or device does: vsock itself never loses, repeats or mixes up packets. A
 * correct program may fail against it; what it must not do is hang or corrupt its own state. The
 * failure report says that a broken peer was simulated, and the checkers that it contradicts judge
 * no more.
 */
public final class BrokenPeer {
  private BrokenPeer() {}

  /**
   * Packets are lost.
   *
   * @return the fault; {@link Fault#after}, {@link Fault#times} and {@link Fault#percent} choose
   *     which
   */
  public static Fault drop() {
    return new Fault(new FaultKind.Dropped());
  }

  /**
   * Packets arrive twice.
   *
   * @return the fault
   */
  public static Fault duplicate() {
    return new Fault(new FaultKind.Duplicated());
  }

  /**
   * A packet arrives after the next one of its direction.
   *
   * @return the fault
   */
  public static Fault reorder() {
    return new Fault(new FaultKind.Reordered());
  }

  /**
   * A field of the header is wrong.
   *
   * @param field which
   * @param value what stands there instead, 0 to 4294967295; what is wider than the field is cut
   * @return the fault
   * @throws IllegalArgumentException if it is out of range
   */
  public static Fault corrupt(HeaderField field, long value) {
    Faults.atLeast(0, value, "as a header's value");
    Faults.atMost32Bits(value);
    return new Fault(new FaultKind.Corrupted(field, value));
  }

  /**
   * The machine named by {@link Fault#from} tells more credit than it has, so that its peer sends
   * more than there is room for.
   *
   * @param extraBytes what it adds, 1 to 4294967295
   * @return the fault
   * @throws IllegalArgumentException if it is out of range
   */
  public static Fault lyingCredit(long extraBytes) {
    Faults.atLeast(1, extraBytes, "bytes");
    Faults.atMost32Bits(extraBytes);
    return new Fault(new FaultKind.LyingCredit(extraBytes));
  }
}
