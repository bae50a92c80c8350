package dev.vsocklab.containers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ContainerOutputTest {
  private final ContainerOutput output = new ContainerOutput();

  @Test
  void chunksAreReadInOrderInWhateverPortions() throws IOException {
    output.add(bytes("con"));
    output.add(bytes(""));
    output.add(bytes("sole\n"));
    output.end();

    assertEquals('c', output.read());
    assertArrayEquals(bytes("onsole\n"), output.readAllBytes());
  }

  @Test
  void theEndStaysTheEnd() {
    output.end();

    assertEquals(-1, output.read());
    assertEquals(-1, output.read());
  }

  @Test
  void aByteAbove127IsNoEnd() {
    output.add(new byte[] {(byte) 0xff});
    output.end();

    assertEquals(0xff, output.read());
  }

  @Test
  void aReaderWaitsForWhatComesLater() throws Exception {
    Thread engine =
        new Thread(
            () -> {
              output.add(bytes("late"));
              output.end();
            });
    engine.start();

    assertArrayEquals(bytes("late"), output.readAllBytes());
    engine.join();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
