package dev.vsocklab.sim.wire;

import java.nio.ByteBuffer;

/**
 * A header and its payload. The payload is a window of a buffer: absolute index {@link #offset},
 * {@link Header#lengthBytes} bytes. Nobody changes those bytes or that buffer's position.
 *
 * <p>A payload may be <em>borrowed</em>: it is then the memory of a caller that waits for the
 * hand-over to return, so that the receiver makes the only copy. Whoever keeps a packet beyond the
 * call that brought it calls {@link #owned} first.
 */
public final class Packet {
  private static final ByteBuffer EMPTY = ByteBuffer.allocate(0);

  private final Header header;
  private final ByteBuffer payload;
  private final int offset;
  private final boolean borrowed;

  private Packet(Header header, ByteBuffer payload, int offset, boolean borrowed) {
    this.header = header;
    this.payload = payload;
    this.offset = offset;
    this.borrowed = borrowed;
  }

  /**
   * A packet without payload.
   *
   * @param header the header; its length should be 0, and is not trusted where it is not
   * @return the packet
   */
  public static Packet of(Header header) {
    return new Packet(header, EMPTY, 0, false);
  }

  /**
   * A packet whose payload nobody else will ever change.
   *
   * @param header the header
   * @param payload the buffer
   * @param offset where the payload begins in it
   * @return the packet
   */
  public static Packet owning(Header header, ByteBuffer payload, int offset) {
    return new Packet(header, payload, offset, false);
  }

  /**
   * A packet whose payload is only valid until the hand-over returns.
   *
   * @param header the header
   * @param payload the caller's buffer
   * @param offset where the payload begins in it
   * @return the packet
   */
  public static Packet borrowing(Header header, ByteBuffer payload, int offset) {
    return new Packet(header, payload, offset, true);
  }

  /**
   * The header.
   *
   * @return the header
   */
  public Header header() {
    return header;
  }

  /**
   * The buffer that holds the payload.
   *
   * @return the buffer; read it by absolute index only
   */
  public ByteBuffer payload() {
    return payload;
  }

  /**
   * Where the payload begins.
   *
   * @return the absolute index in {@link #payload}
   */
  public int offset() {
    return offset;
  }

  /**
   * Bytes that are really there, whatever the header says.
   *
   * @return 0 or more
   */
  public int availableBytes() {
    return payload.limit() - offset;
  }

  /**
   * This packet in a form that can be kept.
   *
   * @return this packet if its payload is not borrowed, else a copy
   */
  public Packet owned() {
    if (!borrowed) {
      return this;
    }
    byte[] copy = new byte[Math.min(header.lengthBytes(), availableBytes())];
    payload.get(offset, copy);
    return new Packet(header, ByteBuffer.wrap(copy), 0, false);
  }
}
