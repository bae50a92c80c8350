package dev.vsocklab.qemu.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Makes the smallest bzImages around a payload. */
final class BzImages {
  static final byte[] LZ4 = {0x02, 0x21, 0x4c, 0x18};
  static final byte[] ZSTD = {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd};

  private static final int SETUP_SECTORS = 2;
  private static final int PAYLOAD_OFFSET = 32;

  private BzImages() {}

  /** A bzImage whose payload begins with a compressor's magic number. */
  static byte[] of(byte[] magic) {
    int payloadBytes = 100;
    int start = (SETUP_SECTORS + 1) * 512 + PAYLOAD_OFFSET;
    ByteBuffer image = ByteBuffer.allocate(start + payloadBytes).order(ByteOrder.LITTLE_ENDIAN);
    image.put(0x1f1, (byte) SETUP_SECTORS);
    image.putInt(0x202, 0x53726448);
    image.putShort(0x206, (short) 0x20f);
    image.putInt(0x248, PAYLOAD_OFFSET);
    image.putInt(0x24c, payloadBytes);
    image.position(start);
    image.put(magic);
    return image.array();
  }
}
