package dev.vsocklab.qemu.image;

import static dev.vsocklab.qemu.testing.Failures.assertSays;
import static dev.vsocklab.qemu.testing.Failures.messageOf;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BzImageTest {
  private final Path folder;

  BzImageTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void thePayloadIsFoundWithoutTheLengthThatFollowsIt() throws IOException {
    BzImage image = read(BzImages.of(BzImages.LZ4));

    assertEquals(BzImage.Compression.LZ4, image.compression());
    assertEquals(96, image.payload().length);
  }

  @Test
  void theCompressionIsToldByTheFirstBytes() throws IOException {
    assertEquals(BzImage.Compression.ZSTD, read(BzImages.of(BzImages.ZSTD)).compression());
    assertEquals(BzImage.Compression.UNKNOWN, read(BzImages.of(new byte[4])).compression());
  }

  @Test
  void garbageIsRefusedWithTheReason() {
    byte[] oldProtocol = BzImages.of(BzImages.LZ4);
    oldProtocol[0x206] = 0x07;
    byte[] pastTheEnd = BzImages.of(BzImages.LZ4);
    pastTheEnd[0x24b] = (byte) 0xff; // a payload offset of 4 GiB, unsigned
    byte[] truncated = Arrays.copyOf(BzImages.of(BzImages.LZ4), 1600);

    assertRefused("no x86 boot header", new byte[0]);
    assertRefused("no x86 boot header", new byte[5000]);
    assertRefused("0x207", oldProtocol);
    assertRefused("does not lie within", pastTheEnd);
    assertRefused("does not lie within", truncated);
  }

  private void assertRefused(String why, byte[] bytes) {
    String message = messageOf(IOException.class, () -> read(bytes));
    assertSays(message, why);
    assertSays(message, "fetched again");
  }

  private BzImage read(byte[] bytes) throws IOException {
    return BzImage.read(Files.write(folder.resolve("vmlinuz"), bytes));
  }
}
