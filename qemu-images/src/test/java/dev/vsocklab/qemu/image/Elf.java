package dev.vsocklab.qemu.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Makes the smallest kernel modules that say what they depend on. */
final class Elf {
  private static final int HEADER_BYTES = 0x40;
  private static final int SECTION_BYTES = 0x40;

  private Elf() {}

  /** A module whose .modinfo has these entries between others. */
  static byte[] module(String... entries) {
    byte[] info =
        ("license=GPL\0" + String.join("\0", entries) + "\0").getBytes(StandardCharsets.UTF_8);
    byte[] names = "\0.modinfo\0.shstrtab\0".getBytes(StandardCharsets.UTF_8);
    int namesAt = HEADER_BYTES + info.length;
    int sectionsAt = namesAt + names.length;
    ByteBuffer elf =
        ByteBuffer.allocate(sectionsAt + 3 * SECTION_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    elf.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1});
    elf.putLong(0x28, sectionsAt);
    elf.putShort(0x3a, (short) SECTION_BYTES);
    elf.putShort(0x3c, (short) 3);
    elf.putShort(0x3e, (short) 2);
    elf.position(HEADER_BYTES);
    elf.put(info).put(names);
    section(elf, sectionsAt + SECTION_BYTES, 1, HEADER_BYTES, info.length);
    section(elf, sectionsAt + 2 * SECTION_BYTES, 10, namesAt, names.length);
    return elf.array();
  }

  private static void section(ByteBuffer elf, int at, int name, int offset, int size) {
    elf.putInt(at, name);
    elf.putLong(at + 0x18, offset);
    elf.putLong(at + 0x20, size);
  }
}
