package dev.vsocklab.qemu.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Which other modules a kernel module needs: the {@code depends=} entry of its {@code .modinfo}
 * section. A package holds no modules.dep (depmod writes it at installation), so the modules
 * themselves are asked.
 *
 * <p>Source: ELF-64, section header table; Linux {@code scripts/mod/modpost.c}, add_depends.
 */
final class ModuleInfo {
  private static final int ELF_MAGIC = 0x464c457f; // "\x7fELF", little-endian
  private static final int CLASS_OFFSET = 4;
  private static final int CLASS_64 = 2;
  private static final int SECTIONS_OFFSET = 0x28;
  private static final int SECTION_SIZE_OFFSET = 0x3a;
  private static final int SECTION_COUNT_OFFSET = 0x3c;
  private static final int NAMES_INDEX_OFFSET = 0x3e;
  private static final int HEADER_BYTES = 0x40;
  private static final String DEPENDS = "depends=";

  private ModuleInfo() {}

  /**
   * The modules that one needs.
   *
   * @param name the module, for messages
   * @param file the uncompressed .ko
   * @return their names, with underscores
   * @throws IOException if the file is not a kernel module
   */
  static List<String> depends(String name, byte[] file) throws IOException {
    List<String> needed = new ArrayList<>();
    for (String entry : modinfo(name, file).split("\0", -1)) {
      if (entry.startsWith(DEPENDS)) {
        for (String other : entry.substring(DEPENDS.length()).split(",", -1)) {
          if (!other.isEmpty()) {
            needed.add(other.replace('-', '_'));
          }
        }
      }
    }
    return needed;
  }

  private static String modinfo(String name, byte[] file) throws IOException {
    ByteBuffer elf = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    if (file.length < HEADER_BYTES
        || elf.getInt(0) != ELF_MAGIC
        || elf.get(CLASS_OFFSET) != CLASS_64) {
      throw garbage(name, "it is not a 64-bit ELF file");
    }
    try {
      long sections = elf.getLong(SECTIONS_OFFSET);
      int sectionBytes = Short.toUnsignedInt(elf.getShort(SECTION_SIZE_OFFSET));
      int count = Short.toUnsignedInt(elf.getShort(SECTION_COUNT_OFFSET));
      int namesIndex = Short.toUnsignedInt(elf.getShort(NAMES_INDEX_OFFSET));
      ByteBuffer names = section(elf, sections, sectionBytes, namesIndex);
      for (int i = 0; i < count; i++) {
        int header = Math.toIntExact(sections + (long) i * sectionBytes);
        if (text(names, elf.getInt(header)).equals(".modinfo")) {
          ByteBuffer info = section(elf, sections, sectionBytes, i);
          byte[] bytes = new byte[info.remaining()];
          info.get(bytes);
          return new String(bytes, StandardCharsets.ISO_8859_1);
        }
      }
    } catch (IndexOutOfBoundsException | ArithmeticException e) {
      throw garbage(name, "its section table points outside the file");
    }
    throw garbage(name, "it has no .modinfo section");
  }

  /** A section's bytes; sh_offset and sh_size are at 0x18 and 0x20 of its header. */
  private static ByteBuffer section(ByteBuffer elf, long sections, int sectionBytes, int index) {
    int header = Math.toIntExact(sections + (long) index * sectionBytes);
    int offset = Math.toIntExact(elf.getLong(header + 0x18));
    int size = Math.toIntExact(elf.getLong(header + 0x20));
    return elf.slice(offset, size);
  }

  private static String text(ByteBuffer names, int at) {
    StringBuilder text = new StringBuilder();
    for (int i = at; names.get(i) != 0; i++) {
      text.append((char) names.get(i));
    }
    return text.toString();
  }

  private static IOException garbage(String name, String why) {
    return new IOException(
        "The kernel module "
            + name
            + " cannot be read: "
            + why
            + ". The kernel package is damaged; remove it and let it be fetched again.");
  }
}
