package dev.vsocklab;

import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * A vsock address: a 32-bit context id (CID) that names a machine, and a 32-bit port.
 *
 * <p>Both are unsigned. Java has no such type, so this class takes and gives {@code long}s from 0
 * to 4294967295: they compare, sort and print as one expects. The CID always comes first.
 *
 * <p>Source of the named values: Linux {@code include/uapi/linux/vm_sockets.h}.
 */
public final class VsockAddress extends SocketAddress {

  /** CID 0: the hypervisor. Reserved; nothing answers there on Linux. */
  public static final long CID_HYPERVISOR = 0;

  /** CID 1: this machine itself, through the loopback transport. */
  public static final long CID_LOCAL = 1;

  /** CID 2: the host, as every guest calls it. */
  public static final long CID_HOST = 2;

  /** CID 4294967295 ({@code VMADDR_CID_ANY}, -1 in C): any local CID, for binding. */
  public static final long CID_ANY = 0xFFFF_FFFFL;

  /** Port 4294967295 ({@code VMADDR_PORT_ANY}, -1 in C): bind chooses a free port above 1023. */
  public static final long PORT_ANY = 0xFFFF_FFFFL;

  /** The largest CID and the largest port: 2<sup>32</sup> - 1. */
  public static final long MAX_VALUE = 0xFFFF_FFFFL;

  private static final long serialVersionUID = 1L;

  private static final String SCHEME = "vsock:";

  /** The CID, as an unsigned 32-bit value. */
  private final int cid;

  /** The port, as an unsigned 32-bit value. */
  private final int port;

  private VsockAddress(long cid, long port) {
    this.cid = (int) cid;
    this.port = (int) port;
  }

  /**
   * The address of a port on a machine.
   *
   * @param cid the machine's CID, 0 to 4294967295
   * @param port the port, 0 to 4294967295
   * @return the address
   * @throws IllegalArgumentException if either is out of range
   */
  public static VsockAddress of(long cid, long port) {
    return new VsockAddress(checked("CID", "CID_ANY", cid), checked("port", "PORT_ANY", port));
  }

  /**
   * A port on the host, as its guests call it.
   *
   * @param port the port, 0 to 4294967295
   * @return CID 2 with that port
   * @throws IllegalArgumentException if the port is out of range
   */
  public static VsockAddress host(long port) {
    return of(CID_HOST, port);
  }

  /**
   * A port on this machine, through loopback.
   *
   * @param port the port, 0 to 4294967295
   * @return CID 1 with that port
   * @throws IllegalArgumentException if the port is out of range
   */
  public static VsockAddress local(long port) {
    return of(CID_LOCAL, port);
  }

  /**
   * A port on whichever CIDs this machine has: what a server binds.
   *
   * @param port the port, 0 to 4294967295; {@link #PORT_ANY} lets the machine choose
   * @return CID any with that port
   * @throws IllegalArgumentException if the port is out of range
   */
  public static VsockAddress any(long port) {
    return of(CID_ANY, port);
  }

  /**
   * Reads an address as {@link #toString} prints it.
   *
   * @param text {@code vsock:CID:PORT}; both are unsigned decimals or the word {@code any}
   * @return the address
   * @throws IllegalArgumentException if the text is not of that form or a number is out of range
   */
  public static VsockAddress parse(String text) {
    String[] parts =
        text.startsWith(SCHEME) ? text.substring(SCHEME.length()).split(":", -1) : new String[0];
    if (parts.length != 2) {
      throw notAnAddress(text);
    }
    return new VsockAddress(parseUnsigned(parts[0], text), parseUnsigned(parts[1], text));
  }

  /**
   * The machine's CID.
   *
   * @return 0 to 4294967295
   */
  public long cid() {
    return Integer.toUnsignedLong(cid);
  }

  /**
   * The port.
   *
   * @return 0 to 4294967295
   */
  public long port() {
    return Integer.toUnsignedLong(port);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof VsockAddress that && that.cid == cid && that.port == port;
  }

  @Override
  public int hashCode() {
    return 31 * cid + port;
  }

  /**
   * Prints the address as {@link #parse} reads it.
   *
   * @return for example {@code vsock:3:1024} or {@code vsock:any:1024}
   */
  @Override
  public String toString() {
    return SCHEME + print(cid) + ":" + print(port);
  }

  private static String print(int value) {
    return value == -1 ? "any" : Integer.toUnsignedString(value);
  }

  private static long checked(String what, String anyName, long value) {
    if (value < 0 || value > MAX_VALUE) {
      throw new IllegalArgumentException(
          "vsock "
              + what
              + " "
              + value
              + " is out of range: 0 to 4294967295"
              + (value == -1 ? "; for \"any\" use VsockAddress." + anyName : "")
              + ".");
    }
    return value;
  }

  private static long parseUnsigned(String digits, String text) {
    if (digits.equals("any")) {
      return MAX_VALUE;
    }
    if (digits.isEmpty()
        || digits.length() > 10
        || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
      throw notAnAddress(text);
    }
    long value = Long.parseLong(digits);
    if (value > MAX_VALUE) {
      throw notAnAddress(text);
    }
    return value;
  }

  private static IllegalArgumentException notAnAddress(String text) {
    return new IllegalArgumentException(
        "\""
            + text
            + "\" is not a vsock address. Write vsock:CID:PORT with unsigned numbers up to"
            + " 4294967295 or the word any, for example vsock:3:1024.");
  }
}
