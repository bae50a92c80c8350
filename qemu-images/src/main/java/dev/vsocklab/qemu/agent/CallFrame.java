package dev.vsocklab.qemu.agent;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * One frame to the agent while it is written: its fields in order, little-endian, after room for
 * the header that the connection fills in.
 */
final class CallFrame {
  /** u32 length of what follows, u32 id, u16 op. */
  static final int HEADER_BYTES = 10;

  /** Bytes of a frame that its length field does not count: itself. */
  static final int LENGTH_FIELD_BYTES = 4;

  private final AgentOp op;
  private ByteBuffer bytes;

  CallFrame(AgentOp op) {
    this.op = op;
    this.bytes = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN).position(HEADER_BYTES);
  }

  AgentOp op() {
    return op;
  }

  CallFrame u16(int value) {
    room(2).putShort((short) value);
    return this;
  }

  CallFrame u32(long value) {
    room(4).putInt((int) value);
    return this;
  }

  CallFrame u64(long value) {
    room(8).putLong(value);
    return this;
  }

  CallFrame raw(ByteBuffer value) {
    room(value.remaining()).put(value);
    return this;
  }

  /** A u16 length and that many bytes of UTF-8. */
  CallFrame string(String value) {
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    if (utf8.length > 0xFFFF || value.indexOf('\0') >= 0) {
      throw new IllegalArgumentException(
          "A string of "
              + utf8.length
              + " bytes cannot go to the guest: at most 65535 and no zero byte.");
    }
    return u16(utf8.length).raw(ByteBuffer.wrap(utf8));
  }

  /** A u16 count and that many strings. */
  CallFrame strings(List<String> values) {
    u16(values.size());
    values.forEach(this::string);
    return this;
  }

  /**
   * Ends the frame.
   *
   * @param id the call's id
   * @param dataBytes how many bytes follow it that are not in it
   * @return the header and the fields, ready to be sent
   */
  ByteBuffer finish(int id, int dataBytes) {
    bytes
        .putInt(0, bytes.position() - LENGTH_FIELD_BYTES + dataBytes)
        .putInt(4, id)
        .putShort(8, (short) op.number());
    return bytes.flip();
  }

  private ByteBuffer room(int length) {
    if (bytes.remaining() < length) {
      int capacity = Math.max(2 * bytes.capacity(), bytes.position() + length);
      bytes = ByteBuffer.allocate(capacity).order(ByteOrder.LITTLE_ENDIAN).put(bytes.flip());
    }
    return bytes;
  }
}
