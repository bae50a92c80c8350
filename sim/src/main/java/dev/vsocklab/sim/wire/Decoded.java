package dev.vsocklab.sim.wire;

/** What bytes from the outside turned out to be. Malformed input is a value, not an exception. */
public sealed interface Decoded {

  /**
   * A header. Its numbers may still be ones that no well-behaved peer sends.
   *
   * @param header the header
   */
  record Valid(Header header) implements Decoded {}

  /**
   * No header.
   *
   * @param reason what is wrong, with the numbers
   */
  record Malformed(String reason) implements Decoded {}
}
