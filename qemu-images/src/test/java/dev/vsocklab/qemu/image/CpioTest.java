package dev.vsocklab.qemu.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CpioTest {

  @Test
  void everyEntryIsWhereTheFormatPutsIt() throws IOException {
    assertEquals(
        List.of(
            "dev 40755 0:0 []",
            "dev/console 20600 5:1 []",
            "init 100755 0:0 [hello]",
            "a 100644 0:0 [1234]",
            "TRAILER!!! 0 0:0 []"),
        entries(archive()));
  }

  @Test
  void equalInputsGiveEqualBytes() throws IOException {
    assertArrayEquals(archive(), archive());
  }

  private static byte[] archive() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (Cpio cpio = new Cpio(bytes)) {
      cpio.folder("dev");
      cpio.characterDevice("dev/console", 5, 1);
      cpio.file("init", 0755, "hello".getBytes(StandardCharsets.UTF_8));
      cpio.file("a", 0644, "1234".getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }

  /** Reads newc as the kernel does: 6 + 13 * 8 characters, name, content, each padded to 4. */
  private static List<String> entries(byte[] archive) {
    String text = new String(archive, StandardCharsets.ISO_8859_1);
    List<String> entries = new ArrayList<>();
    int at = 0;
    while (at < archive.length) {
      assertEquals("070701", text.substring(at, at + 6), "magic at " + at);
      int[] fields = new int[13];
      for (int i = 0; i < 13; i++) {
        fields[i] = Integer.parseUnsignedInt(text.substring(at + 6 + 8 * i, at + 14 + 8 * i), 16);
      }
      int nameLength = fields[11];
      int nameAt = at + 110;
      int contentAt = (nameAt + nameLength + 3) & ~3;
      String name = text.substring(nameAt, nameAt + nameLength - 1);
      assertEquals(0, archive[nameAt + nameLength - 1], "the name's zero");
      String content = text.substring(contentAt, contentAt + fields[6]);
      entries.add(
          name
              + " "
              + Integer.toOctalString(fields[1])
              + " "
              + fields[9]
              + ":"
              + fields[10]
              + " ["
              + content
              + "]");
      at = (contentAt + fields[6] + 3) & ~3;
    }
    return entries;
  }
}
