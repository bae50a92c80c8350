package dev.vsocklab.sim.capture;

import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.Op;
import dev.vsocklab.sim.wire.Packet;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The three pcapng blocks that a capture needs: section, interface, packet. Not thread-safe. */
final class PcapngBlocks {
  /** {@code LINKTYPE_VSOCK}. */
  static final int LINKTYPE_VSOCK = 271;

  private static final int SECTION_HEADER = 0x0A0D_0D0A;
  private static final int INTERFACE_DESCRIPTION = 1;
  private static final int ENHANCED_PACKET = 6;

  private static final int BYTE_ORDER_MAGIC = 0x1A2B_3C4D;
  private static final long SECTION_LENGTH_UNKNOWN = -1;
  private static final int SNAPLEN_UNLIMITED = 0;

  /** Option {@code if_tsresol}; its value 9 means 10<sup>-9</sup> s. */
  private static final short OPTION_TSRESOL = 9;

  private static final byte NANOSECONDS = 9;
  private static final int END_OF_OPTIONS = 0;

  private static final int SECTION_BYTES = 28;
  private static final int INTERFACE_BYTES = 32;

  /** Block type, block length, interface, two halves of the time, captured and original length. */
  private static final int PACKET_FIXED_BYTES = 28;

  /** The block length once more, at a block's end. */
  private static final int TRAILER_BYTES = 4;

  /** The largest length that a block can tell, unsigned 32 bits. */
  private static final long MAX_LENGTH_BYTES = 0xFFFF_FFFFL;

  private static final int HEADERS_BYTES = Vsockmon.HEADER_BYTES + Header.BYTES;

  private byte[] scratch =
      new byte[PACKET_FIXED_BYTES + HEADERS_BYTES + Header.MAX_PAYLOAD_BYTES + TRAILER_BYTES];

  void writePreamble(OutputStream out) throws IOException {
    ByteBuffer blocks = littleEndian(scratch);
    blocks.putInt(SECTION_HEADER).putInt(SECTION_BYTES).putInt(BYTE_ORDER_MAGIC);
    blocks.putShort((short) 1).putShort((short) 0); // version 1.0
    blocks.putLong(SECTION_LENGTH_UNKNOWN).putInt(SECTION_BYTES);

    blocks.putInt(INTERFACE_DESCRIPTION).putInt(INTERFACE_BYTES);
    blocks.putShort((short) LINKTYPE_VSOCK).putShort((short) 0).putInt(SNAPLEN_UNLIMITED);
    blocks.putShort(OPTION_TSRESOL).putShort((short) 1).putInt(NANOSECONDS);
    blocks.putInt(END_OF_OPTIONS).putInt(INTERFACE_BYTES);
    out.write(scratch, 0, blocks.position());
  }

  /**
   * Writes one packet with its payload if it is RW. A header may promise more than there is: the
   * file then shows a cut packet.
   */
  void writePacket(OutputStream out, long epochNanos, Packet packet) throws IOException {
    Header header = packet.header();
    long promisedBytes = header.op() == Op.RW ? Integer.toUnsignedLong(header.lengthBytes()) : 0;
    int payloadBytes = (int) Math.min(promisedBytes, packet.availableBytes());
    int capturedBytes = HEADERS_BYTES + payloadBytes;
    long originalBytes = Math.min(HEADERS_BYTES + promisedBytes, MAX_LENGTH_BYTES);
    int paddingBytes = -capturedBytes & 3; // blocks are multiples of 32 bits
    int blockBytes = PACKET_FIXED_BYTES + capturedBytes + paddingBytes + TRAILER_BYTES;
    if (scratch.length < blockBytes) {
      scratch = new byte[blockBytes];
    }
    ByteBuffer block = littleEndian(scratch);
    block.putInt(ENHANCED_PACKET).putInt(blockBytes).putInt(0);
    block.putInt((int) (epochNanos >>> 32)).putInt((int) epochNanos);
    block.putInt(capturedBytes).putInt((int) originalBytes);
    Vsockmon.encode(header, scratch, block.position());
    block.position(block.position() + HEADERS_BYTES);
    packet.payload().get(packet.offset(), scratch, block.position(), payloadBytes);
    block.position(block.position() + payloadBytes);
    for (int i = 0; i < paddingBytes; i++) {
      block.put((byte) 0);
    }
    block.putInt(blockBytes);
    out.write(scratch, 0, blockBytes);
  }

  private static ByteBuffer littleEndian(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
