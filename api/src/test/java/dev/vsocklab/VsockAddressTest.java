package dev.vsocklab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class VsockAddressTest {

  @Test
  void cidComesFirst() {
    VsockAddress address = VsockAddress.of(3, 1024);
    assertEquals(3, address.cid());
    assertEquals(1024, address.port());
    assertEquals("vsock:3:1024", address.toString());
  }

  @Test
  void namedAddressesHaveTheirCids() {
    assertEquals(VsockAddress.of(2, 7), VsockAddress.host(7));
    assertEquals(VsockAddress.of(1, 7), VsockAddress.local(7));
    assertEquals(VsockAddress.of(0xffff_ffffL, 7), VsockAddress.any(7));
    assertEquals(VsockAddress.CID_ANY, VsockAddress.any(VsockAddress.PORT_ANY).port());
  }

  @Test
  void wholeUnsignedRangeIsKept() {
    VsockAddress top = VsockAddress.of(4_294_967_294L, 4_294_967_294L);
    assertEquals(4_294_967_294L, top.cid());
    assertEquals(4_294_967_294L, top.port());
    assertEquals("vsock:4294967294:4294967294", top.toString());
    assertEquals("vsock:0:0", VsockAddress.of(0, 0).toString());
    assertEquals(
        "vsock:2147483648:2147483647", VsockAddress.of(1L << 31, (1L << 31) - 1).toString());
  }

  @Test
  void anyIsPrintedAsAWord() {
    assertEquals("vsock:any:any", VsockAddress.any(VsockAddress.PORT_ANY).toString());
    assertEquals("vsock:any:80", VsockAddress.any(80).toString());
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, -2, 4_294_967_296L, Long.MAX_VALUE, Long.MIN_VALUE})
  void numbersOutsideTheRangeAreRefused(long value) {
    String cid =
        assertThrows(IllegalArgumentException.class, () -> VsockAddress.of(value, 1)).toString();
    assertTrue(cid.contains("CID " + value + " is out of range: 0 to 4294967295"), cid);
    String port =
        assertThrows(IllegalArgumentException.class, () -> VsockAddress.host(value)).toString();
    assertTrue(port.contains("port " + value + " is out of range"), port);
  }

  @Test
  void minusOneIsToldItsName() {
    assertTrue(
        assertThrows(IllegalArgumentException.class, () -> VsockAddress.of(-1, 1))
            .toString()
            .contains("VsockAddress.CID_ANY"));
    assertTrue(
        assertThrows(IllegalArgumentException.class, () -> VsockAddress.of(1, -1))
            .toString()
            .contains("VsockAddress.PORT_ANY"));
  }

  @ParameterizedTest
  @CsvSource({
    "vsock:3:1024, 3, 1024",
    "vsock:any:any, 4294967295, 4294967295",
    "vsock:4294967295:0, 4294967295, 0",
    "vsock:0002:7, 2, 7"
  })
  void parseReadsWhatIsPrinted(String text, long cid, long port) {
    VsockAddress address = VsockAddress.parse(text);
    assertEquals(VsockAddress.of(cid, port), address);
    assertEquals(address, VsockAddress.parse(address.toString()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "vsock:",
        "vsock:3",
        "vsock:3:",
        "vsock::3",
        "vsock:3:4:5",
        "vsock:3:4:",
        "3:1024",
        "VSOCK:3:1024",
        "vsock:-1:1024",
        "vsock:+1:1024",
        "vsock: 3:1024",
        "vsock:3:1024 ",
        "vsock:0x3:1024",
        "vsock:4294967296:1",
        "vsock:1:4294967296",
        "vsock:99999999999:1",
        "vsock:99999999999999999999:1",
        "vsock:ANY:1",
        "tcp:3:1024"
      })
  void otherTextIsRefusedWithAnExample(String text) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> VsockAddress.parse(text)).toString();
    assertTrue(message.contains("\"" + text + "\" is not a vsock address."), message);
    assertTrue(message.contains("vsock:3:1024"), message);
  }

  @Test
  void digitsOfOtherScriptsAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> VsockAddress.parse("vsock:\u0663:1"));
  }

  @Test
  void addressesAreValues() {
    VsockAddress address = VsockAddress.of(3, 1024);
    assertEquals(address, VsockAddress.of(3, 1024));
    assertEquals(address.hashCode(), VsockAddress.of(3, 1024).hashCode());
    assertNotEquals(address, VsockAddress.of(1024, 3));
    assertNotEquals(address, VsockAddress.of(3, 1025));
    assertNotEquals(address, VsockAddress.of(4, 1024));
    assertNotEquals(address, null);
    assertNotEquals((Object) address, "vsock:3:1024");
  }

  @Test
  void addressesSurviveSerialization() throws Exception {
    VsockAddress address = VsockAddress.of(4_294_967_294L, 1024);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(address);
    }
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      assertEquals(address, in.readObject());
    }
  }
}
