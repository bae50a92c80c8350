package dev.vsocklab.linux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.vsocklab.VsockAddress;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class SockaddrVmTest {

  @Test
  void theBytesAreWhereTheKernelHasThem() {
    byte[] bytes = HexFormat.of().parseHex("2800" + "0000" + "15cd5b07" + "efbeadde" + "00000000");
    VsockAddress address = VsockAddress.of(0xdeadbeefL, 123456789);
    assertArrayEquals(bytes, SockaddrVm.encode(address));
    assertEquals(address, SockaddrVm.decode(bytes));
  }

  @Test
  void anyIsAllOnes() {
    VsockAddress any = VsockAddress.any(VsockAddress.PORT_ANY);
    assertEquals(any, SockaddrVm.decode(SockaddrVm.encode(any)));
    assertEquals("ffffffffffffffff", HexFormat.of().formatHex(SockaddrVm.encode(any), 4, 12));
  }
}
