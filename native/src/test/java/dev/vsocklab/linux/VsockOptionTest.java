package dev.vsocklab.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.VsockSocketOptions;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.time.Duration;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class VsockOptionTest {

  @Test
  void valuesAreTheKernelsStructures() {
    assertBytes(VsockSocketOptions.BUFFER_SIZE, 0x1_0000_0002L, "0200000001000000");
    assertBytes(
        VsockSocketOptions.CONNECT_TIMEOUT,
        Duration.ofSeconds(2, 5_000_000),
        "0200000000000000" + "8813000000000000");
    assertBytes(StandardSocketOptions.SO_LINGER, 3, "01000000" + "03000000");
    assertBytes(StandardSocketOptions.SO_LINGER, -1, "00000000" + "00000000");
    assertBytes(StandardSocketOptions.SO_KEEPALIVE, true, "01000000");
  }

  @Test
  void theKernelTellsTwiceTheSocketBuffer() {
    VsockOption<Integer> size = VsockOption.of(StandardSocketOptions.SO_RCVBUF);
    assertEquals(4096, size.decode().apply(size.encode().apply(8192)));
  }

  @Test
  void anOptionOfAnotherFamilyIsNamed() {
    UnsupportedOperationException e =
        assertThrows(
            UnsupportedOperationException.class,
            () -> VsockOption.of(StandardSocketOptions.TCP_NODELAY));
    assertTrue(e.toString().contains("TCP_NODELAY"), e.toString());
  }

  private static <T> void assertBytes(SocketOption<T> option, T value, String hex) {
    VsockOption<T> place = VsockOption.of(option);
    byte[] bytes = place.encode().apply(value).array();
    assertEquals(hex, HexFormat.of().formatHex(bytes));
    assertEquals(place.lengthBytes(), bytes.length);
    assertEquals(value, place.decode().apply(place.encode().apply(value)));
  }
}
