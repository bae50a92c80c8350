package dev.vsocklab.qemu.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * The compressed kernel inside an x86 bzImage.
 *
 * <p>Source: Linux {@code Documentation/arch/x86/boot.rst}, fields setup_sects, header, version,
 * payload_offset and payload_length.
 */
final class BzImage {
  private static final int SETUP_SECTS = 0x1f1;
  private static final int MAGIC = 0x202;
  private static final int VERSION = 0x206;
  private static final int PAYLOAD_OFFSET = 0x248;
  private static final int PAYLOAD_LENGTH = 0x24c;
  private static final int HEADER_END = 0x250;
  private static final int SECTOR_BYTES = 512;

  /** "HdrS", little-endian. */
  private static final int HDRS = 0x53726448;

  /** The first boot protocol with a payload offset. */
  private static final int VERSION_2_08 = 0x208;

  /** The kernel's build appends the uncompressed length, as a little-endian u32. */
  private static final int LENGTH_TRAILER_BYTES = 4;

  private final byte[] payload;

  private BzImage(byte[] payload) {
    this.payload = payload;
  }

  /** How the payload is compressed. */
  enum Compression {
    /** The lz4 tool's legacy frame. */
    LZ4("lz4", "02214c18"),
    /** A zstd frame. */
    ZSTD("zstd", "28b52ffd"),
    /** An xz stream. */
    XZ("xz", "fd377a58"),
    /** None of these. */
    UNKNOWN("", "");

    private final String tool;

    /** The first four bytes, in hex. */
    private final String magic;

    Compression(String tool, String magic) {
      this.tool = tool;
      this.magic = magic;
    }

    /** The program that undoes it; empty for {@link #UNKNOWN}. */
    String tool() {
      return tool;
    }
  }

  /**
   * Reads a bzImage.
   *
   * @throws IOException if the file is not one; the message says what is wrong
   */
  static BzImage read(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    ByteBuffer image = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.length < HEADER_END || image.getInt(MAGIC) != HDRS) {
      throw garbage(file, "it has no x86 boot header");
    }
    int version = Short.toUnsignedInt(image.getShort(VERSION));
    if (version < VERSION_2_08) {
      throw garbage(file, String.format("its boot protocol %#x has no payload offset", version));
    }
    int setupSectors = Byte.toUnsignedInt(image.get(SETUP_SECTS));
    long start =
        (setupSectors == 0 ? 4 : setupSectors) * (long) SECTOR_BYTES
            + SECTOR_BYTES
            + Integer.toUnsignedLong(image.getInt(PAYLOAD_OFFSET));
    long lengthBytes = Integer.toUnsignedLong(image.getInt(PAYLOAD_LENGTH));
    if (lengthBytes <= LENGTH_TRAILER_BYTES || start + lengthBytes > bytes.length) {
      throw garbage(
          file,
          "its payload of "
              + lengthBytes
              + " bytes at "
              + start
              + " does not lie within its "
              + bytes.length
              + " bytes");
    }
    int from = (int) start;
    return new BzImage(
        Arrays.copyOfRange(bytes, from, from + (int) lengthBytes - LENGTH_TRAILER_BYTES));
  }

  /** The compressed kernel, without the length that follows it. */
  byte[] payload() {
    return payload;
  }

  /** How the payload is compressed, by its first bytes. */
  Compression compression() {
    String magic = HexFormat.of().formatHex(payload, 0, Math.min(4, payload.length));
    for (Compression candidate : Compression.values()) {
      if (candidate.magic.equals(magic)) {
        return candidate;
      }
    }
    return Compression.UNKNOWN;
  }

  private static IOException garbage(Path file, String why) {
    return new IOException(
        "The kernel "
            + file.getFileName()
            + " cannot be read: "
            + why
            + ". The package is damaged or not for x86-64; remove it and let it be fetched again.");
  }
}
