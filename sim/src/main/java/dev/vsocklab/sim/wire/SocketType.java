package dev.vsocklab.sim.wire;

/** The kinds of socket, with their numbers in a packet's header. */
public enum SocketType {
  /** SOCK_STREAM: bytes. */
  STREAM(Header.TYPE_STREAM),
  /** SOCK_SEQPACKET: messages. */
  SEQPACKET(Header.TYPE_SEQPACKET);

  private final int wireValue;

  SocketType(int wireValue) {
    this.wireValue = wireValue;
  }

  /**
   * The number in the header.
   *
   * @return 1 or 2
   */
  public int wireValue() {
    return wireValue;
  }

  /**
   * Whether a header's type is one of these.
   *
   * @param type the number in the header
   * @return false leads to an RST
   */
  public static boolean isKnown(int type) {
    return type == Header.TYPE_STREAM || type == Header.TYPE_SEQPACKET;
  }
}
