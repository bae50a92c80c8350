package dev.vsocklab.ci.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.vsocklab.sim.capture.PcapngTap;
import dev.vsocklab.sim.fabric.Fabric;
import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.Op;
import dev.vsocklab.sim.wire.Packet;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Wireshark's own dissector reads what {@link PcapngTap} wrote. */
@Tag("tshark")
class TsharkDecodesCapturesTest {
  private static final long TSHARK_SECONDS = 60;

  /** Some of these names are Wireshark's own spelling mistakes. */
  private static final List<String> FIELDS =
      List.of(
          "frame.time_epoch",
          "vsock.src_cid",
          "vsock.dst_cid",
          "vsock.src_port",
          "vsock.dst_port",
          "vsock.op",
          "vsock.trans",
          "vsock.trans_len",
          "vsock.virtio.src_cid",
          "vsock.virtio.dst_cid",
          "vsock.virtio.src_prot",
          "vsock.virtio.dst_prot",
          "vsock.virtio.len",
          "vsock.virtio.type",
          "vsock.virtio.op",
          "vsock.virtio.flags",
          "vsock.virtio.buf_alloc",
          "vsock.virtio.fwd_cnt",
          "vsock.payload");

  private final Path folder;

  TsharkDecodesCapturesTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void addressesOpsCreditAndPayloadsAreAsSent() throws Exception {
    List<Header> sent =
        List.of(
            header(42, 2, 1024, 7000, 0, Op.REQUEST, 0, 262144, 0),
            header(2, 42, 7000, 1024, 0, Op.RESPONSE, 0, 262144, 0),
            header(42, 2, 1024, 7000, 1, Op.RW, 0, 262144, 0),
            header(2, 42, 7000, 1024, 65536, Op.RW, 0, 262144, 1),
            header(42, 2, 1024, 7000, 0, Op.CREDIT_UPDATE, 0, 262144, 65536),
            header(42, 2, 1024, 7000, 0, Op.CREDIT_REQUEST, 0, 128, -1),
            header(2, 42, 7000, 1024, 0, Op.SHUTDOWN, Header.SHUTDOWN_BOTH, -1, 1),
            header(42, 2, 1024, 7000, 0, Op.RST, 0, 0, 0),
            header(0xFFFF_FFFEL, 2, -1, -2, 0, Op.REQUEST, 0, 4096, 0));
    Path file = folder.resolve("capture.pcapng");
    AtomicLong nowNanos = new AtomicLong(1_700_000_000_123_456_789L);
    Fabric fabric = new Fabric();
    try (PcapngTap tap = PcapngTap.toFile(file, nowNanos::getAndIncrement)) {
      fabric.addTap(tap);
      for (Header header : sent) {
        fabric.carry(Packet.owning(header, ByteBuffer.wrap(payload(header)), 0));
      }
      fabric.removeTap(tap);
    }

    List<String> decoded = tshark(file);

    assertEquals(sent.size(), decoded.size(), () -> String.join("\n", decoded));
    for (int i = 0; i < sent.size(); i++) {
      String time = "1700000000." + (123_456_789 + i);
      assertEquals(expectedLine(time, sent.get(i)), decoded.get(i));
    }
  }

  private static Header header(
      long srcCid,
      long dstCid,
      int srcPort,
      int dstPort,
      int lengthBytes,
      Op op,
      int flags,
      int bufAlloc,
      int fwdCnt) {
    return new Header(
        srcCid,
        dstCid,
        srcPort,
        dstPort,
        lengthBytes,
        Header.TYPE_STREAM,
        op.wireValue(),
        flags,
        bufAlloc,
        fwdCnt);
  }

  private static byte[] payload(Header header) {
    byte[] bytes = new byte[header.lengthBytes()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (i * 31);
    }
    return bytes;
  }

  private static String expectedLine(String time, Header header) {
    String addresses =
        String.join(
            "|",
            Long.toUnsignedString(header.srcCid()),
            Long.toUnsignedString(header.dstCid()),
            Integer.toUnsignedString(header.srcPort()),
            Integer.toUnsignedString(header.dstPort()));
    return String.join(
        "|",
        time,
        addresses,
        vsockmonOp(header),
        "2", // the virtio transport
        "44",
        addresses,
        Integer.toString(header.lengthBytes()),
        "1",
        Integer.toString(header.opValue()),
        String.format("0x%08x", header.flags()),
        Integer.toUnsignedString(header.bufAlloc()),
        Integer.toUnsignedString(header.fwdCnt()),
        HexFormat.of().formatHex(payload(header)));
  }

  /** The groups of Linux's {@code enum af_vsockmon_op}. */
  private static String vsockmonOp(Header header) {
    return switch (header.opValue()) {
      case 1, 2 -> "1"; // connect
      case 3, 4 -> "2"; // disconnect
      case 6, 7 -> "3"; // control
      case 5 -> "4"; // payload
      default -> "0";
    };
  }

  private List<String> tshark(Path capture) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("tshark", "-n", "-r", capture.toString()));
    command.addAll(List.of("-T", "fields", "-E", "separator=|"));
    for (String field : FIELDS) {
      command.addAll(List.of("-e", field));
    }
    Path out = folder.resolve("tshark.out");
    Path errors = folder.resolve("tshark.err");
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(errors.toFile())
            .start();
    boolean ended = process.waitFor(TSHARK_SECONDS, TimeUnit.SECONDS);
    process.destroyForcibly();
    String complaint = Files.readString(errors, StandardCharsets.UTF_8);
    assertTrue(ended, () -> "tshark did not end in " + TSHARK_SECONDS + " s: " + complaint);
    assertEquals(0, process.exitValue(), complaint);
    return Files.readAllLines(out, StandardCharsets.UTF_8);
  }
}
