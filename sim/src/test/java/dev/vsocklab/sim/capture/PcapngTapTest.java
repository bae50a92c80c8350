package dev.vsocklab.sim.capture;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.sim.fabric.Fabric;
import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.Op;
import dev.vsocklab.sim.wire.Packet;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class PcapngTapTest {
  private static final long TIME = 0x1122_3344_5566_7788L;

  private final ByteArrayOutputStream file = new ByteArrayOutputStream();
  private final PcapngTap tap = new PcapngTap("test", file, () -> TIME);

  /** Written by hand from the format's description, not by the code under test. */
  private static final String PREAMBLE =
      // Section header block: type, length, magic, version 1.0, unknown section length, length.
      "0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000"
          // Interface block: type, length, link type 271, reserved, no snap length,
          // option 9 (if_tsresol) = 9, end of options, length.
          + "01000000 20000000 0f01 0000 00000000 0900 0100 09000000 00000000 20000000";

  @Test
  void everyByteOfACaptureIsAsTheFormatHasIt() throws IOException {
    byte[] payload = "-hello-".getBytes(StandardCharsets.US_ASCII);
    tap.onPacket(Packet.of(new Header(42, 2, 1024, 7000, 0, 1, 1, 0, 262144, 0)));
    tap.onPacket(
        Packet.borrowing(
            new Header(2, 42, 7000, 1024, 5, 1, 5, 0, 262144, 0xFFFF_FFFE),
            ByteBuffer.wrap(payload),
            1));
    tap.close();

    String expected =
        PREAMBLE
            // Packet block: type, length, interface, time high and low, captured, original.
            + "06000000 6c000000 00000000 44332211 88776655 4c000000 4c000000"
            // vsockmon: CIDs, ports, CONNECT, virtio, 44, reserved.
            + "2a00000000000000 0200000000000000 00040000 581b0000 0100 0200 2c00 0000"
            // virtio: CIDs, ports, length, stream, REQUEST, flags, buf_alloc, fwd_cnt.
            + "2a00000000000000 0200000000000000 00040000 581b0000 00000000 0100 0100 00000000"
            + "00000400 00000000"
            + "6c000000"
            + "06000000 74000000 00000000 44332211 88776655 51000000 51000000"
            + "0200000000000000 2a00000000000000 581b0000 00040000 0400 0200 2c00 0000"
            + "0200000000000000 2a00000000000000 581b0000 00040000 05000000 0100 0500 00000000"
            + "00000400 feffffff"
            + "68656c6c6f 000000" // the window of the buffer, padded to 32 bits
            + "74000000";
    assertArrayEquals(HexFormat.of().parseHex(expected.replace(" ", "")), file.toByteArray());
  }

  @Test
  void aLengthThatTheHeaderOnlyPromisesShowsAsACutPacket() throws IOException {
    Header header = new Header(3, 2, 1, 1, -1, 1, Op.RW.wireValue(), 0, 0, 0);
    tap.onPacket(Packet.owning(header, ByteBuffer.wrap(new byte[] {1, 2}), 0));
    tap.close();

    assertEquals(78, capturedBytes(), "two headers and the two bytes that are there");
    assertEquals(-1, originalBytes(), "4294967295, all that the field can hold");
  }

  @Test
  void onlyRwCarriesPayload() throws IOException {
    Header header = new Header(3, 2, 1, 1, 2, 1, Op.RST.wireValue(), 0, 0, 0);
    tap.onPacket(Packet.owning(header, ByteBuffer.wrap(new byte[] {1, 2}), 0));
    tap.close();

    assertEquals(76, capturedBytes());
    assertEquals(76, originalBytes());
  }

  @Test
  void aPayloadLargerThanLinuxSendsIsCapturedWhole() throws IOException {
    int payloadBytes = Header.MAX_PAYLOAD_BYTES + 1;
    Header header = new Header(3, 2, 1, 1, payloadBytes, 1, Op.RW.wireValue(), 0, 0, 0);
    tap.onPacket(Packet.owning(header, ByteBuffer.allocateDirect(payloadBytes), 0));
    tap.close();

    assertEquals(76 + payloadBytes, capturedBytes());
  }

  @Test
  void packetsAfterCloseAreIgnored() throws IOException {
    tap.close();
    int closedBytes = file.size();
    tap.onPacket(Packet.of(new Header(3, 2, 1, 1, 0, 1, 1, 0, 0, 0)));
    tap.close();

    assertEquals(closedBytes, file.size());
  }

  @Test
  void aFullDiskIsToldAtCloseAndNeverToTheFabric() {
    OutputStream full =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("No space left on device");
          }
        };
    PcapngTap onFullDisk = new PcapngTap("full.pcapng", full, () -> TIME);
    Fabric fabric = new Fabric();
    fabric.addTap(onFullDisk);
    // More than any buffer holds, so that the failure happens while packets pass.
    Header header = new Header(3, 2, 1, 1, 65536, 1, Op.RW.wireValue(), 0, 0, 0);
    for (int i = 0; i < 100; i++) {
      fabric.carry(Packet.owning(header, ByteBuffer.allocate(65536), 0));
    }

    IOException e = assertThrows(IOException.class, onFullDisk::close);
    assertTrue(e.toString().contains("full.pcapng"), e.toString());
    assertTrue(e.toString().contains("No space left on device"), e.toString());
    assertTrue(e.toString().matches(".*at least \\d\\d packets are missing.*"), e.toString());
  }

  private static final int FIRST_PACKET = 28 + 32;

  private int capturedBytes() {
    return intAt(FIRST_PACKET + 20);
  }

  private int originalBytes() {
    return intAt(FIRST_PACKET + 24);
  }

  private int intAt(int index) {
    return ByteBuffer.wrap(file.toByteArray()).order(ByteOrder.LITTLE_ENDIAN).getInt(index);
  }
}
