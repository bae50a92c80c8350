package dev.vsocklab.qemu.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ConsoleTest {
  private final Console console = new Console();

  @Test
  void theLastLinesAreShownWithoutEmptyOnes() {
    drain("one\r\n\r\ntwo\r\nthree");

    assertEquals("The console's last lines:\n  two\n  three", console.lastLines(2));
  }

  @Test
  void anEmptyConsoleSaysSo() {
    assertEquals("The console is empty.", console.lastLines(5));
  }

  @Test
  void onlyTheNewestBytesAreKept() {
    drain("first\n" + "x".repeat(1 << 18) + "\nlast\n");

    String text = console.text();
    assertEquals(1 << 18, text.length());
    assertTrue(text.endsWith("x\nlast\n"));
  }

  private void drain(String text) {
    console.drain(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
  }
}
