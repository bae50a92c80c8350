package dev.vsocklab.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(OpenResources.class)
class FileMappingTest {
  private static final long GIB = 1L << 30;

  @Test
  void twoMappingsOfOneFileShareItsBytes() throws IOException {
    try (Fd file = TestLibc.memFile(3 * 4096);
        FileMapping whole = FileMapping.map(file, 0, 3 * 4096);
        FileMapping middle = FileMapping.map(file, 4096, 4096)) {
      whole.window(4096).putInt(4096, 0x01020304);
      assertEquals(0x01020304, middle.window(0).getInt(0));
      assertEquals(4, middle.window(0).get(0), "windows are little-endian");
      assertEquals(0x0102, middle.slice(2, 2).getShort(0), "so are slices");
    }
  }

  @Test
  void aMappingOfFiveGibibytesHasWindowsOfOneThatOverlap() throws IOException {
    try (Fd file = TestLibc.memFile(5 * GIB);
        FileMapping mapping = FileMapping.map(file, 0, 5 * GIB)) {
      assertEquals(5 * GIB, mapping.lengthBytes());
      for (long offset :
          new long[] {0, GIB / 2 - 8, GIB - 4, 2 * GIB - 4, 4 * GIB - 2, 5 * GIB - 8}) {
        mapping.window(offset).putLong(FileMapping.indexInWindow(offset), offset);
        assertEquals(offset, mapping.slice(offset, 8).getLong(0));
        assertTrue(mapping.window(offset).capacity() <= FileMapping.WINDOW_BYTES);
      }
      // The same byte through the window before.
      long edge = 2 * GIB;
      mapping.window(edge).put(FileMapping.indexInWindow(edge), (byte) 42);
      assertEquals(42, mapping.slice(edge - 1, 2).get(1));
    }
  }

  @Test
  void aFileThatIsShorterThanThePieceIsNotMapped() throws IOException {
    try (Fd file = TestLibc.memFile(4096)) {
      IOException e = assertThrows(IOException.class, () -> FileMapping.map(file, 0, 4097));
      assertTrue(e.toString().contains("only 4096"), e.toString());
      assertThrows(IOException.class, () -> FileMapping.map(file, 4096, 1));
      assertThrows(IOException.class, () -> FileMapping.map(file, Long.MAX_VALUE, 4096));
      assertThrows(IOException.class, () -> FileMapping.map(file, 0, 0));
      assertThrows(IOException.class, () -> FileMapping.map(file, 0, -1));
      assertThrows(LinuxException.class, () -> FileMapping.map(file, 5, 1));
    }
  }

  @Test
  void bytesOutsideAreExceptions() throws IOException {
    try (Fd file = TestLibc.memFile(4096);
        FileMapping mapping = FileMapping.map(file, 0, 4096)) {
      assertThrows(IndexOutOfBoundsException.class, () -> mapping.window(4096));
      assertThrows(IndexOutOfBoundsException.class, () -> mapping.window(-1));
      assertThrows(IndexOutOfBoundsException.class, () -> mapping.slice(4095, 2));
      assertThrows(IndexOutOfBoundsException.class, () -> mapping.slice(0, -1));
    }
  }

  @Test
  void useAfterCloseIsAnExceptionAndAKeptWindowIsEmptyMemory() throws IOException {
    try (Fd file = TestLibc.memFile(4096);
        FileMapping reader = FileMapping.map(file, 0, 4096)) {
      FileMapping mapping = FileMapping.map(file, 0, 4096);
      ByteBuffer kept = mapping.window(0);
      kept.putInt(0, 7);
      mapping.close();
      mapping.close();
      assertThrows(IllegalStateException.class, () -> mapping.window(0));
      assertThrows(IllegalStateException.class, () -> mapping.slice(0, 1));
      assertEquals(0, kept.getInt(0));
      kept.putInt(0, 9);
      assertEquals(7, reader.window(0).getInt(0), "what is written after close is lost");
    }
  }

  @Test
  void theFileIsUnmappedAtCloseAndTheAddressesAreFreeOnceNoBufferIsLeft() throws IOException {
    closeWhileASliceIsHeld();
    long deadlineNanos = System.nanoTime() + 20_000_000_000L;
    while (AbandonedRange.waitingCount() > 0) {
      assertTrue(System.nanoTime() < deadlineNanos, "no buffer is left, but addresses are kept");
      System.gc();
      AbandonedRange.freeCollected();
    }
  }

  /** A method of its own, so that no local variable outlives it. */
  private static void closeWhileASliceIsHeld() throws IOException {
    long bytes = 64L << 20;
    try (Fd file = TestLibc.memFile(bytes)) {
      FileMapping mapping = FileMapping.map(file, 0, bytes);
      ByteBuffer kept = mapping.slice(0, 8);
      assertTrue(Files.readString(Path.of("/proc/self/maps")).contains("/memfd:"));
      mapping.close();
      assertFalse(Files.readString(Path.of("/proc/self/maps")).contains("/memfd:"));
      // A collection can only be asked for: give it some tries with the buffer still in hand.
      for (int i = 0; i < 5; i++) {
        System.gc();
        AbandonedRange.freeCollected();
        assertEquals(0, kept.getLong(0));
      }
    }
  }

  @Test
  void aFileShortenedUnderTheMappingIsAnErrorAndNotACrash() throws IOException {
    try (Fd file = TestLibc.memFile(8192);
        FileMapping mapping = FileMapping.map(file, 0, 8192)) {
      TestLibc.check(TestLibc.ftruncate(file.acquire(), 4096));
      file.release();
      ByteBuffer window = mapping.window(0);
      assertEquals(0, window.get(0));
      // The JVM throws a little after the access.
      assertThrows(InternalError.class, () -> sumOf(window, 4096, 8192));
    }
  }

  private static int sumOf(ByteBuffer window, int from, int to) {
    int sum = 0;
    for (int i = from; i < to; i++) {
      sum += window.get(i);
    }
    return sum;
  }
}
