package dev.vsocklab.sim.capture;

import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.Op;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Packets as a table for a person: one line each, columns aligned, ASCII only. */
public final class PacketText {
  /** Seqpacket RW flag: the end of a message ({@code VIRTIO_VSOCK_SEQ_EOM}). */
  private static final int SEQ_EOM = 1;

  /** Seqpacket RW flag: the end of a record ({@code VIRTIO_VSOCK_SEQ_EOR}). */
  private static final int SEQ_EOR = 2;

  private static final List<String> TITLES =
      List.of(
          "time [s]", "source", "", "destination", "op", "flags", "len", "buf_alloc", "fwd_cnt");

  /** Numbers stand to the right, words to the left. */
  private static final String RIGHT_ALIGNED = "rlllllrrr";

  private PacketText() {}

  /**
   * One packet in one line, without a time.
   *
   * @param header its header
   * @return for example {@code RW 2:7000 -> 42:1024 len 5 buf_alloc 262144 fwd_cnt 0}
   */
  public static String describe(Header header) {
    return op(header)
        + (header.flags() == 0 ? " " : " " + flags(header) + " ")
        + address(header.srcCid(), header.srcPort())
        + " -> "
        + address(header.dstCid(), header.dstPort())
        + " len "
        + Integer.toUnsignedString(header.lengthBytes())
        + " buf_alloc "
        + Integer.toUnsignedString(header.bufAlloc())
        + " fwd_cnt "
        + Integer.toUnsignedString(header.fwdCnt());
  }

  static String of(List<PacketLog.Entry> entries, long seenPackets) {
    if (entries.isEmpty()) {
      return "No packets.\n";
    }
    List<List<String>> rows = new ArrayList<>();
    rows.add(TITLES);
    for (PacketLog.Entry entry : entries) {
      rows.add(row(entry));
    }
    int[] widths = new int[TITLES.size()];
    for (List<String> row : rows) {
      for (int column = 0; column < widths.length; column++) {
        widths[column] = Math.max(widths[column], row.get(column).length());
      }
    }
    StringBuilder text = new StringBuilder();
    text.append("Last ").append(entries.size()).append(" of ").append(seenPackets);
    text.append(" packets; addresses are cid:port.\n");
    for (List<String> row : rows) {
      appendAligned(text, row, widths);
    }
    return text.toString();
  }

  private static List<String> row(PacketLog.Entry entry) {
    Header header = entry.header();
    return List.of(
        seconds(entry.timeNanos()),
        address(header.srcCid(), header.srcPort()),
        "->",
        address(header.dstCid(), header.dstPort()),
        op(header),
        flags(header),
        Integer.toUnsignedString(header.lengthBytes()),
        Integer.toUnsignedString(header.bufAlloc()),
        Integer.toUnsignedString(header.fwdCnt()));
  }

  private static void appendAligned(StringBuilder text, List<String> row, int[] widths) {
    int lineStart = text.length();
    for (int column = 0; column < widths.length; column++) {
      String cell = row.get(column);
      String padding = " ".repeat(widths[column] - cell.length());
      boolean right = RIGHT_ALIGNED.charAt(column) == 'r';
      text.append(column == 0 ? "" : "  ");
      text.append(right ? padding + cell : cell + padding);
    }
    while (text.length() > lineStart && text.charAt(text.length() - 1) == ' ') {
      text.setLength(text.length() - 1);
    }
    text.append('\n');
  }

  private static String seconds(long nanos) {
    return BigDecimal.valueOf(nanos, 9).toPlainString();
  }

  /** The CID is printed with all its 64 bits: a packet that sets the upper ones shows it. */
  private static String address(long cid, int port) {
    return Long.toUnsignedString(cid) + ":" + Integer.toUnsignedString(port);
  }

  private static String op(Header header) {
    Op op = header.op();
    String name = op == Op.UNKNOWN ? "op=" + header.opValue() : op.name();
    return switch (header.type()) {
      case Header.TYPE_STREAM -> name;
      case Header.TYPE_SEQPACKET -> name + " seqpacket";
      default -> name + " type=" + header.type();
    };
  }

  private static String flags(Header header) {
    Op op = header.op();
    if (header.flags() == 0) {
      return "-";
    }
    if (op == Op.SHUTDOWN) {
      return named(header.flags(), Header.SHUTDOWN_RCV, "RCV", Header.SHUTDOWN_SEND, "SEND");
    }
    if (op == Op.RW && header.type() == Header.TYPE_SEQPACKET) {
      return named(header.flags(), SEQ_EOM, "EOM", SEQ_EOR, "EOR");
    }
    return "0x" + Integer.toHexString(header.flags());
  }

  private static String named(int flags, int one, String oneName, int two, String twoName) {
    List<String> names = new ArrayList<>();
    Collections.addAll(names, (flags & one) != 0 ? oneName : "", (flags & two) != 0 ? twoName : "");
    int rest = flags & ~(one | two);
    names.add(rest == 0 ? "" : "0x" + Integer.toHexString(rest));
    names.removeIf(String::isEmpty);
    return String.join("|", names);
  }
}
