package dev.vsocklab.sim.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HeaderCodecTest {
  /** A REQUEST from 42:1234 to the host's 7000, written by hand from the spec's layout. */
  private static final String REQUEST =
      "2a00000000000000" // src_cid 42
          + "0200000000000000" // dst_cid 2
          + "d2040000" // src_port 1234
          + "581b0000" // dst_port 7000
          + "00000000" // len 0
          + "0100" // type stream
          + "0100" // op REQUEST
          + "00000000" // flags 0
          + "00000400" // buf_alloc 262144
          + "efbeadde"; // fwd_cnt 0xdeadbeef

  private static final Header DECODED =
      new Header(42, 2, 1234, 7000, 0, 1, 1, 0, 262_144, 0xdeadbeef);

  @Test
  void aHeaderReadsAsTheSpecLaysItOut() {
    byte[] bytes = HexFormat.of().parseHex("ffff" + REQUEST);

    assertEquals(new Decoded.Valid(DECODED), HeaderCodec.decode(bytes, 2, 44));
    assertEquals(Op.REQUEST, DECODED.op());
  }

  @Test
  void aHeaderIsWrittenAsTheSpecLaysItOut() {
    byte[] bytes = new byte[46];

    HeaderCodec.encode(DECODED, bytes, 2);

    assertEquals("0000" + REQUEST, HexFormat.of().formatHex(bytes));
  }

  @Test
  void aShortPacketIsMalformedAndSaysSo() {
    Decoded decoded = HeaderCodec.decode(new byte[43], 0, 43);

    String reason = assertInstanceOf(Decoded.Malformed.class, decoded).reason();
    assertTrue(reason.contains("43 bytes") && reason.contains("44"), reason);
  }

  @Test
  void anyBytesReadAndWriteBackUnchanged() {
    Random random = new Random(1);
    for (int i = 0; i < 10_000; i++) {
      byte[] bytes = new byte[Header.BYTES];
      random.nextBytes(bytes);
      Header header =
          assertInstanceOf(Decoded.Valid.class, HeaderCodec.decode(bytes, 0, bytes.length))
              .header();
      byte[] again = new byte[Header.BYTES];
      HeaderCodec.encode(header, again, 0);
      assertEquals(HexFormat.of().formatHex(bytes), HexFormat.of().formatHex(again));
    }
  }

  @Test
  void everyOpNumberHasAnOpAndUnknownOnesKeepTheirNumber() {
    for (Op op : Op.values()) {
      assertEquals(op, Op.fromWire(op.wireValue()));
    }
    assertEquals(Op.UNKNOWN, Op.fromWire(8));
    assertEquals(Op.UNKNOWN, Op.fromWire(65_535));
    Header strange = new Header(3, 2, 1, 1, 0, 1, 65_535, 0, 0, 0);
    assertEquals(65_535, strange.opValue());
    assertEquals(Op.UNKNOWN, strange.op());
  }
}
